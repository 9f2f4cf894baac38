#include "connectors/kafka/embedded_broker.hpp"

#include <stdexcept>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/handle.hpp"

namespace velo::connectors {

struct EmbeddedBroker::Topics {
    struct Made {
        Topic handle;
        std::int32_t partitions = 0;
    };
    std::map<std::string, Made> made;
    Queue answers;
};

EmbeddedBroker::EmbeddedBroker() : topics_(std::make_unique<Topics>()) {
    // It looks for an offset batch by batch from the oldest: few large batches keep that short.
    ClientOptions options;
    options.bootstrap_servers = "127.0.0.1";  // The library replaces it by what it starts.
    auto client = Client::make(RD_KAFKA_PRODUCER, options, {},
                               {{"test.mock.num.brokers", "1"},
                                {"linger.ms", "25"},
                                {"delivery.report.only.error", "true"}},
                               RD_KAFKA_EVENT_DR);
    if (!client) throw std::runtime_error(client.error().text);
    client_ = std::move(*client);
    rd_kafka_mock_cluster_t* cluster = rd_kafka_handle_mock_cluster(client_->get());
    if (cluster == nullptr) throw std::runtime_error("the embedded broker cannot be started");
    address_ = rd_kafka_mock_cluster_bootstraps(cluster);
    topics_->answers.reset(rd_kafka_queue_get_main(client_->get()));
}

EmbeddedBroker::~EmbeddedBroker() { topics_.reset(); }  // They hang on the client.

void EmbeddedBroker::make_topic(const std::string& topic, std::int32_t partitions) {
    const auto code = rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(client_->get()),
                                                 topic.c_str(), partitions, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error("topic '" + topic + "' cannot be made: " + rd_kafka_err2str(code));
    topics_->made[topic] = {Topic{rd_kafka_topic_new(client_->get(), topic.c_str(), nullptr)},
                            partitions};
}

bool EmbeddedBroker::try_write(const std::string& topic, std::int32_t partition,
                               std::string_view value) {
    // The library takes a pointer to bytes it may free, which these it will not: they are copied.
    void* const bytes = const_cast<char*>(value.data());
    return rd_kafka_produce(topics_->made.at(topic).handle.get(), partition, RD_KAFKA_MSG_F_COPY,
                            bytes, value.size(), nullptr, 0, nullptr) == 0;
}

bool EmbeddedBroker::serve() {
    while (const Event event{rd_kafka_queue_poll(topics_->answers.get(), 0)}) {
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR)
            refused_ += rd_kafka_event_message_count(event.get());
    }
    return rd_kafka_outq_len(client_->get()) == 0;
}

std::uint64_t EmbeddedBroker::records_of(const std::string& topic) {
    std::uint64_t records = 0;
    for (std::int32_t i = 0; i < topics_->made.at(topic).partitions; ++i) {
        std::int64_t first = 0;
        std::int64_t end = 0;
        rd_kafka_query_watermark_offsets(client_->get(), topic.c_str(), i, &first, &end,
                                         kCallDeadlineMs);
        records += static_cast<std::uint64_t>(end);
    }
    return records;
}

}  // namespace velo::connectors
