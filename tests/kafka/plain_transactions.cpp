#include "tests/kafka/plain_transactions.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <librdkafka/rdkafka.h>

namespace velo::tests {

namespace {

constexpr int kDeadlineMs = 30'000;

using engine::CommitResult;
using engine::CommitStep;

void check(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    const std::string text = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    throw std::runtime_error(text);
}

void take_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
    auto& ends = *static_cast<std::vector<std::int64_t>*>(opaque);
    const auto partition = static_cast<std::size_t>(message->partition);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && partition < ends.size())
        ends[partition] = message->offset + 1;
}

}  // namespace

PlainTransactions::PlainTransactions(const std::string& bootstrap_servers,
                                     std::string transactional_id)
    : id_(std::move(transactional_id)) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap_servers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "enable.idempotence", "true", nullptr, 0);
    rd_kafka_conf_set(conf, "linger.ms", "1", nullptr, 0);
    if (!id_.empty()) {
        rd_kafka_conf_set(conf, "transactional.id", id_.c_str(), nullptr, 0);
        rd_kafka_conf_set(conf, "transaction.timeout.ms", "10000", nullptr, 0);
    }
    rd_kafka_conf_set_dr_msg_cb(conf, take_delivery);
    rd_kafka_conf_set_opaque(conf, &ends_);
    rd_kafka_conf_set_log_cb(conf, nullptr);
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size()));
    if (handle_) return;
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(text.data());
}

PlainTransactions::~PlainTransactions() = default;

void PlainTransactions::set_log(std::string topic, std::vector<std::int64_t> ends) {
    topic_ = std::move(topic);
    ends_ = std::move(ends);
}

std::optional<engine::PortError> PlainTransactions::init() {
    if (id_.empty()) return std::nullopt;
    check(rd_kafka_init_transactions(handle_.get(), kDeadlineMs));
    auto note = oracle_();
    if (!note) return note.error();
    note_ = std::move(*note);
    return std::nullopt;
}

void PlainTransactions::begin() {
    if (!id_.empty() && !std::exchange(is_begun_, true))
        check(rd_kafka_begin_transaction(handle_.get()));
}

void PlainTransactions::append(std::int32_t partition, EpochId /*epoch*/, std::string key,
                               std::string value) {
    begin();
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        handle_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(value.data(), value.size()),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
}

void PlainTransactions::flush() {
    if (rd_kafka_flush(handle_.get(), kDeadlineMs) != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error("not everything was acknowledged in time");
}

CommitResult PlainTransactions::commit(EpochId /*epoch*/,
                                       const std::vector<connectors::PartitionOffset>& offsets,
                                       const std::string& note) {
    begin();
    const connectors::GroupMember member = member_();
    if (!member) return {.step = CommitStep::Fenced, .error = {}};
    rd_kafka_topic_partition_list_t* const list =
        rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()));
    for (const connectors::PartitionOffset& each : offsets) {
        rd_kafka_topic_partition_t* const added =
            rd_kafka_topic_partition_list_add(list, each.topic.c_str(), each.partition);
        added->offset = each.offset;
        added->metadata = rd_kafka_mem_malloc(handle_.get(), note.size());
        note.copy(static_cast<char*>(added->metadata), note.size());
        added->metadata_size = note.size();
    }
    rd_kafka_error_t* error =
        rd_kafka_send_offsets_to_transaction(handle_.get(), list, member.get(), kDeadlineMs);
    rd_kafka_topic_partition_list_destroy(list);
    if (error == nullptr) error = rd_kafka_commit_transaction(handle_.get(), kDeadlineMs);
    is_begun_ = false;
    if (error == nullptr) return {.step = CommitStep::Committed, .error = {}};
    failure_ = rd_kafka_error_name(error);
    rd_kafka_error_destroy(error);
    return {.step = CommitStep::Failed, .error = {}};
}

}  // namespace velo::tests
