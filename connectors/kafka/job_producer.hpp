// The one producer of a job, which its sink and its ledger share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/epoch_records.hpp"
#include "connectors/kafka/kafka_producer.hpp"
#include "connectors/kafka/kafka_transactions.hpp"
#include "connectors/kafka/transactions.hpp"

namespace velo::connectors {

/// Thread:  the control thread; make_writer by any worker. It outlives its writers.
class JobProducer final : public KafkaTransactions {
public:
    explicit JobProducer(const KafkaSinkOptions& options);

    [[nodiscard]] bool is_transactional() const noexcept override {
        return producer_.is_transactional();
    }
    void set_oracle(Oracle oracle) override { transactions_.set_oracle(std::move(oracle)); }
    void set_member(Member member) override { producer_.set_member(std::move(member)); }
    void set_log(std::string topic, std::vector<std::int64_t> ends) override;
    [[nodiscard]] std::optional<engine::PortError> init() override;
    void append(std::int32_t partition, EpochId epoch, std::string key, std::string value) override;
    [[nodiscard]] std::vector<std::int64_t> log_ends() const override {
        return records_.log_ends();
    }
    [[nodiscard]] engine::CommitResult commit(EpochId epoch,
                                              const std::vector<PartitionOffset>& offsets,
                                              const std::string& note) override;

    // The sink's side.
    [[nodiscard]] KafkaProducer& producer() noexcept { return producer_; }
    /// The topics are there: what is written from now on may go out, with transactions after init().
    void set_open() noexcept { is_open_ = true; }
    void begin_at(EpochId first) { transactions_.begin_at(first); }
    [[nodiscard]] std::unique_ptr<engine::SinkWriter> make_writer(int wake_descriptor) {
        return records_.make_writer(wake_descriptor);
    }
    void serve();
    [[nodiscard]] bool acknowledged(EpochId epoch) { return records_.is_settled(epoch); }
    [[nodiscard]] std::optional<engine::PortError> take_error();
    [[nodiscard]] const std::optional<engine::PortError>& failure() const noexcept {
        return failure_;
    }
    [[nodiscard]] const engine::SinkCounts& counts() const noexcept { return records_.counts(); }
    [[nodiscard]] const engine::ConnectionFigures& connections() const noexcept {
        return producer_.connections();
    }
    /// Transactions that were sent anew, and producers that were made, since the start.
    [[nodiscard]] const Transactions& transactions() const noexcept { return transactions_; }

private:
    void take(const engine::PortError& error);

    const int control_wake_;
    EpochRecords records_;  // Before the producer: it sends from their bytes until it is gone.
    KafkaProducer producer_;
    Transactions transactions_;
    bool is_open_ = false;
    bool is_recovering_ = false;  // Something is being tried again: a moment's rest in between.
    std::optional<engine::PortError> failure_;  // The first, reported and final.
    std::optional<engine::PortError> weather_;  // The latest.
    bool failure_taken_ = false;
};

}  // namespace velo::connectors
