// Fills a topic with a scenario's records: record i goes to partition i mod the topic's partitions, in order.
//
//   velo_load BROKERS TOPIC RECORDS PARTITIONS [RATE]   (TOPIC: orders, market_rows, market, wide, million, trades)
//
// With a RATE, that many records a second, in steps of some milliseconds; otherwise as fast as they are taken.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <librdkafka/rdkafka.h>

#include "perf/scenario.hpp"

namespace {

[[noreturn]] void fail(const std::string& text) {
    std::fprintf(stderr, "load: %s\n", text.c_str());
    std::exit(1);
}

void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
    char problem[256];
    if (rd_kafka_conf_set(conf, name, value, problem, sizeof problem) != RD_KAFKA_CONF_OK)
        fail(problem);
}

void create_topic(rd_kafka_t* producer, const char* topic, int partitions) {
    char problem[256];
    rd_kafka_NewTopic_t* wanted =
        rd_kafka_NewTopic_new(topic, partitions, 1, problem, sizeof problem);
    rd_kafka_queue_t* queue = rd_kafka_queue_new(producer);
    rd_kafka_CreateTopics(producer, &wanted, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30000);
    if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the topic cannot be made");
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(wanted);
}

/// Says how many of the records are due by now.
class Pace {
public:
    explicit Pace(std::uint64_t per_second) : per_second_(per_second) {}

    void wait_for(std::uint64_t record) const {
        if (per_second_ == 0) return;
        const auto due = std::chrono::nanoseconds(record * 1'000'000'000 / per_second_);
        if (std::chrono::steady_clock::now() < begun_ + due)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }

private:
    const std::uint64_t per_second_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) fail("usage: velo_load BROKERS TOPIC RECORDS PARTITIONS [RATE]");
    const std::string topic = argv[2];
    const std::uint64_t records = std::strtoull(argv[3], nullptr, 10);
    const int partitions = std::atoi(argv[4]);
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", argv[1]);
    set(conf, "enable.idempotence", "true");
    set(conf, "linger.ms", "50");
    set(conf, "batch.size", "1000000");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "delivery.report.only.error", "true");
    char problem[256];
    rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
    if (producer == nullptr) fail(problem);
    create_topic(producer, topic.c_str(), partitions);
    rd_kafka_topic_t* handle = rd_kafka_topic_new(producer, topic.c_str(), nullptr);
    std::string value;
    const Pace pace(argc == 6 ? std::strtoull(argv[5], nullptr, 10) : 0);
    for (std::uint64_t i = 0; i < records; ++i) {
        pace.wait_for(i);
        value.clear();
        velo::perf::append_record(topic, i, value);
        const std::string key = velo::perf::record_key(topic, i);
        const auto partition =
            static_cast<std::int32_t>(i % static_cast<std::uint64_t>(partitions));
        while (rd_kafka_produce(handle, partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                                key.data(), key.size(), nullptr) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                fail("a record cannot be produced");
            rd_kafka_poll(producer, 10);
        }
    }
    if (rd_kafka_flush(producer, 120000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("not all was delivered");
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(producer);
}
