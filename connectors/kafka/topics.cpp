#include "connectors/kafka/topics.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"

namespace velo::connectors {

namespace {

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

AdminOptions options_for(Client& client, rd_kafka_admin_op_t operation) {
    AdminOptions options{rd_kafka_AdminOptions_new(client.get(), operation)};
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kCallDeadlineMs, text.data(),
                                              text.size());
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS ||
        operation == RD_KAFKA_ADMIN_OP_DELETETOPICS) {
        rd_kafka_AdminOptions_set_operation_timeout(options.get(), kCallDeadlineMs, text.data(),
                                                    text.size());
    }
    return options;
}

std::expected<Event, engine::PortError> admin_answer(Client& client, const Queue& queue,
                                                     const std::string& what) {
    Event event{rd_kafka_queue_poll(queue.get(), kCallDeadlineMs + 1000)};
    const auto code = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(call_error(code, what, client));
    return event;
}

std::expected<TopicState, engine::PortError> look_up(Client& client, const std::string& topic,
                                                     int limit_ms) {
    const auto partitions = count_partitions(client, topic, limit_ms);
    if (!partitions) return std::unexpected(partitions.error());
    return *partitions == 0 ? TopicState::Missing : TopicState::Ready;
}

std::expected<std::uint32_t, engine::PortError> count_partitions(Client& client,
                                                                 const std::string& topic,
                                                                 int limit_ms) {
    const std::string what = fmt::format("topic '{}'", topic);
    const Topic handle{rd_kafka_topic_new(client.get(), topic.c_str(), nullptr)};
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(client.get(), 0, handle.get(), &answer, limit_ms);
    const Metadata metadata{answer};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(call_error(code, what, client));
    if (metadata->topic_cnt != 1) return 0;
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (judge(found.err).code == "topic_missing") return 0;
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return std::unexpected(port_error(found.err, what));
    for (int i = 0; i < found.partition_cnt; ++i) {
        if (found.partitions[i].leader < 0) {
            return std::unexpected(
                port_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                           fmt::format("{} partition {}", what, found.partitions[i].id)));
        }
    }
    return static_cast<std::uint32_t>(found.partition_cnt);
}

std::optional<engine::PortError> create_topic(
    Client& client, const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration) {
    const Queue answers{rd_kafka_queue_new(client.get())};
    if (auto failed = ask_to_create(client, topic, shape, configuration, answers.get()))
        return failed;
    const auto event =
        admin_answer(client, answers, fmt::format("topic '{}' cannot be made", topic));
    return event ? creation_error(event->get(), topic) : event.error();
}

std::optional<engine::PortError> ask_to_create(
    Client& client, const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration, rd_kafka_queue_t* answers,
    bool only_judge) {
    std::array<char, 256> text{};
    const NewTopic wanted{rd_kafka_NewTopic_new(topic.c_str(), shape.partitions, shape.replication,
                                                text.data(), text.size())};
    if (!wanted) return not_made(topic, RD_KAFKA_RESP_ERR__INVALID_ARG, text.data());
    for (const auto& [name, value] : configuration)
        rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    if (only_judge)
        rd_kafka_AdminOptions_set_validate_only(options.get(), 1, text.data(), text.size());
    rd_kafka_NewTopic_t* list = wanted.get();
    rd_kafka_CreateTopics(client.get(), &list, 1, options.get(), answers);
    return std::nullopt;
}

std::optional<engine::PortError> creation_error(rd_kafka_event_t* answer,
                                                const std::string& topic) {
    std::size_t count = 0;
    const auto** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        const char* reason = rd_kafka_topic_result_error_string(results[i]);
        return not_made(topic, code, reason != nullptr ? reason : rd_kafka_err2str(code));
    }
    return std::nullopt;
}

std::expected<std::map<std::string, std::map<std::string, std::string>>, engine::PortError>
configurations(Client& client, const std::vector<std::string>& topics) {
    std::vector<ConfigResource> asked;
    std::vector<rd_kafka_ConfigResource_t*> list;
    for (const std::string& topic : topics) {
        asked.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
        list.push_back(asked.back().get());
    }
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    const Queue answers{rd_kafka_queue_new(client.get())};
    rd_kafka_DescribeConfigs(client.get(), list.data(), list.size(), options.get(), answers.get());
    const auto event = admin_answer(
        client, answers, fmt::format("asking how topic '{}' is configured", topics.front()));
    if (!event) return std::unexpected(event.error());
    std::map<std::string, std::map<std::string, std::string>> found;
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t entries = 0;
        const auto** configs = rd_kafka_ConfigResource_configs(resources[i], &entries);
        auto& topic = found[rd_kafka_ConfigResource_name(resources[i])];
        for (std::size_t k = 0; k < entries; ++k) {
            const char* value = rd_kafka_ConfigEntry_value(configs[k]);
            if (value != nullptr) topic[rd_kafka_ConfigEntry_name(configs[k])] = value;
        }
    }
    return found;
}

std::map<std::string, std::size_t> largest_records(Client& client,
                                                   const std::vector<std::string>& topics) {
    std::map<std::string, std::size_t> sizes;
    const auto found = configurations(client, topics);
    if (!found) return sizes;
    for (const auto& [topic, configuration] : *found) {
        const auto value = configuration.find("max.message.bytes");
        if (value == configuration.end()) continue;
        const std::string& digits = value->second;
        std::size_t size = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), size).ec == std::errc{})
            sizes[topic] = size;
    }
    return sizes;
}

}  // namespace velo::connectors
