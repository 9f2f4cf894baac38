#include "connectors/kafka/kafka_sink.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/kafka/cluster_look.hpp"
#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/topics.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::size_t kDefaultLimit =
    1'000'000;  // Under the brokers' default max.message.bytes, 1048588.
constexpr std::size_t kBatchOverhead = 512;

// The batch size the user wishes, or ours.
std::size_t wished_batch(const ClientOptions& options) {
    std::size_t size = kDefaultLimit;
    const auto found = options.properties.find("batch.size");
    if (found != options.properties.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), size);
    return size;
}

}  // namespace

KafkaSink::KafkaSink(KafkaSinkOptions options)
    : options_(std::move(options)), producer_(std::make_shared<JobProducer>(options_)) {
    producer_->producer().set_largest_dead_letter(kDefaultLimit);
}

std::optional<engine::PortError> KafkaSink::open() {
    if (is_open_) return std::nullopt;
    const std::size_t wished = wished_batch(options_.client);
    KafkaProducer& producer = producer_->producer();
    if (producer.get() == nullptr) {
        if (auto failed = connect(wished)) return failed;
    }
    const auto at = [](engine::PortError error, const std::string& topic) {
        error.where.topic = topic;
        return error;
    };
    if (auto failed = provide(options_.topic, options_.create, false))
        return at(*failed, options_.topic);
    std::vector<std::string> topics{options_.topic};
    if (!options_.dead_letter_topic.empty()) {
        if (auto failed = provide(options_.dead_letter_topic, options_.dead_letter_shape, true))
            return at(*failed, options_.dead_letter_topic);
        topics.push_back(options_.dead_letter_topic);
    }
    // A broker refuses a whole batch that is larger than the largest record it takes, so batches must not grow beyond.
    std::size_t largest_batch = wished;
    std::map<std::string, std::size_t> sizes;
    if (options_.largest_record) {
        for (const std::string& topic : topics) sizes[topic] = *options_.largest_record;
    } else {
        sizes = largest_records(*producer.get(), topics);
    }
    for (const auto& [topic, size] : sizes) {
        largest_batch =
            std::min(largest_batch, std::max(size, 2 * kBatchOverhead) - kBatchOverhead);
        if (topic == options_.dead_letter_topic)
            producer.set_largest_dead_letter(std::min(size, kLargestRequest));
    }
    if (largest_batch != producer.largest_batch()) {
        if (auto failed = connect(largest_batch)) return failed;
    }
    producer_->set_open();
    is_open_ = true;
    return std::nullopt;
}

// Makes the producer, or makes it again before anything has been written.
std::optional<engine::PortError> KafkaSink::connect(std::size_t largest_batch) {
    producer_->producer().set_largest_batch(largest_batch);
    Answer answer = producer_->producer().replace();
    return answer.is_done() ? std::nullopt : std::optional(std::move(answer.error));
}

std::optional<engine::PortError> KafkaSink::provide(const std::string& topic,
                                                    const std::optional<TopicShape>& shape,
                                                    bool is_dead_letter_topic) {
    Client& client = *producer_->producer().get();
    const auto state = look_up(client, topic);
    if (!state) return state.error();
    if (*state == TopicState::Ready) return std::nullopt;
    if (!shape) {
        return engine::PortError{
            .fatal = false,
            .code = "topic_missing",
            .text = fmt::format("sink topic '{}' does not exist; create it, or let the job do so "
                                "with 'create: {{partitions: 8}}'",
                                topic)};
    }
    std::map<std::string, std::string> configuration;
    if (is_dead_letter_topic) configuration = dead_letter_configuration();
    if (auto failed = create_topic(client, topic, *shape, configuration)) return failed;
    const auto made =
        look_up(client, topic);  // Its leaders may need a moment more; then this is tried again.
    if (!made) return made.error();
    if (*made == TopicState::Ready) return std::nullopt;
    return port_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                      fmt::format("topic '{}' has just been made", topic));
}

std::unique_ptr<engine::SinkWriter> KafkaSink::make_writer(int wake_descriptor) {
    VELO_ASSERT(is_open_, "a sink is opened before it is written");
    return producer_->make_writer(wake_descriptor);
}

// Nothing is held back for longer than linger.ms, so there is nothing to hurry.
void KafkaSink::push() {}

std::optional<engine::PortError> KafkaSink::close() {
    producer_->serve();
    return producer_->failure();
}

}  // namespace velo::connectors
