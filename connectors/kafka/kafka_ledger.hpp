// A Kafka job's ledger: leadership in a group, positions in its offsets, state in a compacted topic.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/group_commit.hpp"
#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/kafka_transactions.hpp"
#include "connectors/kafka/log_reader.hpp"
#include "connectors/kafka/membership.hpp"
#include "connectors/kafka/options.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

/// With a transactional producer an epoch is one Kafka transaction; with an idempotent one its positions are committed
/// by the member that owns the job, once everything else is durable.
/// Order:   as engine::Ledger; the sink that shares `transactions` has been opened before open().
/// Thread:  the job's control thread.
class KafkaLedger final : public engine::Ledger {
public:
    KafkaLedger(KafkaLedgerOptions options, std::shared_ptr<KafkaTransactions> transactions);
    ~KafkaLedger() override;

    [[nodiscard]] engine::Leadership lead(std::optional<engine::PortError>& error) override;
    [[nodiscard]] std::optional<engine::PortError> open() override;
    void name_partitions(const std::vector<engine::PartitionName>& partitions) override {
        names_ = partitions;
    }
    [[nodiscard]] std::optional<engine::PortError> recover(std::uint32_t partitions,
                                                           engine::Progress& progress) override;
    [[nodiscard]] std::optional<engine::PortError> read_log(
        std::uint32_t partition, std::int64_t from, std::int64_t to,
        const std::function<void(const engine::LogRecord&)>& visit) override;
    void append(std::uint32_t partition, EpochId epoch, std::string key,
                std::string value) override;
    [[nodiscard]] std::vector<std::int64_t> log_ends() const override;
    [[nodiscard]] engine::CommitResult commit(EpochId epoch, const engine::Offsets& positions,
                                              const std::string& note) override;
    void leave() override;

private:
    [[nodiscard]] std::optional<engine::PortError> connect();
    [[nodiscard]] std::expected<std::string, engine::PortError> committed_note();
    [[nodiscard]] bool still_leads();
    /// The positions of the first `partitions`, topic by topic.
    [[nodiscard]] std::optional<engine::PortError> ask_positions(std::uint32_t partitions,
                                                                 engine::Progress& progress);
    /// Where nobody has named them, partitions are those of the options' topic.
    [[nodiscard]] engine::PartitionName name_of(SourcePartition partition) const;

    const KafkaLedgerOptions options_;
    const std::string state_topic_;
    const std::shared_ptr<KafkaTransactions> transactions_;
    Membership membership_;
    std::unique_ptr<Client> client_;  // Belongs to no group: its questions never wait for one.
    LogReader reader_;
    GroupCommit group_commit_;
    std::vector<engine::PartitionName> names_;  // By SourcePartition.
};

}  // namespace velo::connectors
