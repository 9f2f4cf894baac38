#include "connectors/kafka/kafka_ledger.hpp"

#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/offsets.hpp"
#include "connectors/kafka/state_topic.hpp"
#include "connectors/kafka/topics.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

using engine::CommitResult;
using engine::CommitStep;
using engine::Leadership;
using engine::PortError;

constexpr std::size_t kLongestNote = 4000;

std::vector<std::int32_t> first_partitions(std::uint32_t count) {
    std::vector<std::int32_t> result(count);
    std::iota(result.begin(), result.end(), 0);
    return result;
}

}  // namespace

KafkaLedger::KafkaLedger(KafkaLedgerOptions options,
                         std::shared_ptr<KafkaTransactions> transactions)
    : options_(std::move(options)),
      state_topic_(state_topic_of(options_.job)),
      transactions_(std::move(transactions)),
      membership_(options_),
      reader_(options_.client, options_.job, [this] { return still_leads(); }) {}

KafkaLedger::~KafkaLedger() {
    transactions_->set_oracle({});  // The producer may outlive this.
    transactions_->set_member({});
}

Leadership KafkaLedger::lead(std::optional<PortError>& error) { return membership_.serve(error); }

bool KafkaLedger::still_leads() {
    std::optional<PortError> ignored;
    return membership_.serve(ignored) == Leadership::Active;
}

std::optional<PortError> KafkaLedger::connect() {
    if (client_) return std::nullopt;
    auto client = Client::make(RD_KAFKA_CONSUMER, options_.client, {},
                               {{"group.id", group_of(options_.job)},
                                {"enable.auto.commit", "false"},
                                {"enable.auto.offset.store", "false"},
                                {"allow.auto.create.topics", "false"},
                                {"isolation.level", "read_committed"}},
                               0);
    if (!client) return client.error();
    client_ = std::move(*client);
    return std::nullopt;
}

std::optional<PortError> KafkaLedger::open() {
    if (auto failed = connect()) return failed;
    if (auto failed = provide_state_topic(*client_, options_.job, options_.replication))
        return failed;
    transactions_->set_oracle([this] { return committed_note(); });
    transactions_->set_member([this] { return membership_.member(); });
    return transactions_->init();
}

std::optional<PortError> KafkaLedger::recover(std::uint32_t partitions,
                                              engine::Progress& progress) {
    if (auto failed = connect()) return failed;
    progress = {};
    if (auto failed = ask_positions(partitions, progress)) return failed;
    // Undecided records count: their decision may not have reached the partition yet.
    const auto ends =
        ask_offsets(*client_, state_topic_, first_partitions(kLogPartitions),
                    RD_KAFKA_OFFSET_SPEC_LATEST, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
    if (!ends) return ends.error();
    for (const auto& [partition, end] : *ends) progress.log_ends.push_back(end);
    transactions_->set_log(state_topic_, progress.log_ends);
    return std::nullopt;
}

std::optional<PortError> KafkaLedger::ask_positions(std::uint32_t partitions,
                                                    engine::Progress& progress) {
    std::map<std::string, std::map<std::int32_t, SourcePartition>> by_topic;
    for (std::uint32_t i = 0; i < partitions; ++i) {
        const engine::PartitionName name = name_of(SourcePartition{i});
        by_topic[name.topic][name.partition] = SourcePartition{i};
    }
    for (const auto& [topic, numbers] : by_topic) {
        std::vector<std::int32_t> asked;
        for (const auto& [partition, number] : numbers) asked.push_back(partition);
        const auto committed = ask_committed(*client_, topic, asked);
        if (!committed) return committed.error();
        for (const auto& [partition, each] : *committed) {
            if (!progress.begun) progress.note = each.note;
            progress.begun = true;
            progress.positions[numbers.at(partition)] = each.offset;
            progress.notes_agree = progress.notes_agree && each.note == progress.note;
        }
    }
    return std::nullopt;
}

engine::PartitionName KafkaLedger::name_of(SourcePartition partition) const {
    if (partition.value < names_.size()) return names_[partition.value];
    return {options_.topic, static_cast<std::int32_t>(partition.value)};
}

// What the producer asks after an end whose outcome it does not know.
std::expected<std::string, PortError> KafkaLedger::committed_note() {
    if (auto failed = connect()) return std::unexpected(*failed);
    const auto partitions = count_partitions(*client_, options_.topic);
    if (!partitions) return std::unexpected(partitions.error());
    if (*partitions == 0) {
        return std::unexpected(port_error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                          fmt::format("topic '{}'", options_.topic)));
    }
    const auto found = ask_committed(*client_, options_.topic, first_partitions(*partitions));
    if (!found) return std::unexpected(found.error());
    return found->empty() ? std::string() : found->begin()->second.note;
}

std::optional<PortError> KafkaLedger::read_log(
    std::uint32_t partition, std::int64_t from, std::int64_t to,
    const std::function<void(const engine::LogRecord&)>& visit) {
    return reader_.read(static_cast<std::int32_t>(partition), from, to, visit);
}

void KafkaLedger::append(std::uint32_t partition, EpochId epoch, std::string key,
                         std::string value) {
    transactions_->append(static_cast<std::int32_t>(partition), epoch, std::move(key),
                          std::move(value));
}

std::vector<std::int64_t> KafkaLedger::log_ends() const { return transactions_->log_ends(); }

CommitResult KafkaLedger::commit(EpochId epoch, const engine::Offsets& positions,
                                 const std::string& note) {
    VELO_ASSERT(note.size() <= kLongestNote, "brokers take no longer metadata");
    if (!still_leads()) {
        CommitResult result{.step = CommitStep::Fenced, .error = {}};
        static_cast<void>(membership_.serve(result.error));
        return result;
    }
    std::vector<PartitionOffset> offsets;
    for (const auto& [partition, offset] : positions) {
        const engine::PartitionName name = name_of(partition);
        offsets.push_back({.topic = name.topic, .partition = name.partition, .offset = offset});
    }
    return transactions_->is_transactional()
               ? transactions_->commit(epoch, offsets, note)
               : group_commit_.commit(membership_.client(), offsets, note);
}

void KafkaLedger::leave() { membership_.leave(); }

}  // namespace velo::connectors
