#include "connectors/kafka/state_topic.hpp"

#include <charconv>
#include <cstddef>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/topics.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

namespace {

constexpr std::uint32_t kPartitions = engine::Ledger::kLogPartitions;
constexpr std::size_t kSmallestLimit = 2U << 20;  // A batch of log records has to fit.
constexpr std::size_t kOurLimit = 8U << 20;

engine::PortError unfit(const std::string& topic, std::string text) {
    return {.fatal = true,
            .code = "state_topic_unfit",
            .text = std::move(text),
            .where = {.topic = topic}};
}

std::optional<engine::PortError> check_configuration(
    const std::string& topic, const std::map<std::string, std::string>& configuration) {
    const auto policy = configuration.find("cleanup.policy");
    if (policy != configuration.end() && policy->second != "compact") {
        return unfit(
            topic, fmt::format("topic '{0}' has cleanup.policy={1}, which deletes state that is "
                               "in use; set it to compact: kafka-configs.sh --alter --entity-type "
                               "topics --entity-name {0} --add-config cleanup.policy=compact",
                               topic, policy->second));
    }
    const auto limit = configuration.find("max.message.bytes");
    if (limit == configuration.end()) return std::nullopt;
    std::size_t size = 0;
    const std::string& digits = limit->second;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), size).ec == std::errc{} &&
        size < kSmallestLimit) {
        return unfit(
            topic, fmt::format("topic '{0}' has max.message.bytes={1}, and state records need {2};"
                               " raise it: kafka-configs.sh --alter --entity-type topics "
                               "--entity-name {0} --add-config max.message.bytes={2}",
                               topic, size, kSmallestLimit));
    }
    return std::nullopt;
}

}  // namespace

std::string state_topic_of(const std::string& job) { return "velostream." + job + ".state"; }

std::optional<engine::PortError> provide_state_topic(Client& client, const std::string& job,
                                                     std::int32_t replication) {
    const std::string topic = state_topic_of(job);
    auto partitions = count_partitions(client, topic);
    if (!partitions) return partitions.error();
    if (*partitions == 0) {
        if (auto failed = create_topic(client, topic, state_topic_shape(replication),
                                       state_topic_configuration()))
            return failed;
        partitions = count_partitions(client, topic);
        if (!partitions) return partitions.error();
        if (*partitions == 0) {
            return port_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                              fmt::format("topic '{}' has just been made", topic));
        }
    }
    const auto found = configurations(client, {topic});
    if (!found) return found.error();
    const auto ours = found->find(topic);
    return judge_state_topic(
        job, *partitions,
        ours == found->end() ? std::map<std::string, std::string>{} : ours->second);
}

TopicShape state_topic_shape(std::int32_t replication) {
    return {.partitions = static_cast<std::int32_t>(kPartitions), .replication = replication};
}

std::map<std::string, std::string> state_topic_configuration() {
    return {{"cleanup.policy", "compact"}, {"max.message.bytes", std::to_string(kOurLimit)}};
}

std::optional<engine::PortError> judge_state_topic(
    const std::string& job, std::uint32_t partitions,
    const std::map<std::string, std::string>& configuration) {
    const std::string topic = state_topic_of(job);
    if (partitions == kPartitions) return check_configuration(topic, configuration);
    return unfit(
        topic,
        fmt::format("topic '{0}' has {1} partitions, and a state log has {2}; 'velostream jobs "
                    "reset {3}' deletes it and makes the job begin again",
                    topic, partitions, kPartitions, job));
}

}  // namespace velo::connectors
