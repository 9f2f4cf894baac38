#include "connectors/kafka/reset_job.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/membership.hpp"
#include "connectors/kafka/state_topic.hpp"
#include "connectors/kafka/topics.hpp"

namespace velo::connectors {

namespace {

using engine::PortError;
using OffsetsOfGroup = std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t,
                                       Destroy<rd_kafka_ListConsumerGroupOffsets_destroy>>;
using DeadGroup = std::unique_ptr<rd_kafka_DeleteGroup_t, Destroy<rd_kafka_DeleteGroup_destroy>>;
using DeadTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Destroy<rd_kafka_DeleteTopic_destroy>>;

constexpr int kGoneWaitMs = 20;
constexpr int kMostGoneWaits = 250;

std::expected<std::vector<ForgottenPosition>, PortError> positions_of(Client& client,
                                                                      const std::string& group) {
    const OffsetsOfGroup asked{rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr)};
    rd_kafka_ListConsumerGroupOffsets_t* list = asked.get();
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    const Queue queue{rd_kafka_queue_new(client.get())};
    rd_kafka_ListConsumerGroupOffsets(client.get(), &list, 1, options.get(), queue.get());
    const std::string what = fmt::format("group '{}': reading its positions", group);
    const auto event = admin_answer(client, queue, what);
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event->get()), &count);
    std::vector<ForgottenPosition> positions;
    if (count != 1) return positions;
    if (const auto* error = rd_kafka_group_result_error(groups[0]))
        return std::unexpected(call_error(rd_kafka_error_code(error), what, client));
    const rd_kafka_topic_partition_list_t* found = rd_kafka_group_result_partitions(groups[0]);
    for (int i = 0; found != nullptr && i < found->cnt; ++i) {
        const rd_kafka_topic_partition_t& each = found->elems[i];
        if (each.offset >= 0) positions.push_back({each.topic, each.partition, each.offset});
    }
    return positions;
}

// All of a group or nothing: the coordinator refuses while it has members.
std::optional<PortError> delete_group(Client& client, const std::string& group,
                                      const std::string& job) {
    const DeadGroup asked{rd_kafka_DeleteGroup_new(group.c_str())};
    rd_kafka_DeleteGroup_t* list = asked.get();
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_DELETEGROUPS);
    const Queue queue{rd_kafka_queue_new(client.get())};
    rd_kafka_DeleteGroups(client.get(), &list, 1, options.get(), queue.get());
    const std::string what = fmt::format("group '{}': removing its positions", group);
    const auto event = admin_answer(client, queue, what);
    if (!event) return event.error();
    std::size_t count = 0;
    const auto** groups = rd_kafka_DeleteGroups_result_groups(
        rd_kafka_event_DeleteGroups_result(event->get()), &count);
    const auto* error = count == 1 ? rd_kafka_group_result_error(groups[0]) : nullptr;
    if (error == nullptr) return std::nullopt;
    const auto code = rd_kafka_error_code(error);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        return std::nullopt;
    if (code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP) {
        return PortError{.fatal = true,
                         .code = "job_in_use",
                         .text = fmt::format("job '{}' runs or stands by somewhere; stop it "
                                             "everywhere first (one that was killed counts for "
                                             "ten seconds more)",
                                             job)};
    }
    return call_error(code, what, client);
}

// Whether there was one. It is gone when this returns, as far as a broker can tell.
std::expected<bool, PortError> delete_topic(Client& client, const std::string& topic) {
    const DeadTopic asked{rd_kafka_DeleteTopic_new(topic.c_str())};
    rd_kafka_DeleteTopic_t* list = asked.get();
    const AdminOptions options = options_for(client, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    const Queue queue{rd_kafka_queue_new(client.get())};
    rd_kafka_DeleteTopics(client.get(), &list, 1, options.get(), queue.get());
    const std::string what = fmt::format("deleting topic '{}'", topic);
    const auto event = admin_answer(client, queue, what);
    if (!event) return std::unexpected(event.error());
    std::size_t count = 0;
    const auto** results = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event->get()), &count);
    const auto code =
        count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (judge(code).code == "topic_missing") return false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(call_error(code, what, client));
    for (int i = 0; i < kMostGoneWaits; ++i) {
        const auto partitions = count_partitions(client, topic);
        if (partitions && *partitions == 0) return true;
        const Event nothing{rd_kafka_queue_poll(queue.get(), kGoneWaitMs)};
    }
    return std::unexpected(port_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
}

}  // namespace

std::expected<Forgotten, PortError> reset_job(const ClientOptions& options,
                                              const std::string& job) {
    const std::string group = group_of(job);
    const auto client =
        Client::make(RD_KAFKA_PRODUCER, options, {}, {{"allow.auto.create.topics", "false"}}, 0);
    if (!client) return std::unexpected(client.error());
    auto positions = positions_of(**client, group);
    if (!positions) return std::unexpected(positions.error());
    // The positions first: a state log without positions is of no use, the other way round it would be missed.
    if (auto failed = delete_group(**client, group, job)) return std::unexpected(*failed);
    const std::string topic = state_topic_of(job);
    const auto deleted = delete_topic(**client, topic);
    if (!deleted) return std::unexpected(deleted.error());
    return Forgotten{.positions = std::move(*positions), .state_topic = *deleted ? topic : ""};
}

}  // namespace velo::connectors
