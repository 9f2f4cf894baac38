#include "connectors/kafka/group_commit.hpp"

#include <cstring>
#include <utility>

#include "connectors/kafka/failure.hpp"

namespace velo::connectors {

namespace {

using engine::CommitStep;

constexpr int kWaitMs = 200;

TopicPartitions list_of(Client& member, const std::vector<PartitionOffset>& offsets,
                        const std::string& note) {
    TopicPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const PartitionOffset& each : offsets) {
        rd_kafka_topic_partition_t* added =
            rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
        added->offset = each.offset;
        added->metadata = rd_kafka_mem_malloc(member.get(), note.size() + 1);  // The list's own.
        std::memcpy(added->metadata, note.c_str(), note.size() + 1);
        added->metadata_size = note.size();
    }
    return list;
}

rd_kafka_resp_err_t verdict_of(rd_kafka_event_t* answer) {
    if (const auto code = rd_kafka_event_error(answer)) return code;
    const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(answer);
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list->elems[i].err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

engine::CommitResult result_of(rd_kafka_resp_err_t code, Client& member) {
    engine::CommitResult result;
    switch (code) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            result.step = CommitStep::Committed;
            return result;
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        case RD_KAFKA_RESP_ERR__FENCED:
            result.step = CommitStep::Fenced;
            break;
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:  // The group is being dealt anew; perhaps only that.
        case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR__WAIT_COORD:
        case RD_KAFKA_RESP_ERR__DESTROY:
            return result;
        default:
            result.step =
                judge(code).remedy == Remedy::Fatal ? CommitStep::Failed : CommitStep::Again;
            break;
    }
    result.error = call_error(code, "committing positions", member);
    if (code == RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE)
        result.error->text += "; raise the brokers' offset.metadata.max.bytes to 4096 or more";
    return result;
}

}  // namespace

engine::CommitResult GroupCommit::commit(Client& member,
                                         const std::vector<PartitionOffset>& offsets,
                                         const std::string& note) {
    Asked wanted{.offsets = offsets, .note = note};
    if (asked_ != wanted) {
        answers_.reset(rd_kafka_queue_new(member.get()));  // An older answer is not of interest.
        const TopicPartitions list = list_of(member, offsets, note);
        const auto code =
            rd_kafka_commit_queue(member.get(), list.get(), answers_.get(), nullptr, nullptr);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return result_of(code, member);
        asked_ = std::move(wanted);
    }
    const Event event{rd_kafka_queue_poll(answers_.get(), kWaitMs)};
    if (!event) {
        engine::CommitResult result;
        if (const auto behind = member.why())
            result.error = client_error(*behind, "committing positions");
        return result;
    }
    asked_.reset();
    return result_of(verdict_of(event.get()), member);
}

}  // namespace velo::connectors
