#include "connectors/kafka/offsets.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

engine::PortError error(rd_kafka_resp_err_t code, const std::string& topic, std::string_view action,
                        Client& client) {
    return call_error(code, fmt::format("topic '{}': {}", topic, action), client);
}

TopicPartitions list_of(const std::string& topic, std::span<const std::int32_t> partitions) {
    TopicPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (const std::int32_t partition : partitions)
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
    return list;
}

}  // namespace

std::expected<OffsetsByPartition, engine::PortError> ask_offsets(
    Client& client, const std::string& topic, std::span<const std::int32_t> partitions,
    std::int64_t spec, rd_kafka_IsolationLevel_t isolation) {
    constexpr std::string_view kAction = "asking for offsets";
    const TopicPartitions list = list_of(topic, partitions);
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = spec;
    const AdminOptions options{
        rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_LISTOFFSETS)};
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kCallDeadlineMs, text.data(),
                                              text.size());
    const Failed refused{rd_kafka_AdminOptions_set_isolation_level(options.get(), isolation)};
    VELO_ASSERT(!refused, "this request has an isolation level");
    const Queue answers{rd_kafka_queue_new(client.get())};
    rd_kafka_ListOffsets(client.get(), list.get(), options.get(), answers.get());
    const Event event{rd_kafka_queue_poll(answers.get(), kCallDeadlineMs + 1000)};
    if (!event) return std::unexpected(error(RD_KAFKA_RESP_ERR__TIMED_OUT, topic, kAction, client));
    if (const auto code = rd_kafka_event_error(event.get()))
        return std::unexpected(error(code, topic, kAction, client));
    std::size_t count = 0;
    const auto** infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event.get()), &count);
    OffsetsByPartition found;
    for (std::size_t i = 0; i < count; ++i) {
        const rd_kafka_topic_partition_t* each =
            rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
        if (each->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return std::unexpected(error(each->err, topic, kAction, client));
        found[each->partition] = each->offset;
    }
    return found;
}

std::expected<std::map<std::int32_t, CommittedOffset>, engine::PortError> ask_committed(
    Client& client, const std::string& topic, std::span<const std::int32_t> partitions) {
    constexpr std::string_view kAction = "reading the committed offsets";
    std::map<std::int32_t, CommittedOffset> found;
    if (partitions.empty()) return found;
    const TopicPartitions list = list_of(topic, partitions);
    if (const auto code = rd_kafka_committed(client.get(), list.get(), kCallDeadlineMs))
        return std::unexpected(error(code, topic, kAction, client));
    for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& each = list->elems[i];
        if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return std::unexpected(error(each.err, topic, kAction, client));
        if (each.offset < 0) continue;
        CommittedOffset& committed = found[each.partition];
        committed.offset = each.offset;
        if (each.metadata != nullptr)
            committed.note.assign(static_cast<const char*>(each.metadata), each.metadata_size);
    }
    return found;
}

}  // namespace velo::connectors
