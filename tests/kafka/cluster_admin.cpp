#include "tests/kafka/cluster_admin.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

namespace velo::tests {

namespace {

constexpr int kDeadlineMs = 30'000;

template <auto kDestroy>
struct Destroy {
    void operator()(auto* object) const noexcept { kDestroy(object); }
};
template <class T, auto kDestroy>
using Owner = std::unique_ptr<T, Destroy<kDestroy>>;

using Queue = Owner<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owner<rd_kafka_event_t, rd_kafka_event_destroy>;
using Partitions = Owner<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using RemovedRecords = Owner<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy>;
using Rule = Owner<rd_kafka_AclBinding_t, rd_kafka_AclBinding_destroy>;
using Resource = Owner<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;

void check(rd_kafka_resp_err_t code, std::string_view action) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    throw std::runtime_error(fmt::format("{}: {}", action, rd_kafka_err2str(code)));
}

Handle make(rd_kafka_type_t type, const std::string& bootstrap_servers, const std::string& group) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap_servers.c_str(), nullptr, 0);
    if (!group.empty()) rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
    rd_kafka_conf_set_log_cb(conf, nullptr);
    Handle handle(rd_kafka_new(type, conf, text.data(), text.size()));
    if (!handle) {
        rd_kafka_conf_destroy(conf);
        throw std::runtime_error(text.data());
    }
    return handle;
}

Event answer(const Queue& queue, std::string_view action) {
    Event event(rd_kafka_queue_poll(queue.get(), kDeadlineMs));
    if (!event) throw std::runtime_error(fmt::format("{}: no answer in time", action));
    check(rd_kafka_event_error(event.get()), action);
    return event;
}

Partitions one(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    Partitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    return list;
}

void set_rule(rd_kafka_t* handle, rd_kafka_ResourceType_t kind, const std::string& name,
              rd_kafka_AclOperation_t operation, rd_kafka_AclPermissionType_t permission) {
    std::array<char, 256> text{};
    const Rule rule(rd_kafka_AclBinding_new(kind, name.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                                            "User:*", "*", operation, permission, text.data(),
                                            text.size()));
    if (!rule) throw std::runtime_error(text.data());
    rd_kafka_AclBinding_t* rules = rule.get();
    const Queue queue(rd_kafka_queue_new(handle));
    rd_kafka_CreateAcls(handle, &rules, 1, nullptr, queue.get());
    const Event event = answer(queue, "a rule for " + name);
    std::size_t count = 0;
    const auto** made =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event.get()), &count);
    const rd_kafka_error_t* error = rd_kafka_acl_result_error(made[0]);
    if (error != nullptr) throw std::runtime_error(rd_kafka_error_string(error));
}

}  // namespace

ClusterAdmin::ClusterAdmin(const std::string& bootstrap_servers)
    : bootstrap_servers_(bootstrap_servers),
      handle_(make(RD_KAFKA_PRODUCER, bootstrap_servers, {})) {}

void ClusterAdmin::delete_records(const std::string& topic, std::int32_t partition,
                                  std::int64_t before) const {
    const Partitions list = one(topic, partition, before);
    const RemovedRecords request(rd_kafka_DeleteRecords_new(list.get()));
    rd_kafka_DeleteRecords_t* requests = request.get();
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_DeleteRecords(handle_.get(), &requests, 1, nullptr, queue.get());
    const Event event = answer(queue, "delete records of " + topic);
    const rd_kafka_topic_partition_list_t* removed =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
    check(removed->elems[0].err, "delete records of " + topic);
}

std::string ClusterAdmin::topic_setting(const std::string& topic, const std::string& name) const {
    const Resource asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    rd_kafka_ConfigResource_t* list = asked.get();
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_DescribeConfigs(handle_.get(), &list, 1, nullptr, queue.get());
    const Event event = answer(queue, "settings of " + topic);
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    std::size_t entries = 0;
    const auto** configs = rd_kafka_ConfigResource_configs(resources[0], &entries);
    for (std::size_t i = 0; i < entries; ++i) {
        if (name == rd_kafka_ConfigEntry_name(configs[i]))
            return rd_kafka_ConfigEntry_value(configs[i]);
    }
    throw std::runtime_error(fmt::format("topic {} has no setting {}", topic, name));
}

void ClusterAdmin::set_topic_setting(const std::string& topic, const std::string& name,
                                     const std::string& value) const {
    const Resource changed(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    rd_kafka_error_t* const refused = rd_kafka_ConfigResource_add_incremental_config(
        changed.get(), name.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str());
    if (refused != nullptr) throw std::runtime_error("setting " + name);
    rd_kafka_ConfigResource_t* list = changed.get();
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_IncrementalAlterConfigs(handle_.get(), &list, 1, nullptr, queue.get());
    const Event event = answer(queue, "setting " + name);
    std::size_t count = 0;
    const auto** resources = rd_kafka_IncrementalAlterConfigs_result_resources(
        rd_kafka_event_IncrementalAlterConfigs_result(event.get()), &count);
    check(rd_kafka_ConfigResource_error(resources[0]), "setting " + name);
}

void ClusterAdmin::forbid_topic(const std::string& topic, TopicRight right) const {
    const auto operation = right == TopicRight::Read    ? RD_KAFKA_ACL_OPERATION_READ
                           : right == TopicRight::Write ? RD_KAFKA_ACL_OPERATION_WRITE
                                                        : RD_KAFKA_ACL_OPERATION_DESCRIBE;
    // With any rule at all only what rules allow is allowed; a refusal goes before that.
    set_rule(handle_.get(), RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_ACL_OPERATION_ALL,
             RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW);
    set_rule(handle_.get(), RD_KAFKA_RESOURCE_TOPIC, topic, operation,
             RD_KAFKA_ACL_PERMISSION_TYPE_DENY);
}

void ClusterAdmin::forbid_group(const std::string& group) const {
    set_rule(handle_.get(), RD_KAFKA_RESOURCE_GROUP, group, RD_KAFKA_ACL_OPERATION_READ,
             RD_KAFKA_ACL_PERMISSION_TYPE_DENY);
}

std::optional<std::size_t> ClusterAdmin::settled_members(const std::string& group) const {
    const char* name = group.c_str();
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_DescribeConsumerGroups(handle_.get(), &name, 1, nullptr, queue.get());
    const Event event = answer(queue, "describe " + group);
    std::size_t count = 0;
    const auto** groups = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
    if (rd_kafka_ConsumerGroupDescription_state(groups[0]) != RD_KAFKA_CONSUMER_GROUP_STATE_STABLE)
        return std::nullopt;
    return rd_kafka_ConsumerGroupDescription_member_count(groups[0]);
}

void ClusterAdmin::commit(const std::string& group, const std::string& topic,
                          std::int32_t partition, std::int64_t offset) const {
    const Handle consumer = make(RD_KAFKA_CONSUMER, bootstrap_servers_, group);
    const Partitions list = one(topic, partition, offset);
    check(rd_kafka_commit(consumer.get(), list.get(), 0), "commit for " + group);
}

}  // namespace velo::tests
