#include "connectors/kafka/cluster_look.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/membership.hpp"
#include "connectors/kafka/state_topic.hpp"
#include "connectors/kafka/topics.hpp"

namespace velo::connectors {

namespace {

using engine::PortError;
using TopicNames =
    std::unique_ptr<rd_kafka_TopicCollection_t, Destroy<rd_kafka_TopicCollection_destroy>>;

struct NamedPermission {
    rd_kafka_AclOperation_t operation;
    Permission permission;
    std::string_view name;
};
constexpr std::array<NamedPermission, kPermissions> kNames{{
    NamedPermission{RD_KAFKA_ACL_OPERATION_READ, Permission::Read, "READ"},
    NamedPermission{RD_KAFKA_ACL_OPERATION_WRITE, Permission::Write, "WRITE"},
    NamedPermission{RD_KAFKA_ACL_OPERATION_CREATE, Permission::Create, "CREATE"},
    NamedPermission{RD_KAFKA_ACL_OPERATION_DESCRIBE, Permission::Describe, "DESCRIBE"},
    NamedPermission{RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS, Permission::DescribeConfigs,
                    "DESCRIBE_CONFIGS"},
}};

std::optional<std::set<Permission>> permissions_of(
    std::span<const rd_kafka_AclOperation_t> operations) {
    if (operations.data() == nullptr) return std::nullopt;
    std::set<Permission> result;
    for (const rd_kafka_AclOperation_t operation : operations) {
        for (const NamedPermission& each : kNames) {
            if (operation == each.operation || operation == RD_KAFKA_ACL_OPERATION_ALL)
                result.insert(each.permission);
        }
    }
    return result;
}

TopicSeen seen(const rd_kafka_TopicDescription_t* description) {
    TopicSeen topic;
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(description);
    const auto code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    if (judge(code).code == "topic_missing") return topic;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        topic.hidden = rd_kafka_err2str(code);
        return topic;
    }
    std::size_t count = 0;
    static_cast<void>(rd_kafka_TopicDescription_partitions(description, &count));
    topic.partitions = static_cast<std::uint32_t>(count);
    const auto* operations = rd_kafka_TopicDescription_authorized_operations(description, &count);
    topic.may = permissions_of({operations, operations == nullptr ? 0 : count});
    return topic;
}

void ask_for_permissions(const AdminOptions& options) {
    const Failed ignored{rd_kafka_AdminOptions_set_include_authorized_operations(options.get(), 1)};
}

}  // namespace

std::string_view permission_name(Permission permission) noexcept {
    return std::ranges::find(kNames, permission, &NamedPermission::permission)->name;
}

std::optional<std::size_t> TopicSeen::number(const std::string& setting) const {
    const auto found = settings.find(setting);
    if (found == settings.end()) return std::nullopt;
    std::size_t value = 0;
    const std::string& digits = found->second;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

struct ClusterLook::Connection {
    std::unique_ptr<Client> client;
};

ClusterLook::ClusterLook(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
ClusterLook::~ClusterLook() = default;

std::expected<std::unique_ptr<ClusterLook>, PortError> ClusterLook::open(
    const ClientOptions& options) {
    auto client =
        Client::make(RD_KAFKA_PRODUCER, options, {}, {{"allow.auto.create.topics", "false"}}, 0);
    if (!client) return std::unexpected(client.error());
    std::unique_ptr<ClusterLook> look(
        new ClusterLook(std::make_unique<Connection>(Connection{std::move(*client)})));
    Client& connected = *look->connection_->client;
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(connected.get(), 1, nullptr, &answer, kCallDeadlineMs);
    const Metadata metadata{answer};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::unexpected(
            call_error(code, fmt::format("Kafka at {}", options.bootstrap_servers), connected));
    }
    for (int i = 0; i < metadata->topic_cnt; ++i)
        look->names_.emplace_back(metadata->topics[i].topic);
    std::ranges::sort(look->names_);
    return look;
}

std::expected<std::map<std::string, TopicSeen>, PortError> ClusterLook::look_at(
    const std::vector<std::string>& topics) {
    Client& client = *connection_->client;
    std::vector<const char*> names;
    for (const std::string& topic : topics) names.push_back(topic.c_str());
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    ask_for_permissions(options);
    const TopicNames asked{rd_kafka_TopicCollection_of_topic_names(names.data(), names.size())};
    const Queue queue{rd_kafka_queue_new(client.get())};
    rd_kafka_DescribeTopics(client.get(), asked.get(), options.get(), queue.get());
    const auto event = admin_answer(client, queue, "looking at topics");
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto** found = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(event->get()), &count);
    std::map<std::string, TopicSeen> result;
    std::vector<std::string> there;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = rd_kafka_TopicDescription_name(found[i]);
        result[name] = seen(found[i]);
        if (result[name].partitions != 0) there.push_back(name);
    }
    if (there.empty()) return result;
    auto settings = configurations(client, there);
    if (!settings) return std::unexpected(settings.error());
    for (auto& [topic, values] : *settings) result[topic].settings = std::move(values);
    return result;
}

std::optional<PortError> ClusterLook::would_create(
    const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration) {
    Client& client = *connection_->client;
    const Queue queue{rd_kafka_queue_new(client.get())};
    if (auto failed = ask_to_create(client, topic, shape, configuration, queue.get(), true))
        return failed;
    const auto event = admin_answer(client, queue, fmt::format("topic '{}' cannot be made", topic));
    if (!event) return event.error();
    return creation_error(event->get(), topic);
}

std::optional<PortError> ClusterLook::look_at_group(const std::string& group) {
    Client& client = *connection_->client;
    const std::string what = fmt::format("group '{}'", group);
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    ask_for_permissions(options);
    const Queue queue{rd_kafka_queue_new(client.get())};
    const char* name = group.c_str();
    rd_kafka_DescribeConsumerGroups(client.get(), &name, 1, options.get(), queue.get());
    const auto event = admin_answer(client, queue, what);
    if (!event) return event.error();
    std::size_t count = 0;
    const auto** groups = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event->get()), &count);
    if (count != 1) return std::nullopt;
    const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(groups[0]);
    const auto code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    if (judge(code).code == "not_authorized") return port_error(code, what);
    const auto* operations =
        rd_kafka_ConsumerGroupDescription_authorized_operations(groups[0], &count);
    const auto may = permissions_of({operations, operations == nullptr ? 0 : count});
    if (!may || may->contains(Permission::Read) || code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return std::nullopt;
    return port_error(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, what);
}

JobNames names_of_job(const std::string& job) {
    return {.group = group_of(job),
            .transactional_id = "velostream." + job,
            .state_topic = state_topic_of(job),
            .lead_topic = lead_topic_of(job),
            .state_shape = state_topic_shape(-1),
            .lead_shape = {.partitions = 1},
            .state_configuration = state_topic_configuration()};
}

std::map<std::string, std::string> dead_letter_configuration() {
    return {{"max.message.bytes", std::to_string(kLargestRequest)}};
}

std::optional<std::string> state_topic_problem(const std::string& job, const TopicSeen& topic) {
    const auto problem = judge_state_topic(job, topic.partitions, topic.settings);
    return problem ? std::optional(problem->text) : std::nullopt;
}

}  // namespace velo::connectors
