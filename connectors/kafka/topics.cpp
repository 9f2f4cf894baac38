#include "connectors/kafka/topics.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"

namespace velo::connectors {

namespace {

AdminOptions options_for(Client& client, rd_kafka_admin_op_t operation) {
    AdminOptions options{rd_kafka_AdminOptions_new(client.get(), operation)};
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kCallDeadlineMs, text.data(),
                                              text.size());
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
        rd_kafka_AdminOptions_set_operation_timeout(options.get(), kCallDeadlineMs, text.data(),
                                                    text.size());
    }
    return options;
}

engine::PortError not_made(const std::string& topic, rd_kafka_resp_err_t code,
                           std::string_view reason) {
    engine::PortError error =
        port_error(code, fmt::format("topic '{}' cannot be made", topic), reason);
    if (!error.fatal || error.code == "not_authorized" || error.code == "authentication_failed")
        return error;
    error.code = "topic_not_made";
    error.text = fmt::format(
        "topic '{}' cannot be made: {}; change 'create' in the job or make the topic yourself",
        topic, reason);
    return error;
}

}  // namespace

std::expected<TopicState, engine::PortError> look_up(Client& client, const std::string& topic,
                                                     int limit_ms) {
    const std::string what = fmt::format("topic '{}'", topic);
    const Topic handle{rd_kafka_topic_new(client.get(), topic.c_str(), nullptr)};
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(client.get(), 0, handle.get(), &answer, limit_ms);
    const Metadata metadata{answer};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(call_error(code, what, client));
    if (metadata->topic_cnt != 1) return TopicState::Missing;
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (judge(found.err).code == "topic_missing") return TopicState::Missing;
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return std::unexpected(port_error(found.err, what));
    for (int i = 0; i < found.partition_cnt; ++i) {
        if (found.partitions[i].leader < 0) {
            return std::unexpected(
                port_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                           fmt::format("{} partition {}", what, found.partitions[i].id)));
        }
    }
    return TopicState::Ready;
}

std::optional<engine::PortError> create_topic(
    Client& client, const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration) {
    std::array<char, 256> text{};
    const NewTopic wanted{rd_kafka_NewTopic_new(topic.c_str(), shape.partitions, shape.replication,
                                                text.data(), text.size())};
    if (!wanted) return not_made(topic, RD_KAFKA_RESP_ERR__INVALID_ARG, text.data());
    for (const auto& [name, value] : configuration)
        rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    const Queue answers{rd_kafka_queue_new(client.get())};
    rd_kafka_NewTopic_t* list = wanted.get();
    rd_kafka_CreateTopics(client.get(), &list, 1, options.get(), answers.get());
    const Event event{rd_kafka_queue_poll(answers.get(), kCallDeadlineMs + 1000)};
    const auto code = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return call_error(code, fmt::format("topic '{}' cannot be made", topic), client);
    std::size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto answer = rd_kafka_topic_result_error(results[i]);
        if (answer == RD_KAFKA_RESP_ERR_NO_ERROR ||
            answer == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        const char* reason = rd_kafka_topic_result_error_string(results[i]);
        return not_made(topic, answer, reason != nullptr ? reason : rd_kafka_err2str(answer));
    }
    return std::nullopt;
}

std::map<std::string, std::size_t> largest_records(Client& client,
                                                   const std::vector<std::string>& topics) {
    std::map<std::string, std::size_t> sizes;
    std::vector<ConfigResource> asked;
    std::vector<rd_kafka_ConfigResource_t*> list;
    for (const std::string& topic : topics) {
        asked.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
        list.push_back(asked.back().get());
    }
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    const Queue answers{rd_kafka_queue_new(client.get())};
    rd_kafka_DescribeConfigs(client.get(), list.data(), list.size(), options.get(), answers.get());
    const Event event{rd_kafka_queue_poll(answers.get(), kCallDeadlineMs + 1000)};
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return sizes;
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t entries = 0;
        const auto** configs = rd_kafka_ConfigResource_configs(resources[i], &entries);
        for (std::size_t k = 0; k < entries; ++k) {
            const char* value = rd_kafka_ConfigEntry_value(configs[k]);
            if (value == nullptr ||
                std::string_view{rd_kafka_ConfigEntry_name(configs[k])} != "max.message.bytes")
                continue;
            std::size_t size = 0;
            const std::string_view digits{value};
            if (std::from_chars(digits.data(), digits.data() + digits.size(), size).ec ==
                std::errc{}) {
                sizes[rd_kafka_ConfigResource_name(resources[i])] = size;
            }
        }
    }
    return sizes;
}

}  // namespace velo::connectors
