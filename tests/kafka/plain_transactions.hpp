// Kafka transactions without any of the care a job needs: enough to see what a ledger gives to its producer.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_transactions.hpp"
#include "tests/kafka/kafka_client.hpp"

namespace velo::tests {

/// One epoch at a time; everything is waited for; failures other than of a commit are std::runtime_error.
class PlainTransactions final : public connectors::KafkaTransactions {
public:
    /// Without an id it is an idempotent producer.
    PlainTransactions(const std::string& bootstrap_servers, std::string transactional_id);
    ~PlainTransactions() override;

    [[nodiscard]] bool is_transactional() const noexcept override { return !id_.empty(); }
    void set_oracle(Oracle oracle) override { oracle_ = std::move(oracle); }
    void set_member(Member member) override { member_ = std::move(member); }
    void set_log(std::string topic, std::vector<std::int64_t> ends) override;
    [[nodiscard]] std::optional<engine::PortError> init() override;
    void append(std::int32_t partition, EpochId epoch, std::string key, std::string value) override;
    [[nodiscard]] std::vector<std::int64_t> log_ends() const override { return ends_; }
    [[nodiscard]] engine::CommitResult commit(
        EpochId epoch, const std::vector<connectors::PartitionOffset>& offsets,
        const std::string& note) override;

    /// What the oracle said at init.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }
    /// Returns when all that was appended has been acknowledged.
    void flush();
    /// Why the last commit failed.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

private:
    void begin();

    const std::string id_;
    Oracle oracle_;
    Member member_;
    std::string topic_;
    std::vector<std::int64_t> ends_;
    std::string note_;
    std::string failure_;
    bool is_begun_ = false;
    Handle handle_;
};

}  // namespace velo::tests
