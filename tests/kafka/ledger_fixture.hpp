// A job's ledger as its control thread drives it, for tests that need no runtime.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_ledger.hpp"
#include "tests/kafka/port_fixture.hpp"

namespace velo::tests {

/// A producer that is never asked to write: for all that a ledger does without one.
class NoTransactions final : public connectors::KafkaTransactions {
public:
    [[nodiscard]] bool is_transactional() const noexcept override { return false; }
    void set_oracle(Oracle) override {}
    void set_member(Member) override {}
    void set_log(std::string, std::vector<std::int64_t> ends) override { ends_ = std::move(ends); }
    [[nodiscard]] std::optional<engine::PortError> init() override { return std::nullopt; }
    void append(std::int32_t, EpochId, std::string, std::string) override {
        throw std::logic_error("this test has no producer");
    }
    [[nodiscard]] std::vector<std::int64_t> log_ends() const override { return ends_; }
    [[nodiscard]] engine::CommitResult commit(EpochId,
                                              const std::vector<connectors::PartitionOffset>&,
                                              const std::string&) override {
        throw std::logic_error("this test has no producer");
    }

private:
    std::vector<std::int64_t> ends_;
};

inline connectors::KafkaLedgerOptions ledger_options(const std::string& job,
                                                     const std::string& instance,
                                                     const Broker& broker = shared_broker()) {
    connectors::KafkaLedgerOptions options;
    options.client = client_of(broker);
    options.job = job;
    options.topic = job;
    options.instance = instance;
    options.session = std::chrono::seconds(30);
    return options;
}

/// One ledger on this thread. Destroyed without leave(), it is to the cluster what a killed process is.
class LedgerFixture {
public:
    explicit LedgerFixture(connectors::KafkaLedgerOptions options,
                           std::shared_ptr<connectors::KafkaTransactions> transactions =
                               std::make_shared<NoTransactions>()) {
        options.wake_descriptor = wake_.get();
        ledger_.emplace(std::move(options), std::move(transactions));
    }

    [[nodiscard]] engine::Ledger& operator*() { return *ledger_; }
    [[nodiscard]] engine::Ledger* operator->() { return &*ledger_; }

    [[nodiscard]] engine::Leadership lead() { return ledger_->lead(error_); }
    /// What lead() said last beside its answer.
    [[nodiscard]] const std::optional<engine::PortError>& error() const { return error_; }
    void pause() const { static_cast<void>(wake_.woken(20)); }

    void lead_until(engine::Leadership wanted,
                    std::chrono::seconds deadline = std::chrono::seconds(30)) {
        until([&] { return lead() == wanted; }, [&] { pause(); }, deadline);
    }
    void open() {
        until(
            [&] {
                const auto error = ledger_->open();
                if (error && error->fatal) expect_none(error);
                return !error;
            },
            [&] { pause(); });
    }
    [[nodiscard]] engine::Progress recover(std::uint32_t partitions) {
        engine::Progress progress;
        until(
            [&] {
                const auto error = ledger_->recover(partitions, progress);
                if (error && error->fatal) expect_none(error);
                return !error;
            },
            [&] { pause(); });
        return progress;
    }
    /// Active, open and recovered.
    engine::Progress start(std::uint32_t partitions) {
        lead_until(engine::Leadership::Active);
        open();
        return recover(partitions);
    }
    /// Commits as the runtime does, and says how it ended.
    [[nodiscard]] engine::CommitResult commit(std::uint64_t epoch, const engine::Offsets& positions,
                                              const std::string& note) {
        engine::CommitResult result;
        until(
            [&] {
                static_cast<void>(lead());
                result = ledger_->commit(EpochId{epoch}, positions, note);
                return result.step != engine::CommitStep::Again;
            },
            [&] { pause(); });
        return result;
    }

private:
    WakeDescriptor wake_;
    std::optional<connectors::KafkaLedger> ledger_;
    std::optional<engine::PortError> error_;
};

}  // namespace velo::tests
