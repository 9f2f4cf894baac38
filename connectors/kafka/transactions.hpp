// One transaction per epoch: begun, committed, and after whatever goes wrong sent again or given up.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/epoch_records.hpp"
#include "connectors/kafka/transaction_client.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

struct TransactionOptions {
    std::chrono::milliseconds transaction_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds slice = std::chrono::seconds(1);  // Longest stay in one call.
    std::chrono::milliseconds deadline =
        std::chrono::seconds(60);  // A call that needs longer is given up, with its producer.
    unsigned resends_max = 5;      // Of one epoch.
};

/// The states of a job's producer:
///
///     Replacing → Initialising → Asking → [Idle →] Waiting → Beginning → Resending → Open → Offsets → Ending
///         ↑                                                     ↑                      │       │        │
///         ├──────────────────── Aborting ←──────────────────────│──────────────────────┴───────┤        │
///         │                                                     └─── committed, a clean end ───│────────┤
///         └──────────── whatever else: no answer, an unclean end, an outcome unknown ──────────┴────────┘
///
/// Thread:  the job's control thread. serve, init and commit make few calls of the client, and each of those takes about one slice
///          at most (sending positions up to three seconds).
/// Invariants: (1) Nothing is begun on a producer whose last transaction did not end cleanly: committed by one single
///             request, at the first call, within a second. A late request could otherwise end the next transaction
///             (KAFKA-17754). (2) After init the note that is committed is asked for, before anything is sent: it is the
///             epoch's own (the commit had succeeded), the one before (all is sent again), or another instance has
///             committed. (3) The request to commit leaves only after the positions of the same transaction were taken.
///             (4) The gate is open in state Open only.
class Transactions {
public:
    using Oracle = std::function<std::expected<std::string, engine::PortError>()>;

    Transactions(TransactionClient& client, EpochRecords& records, TransactionOptions options)
        : client_(client), records_(records), options_(options) {}

    void set_oracle(Oracle oracle) { oracle_ = std::move(oracle); }
    void begin_at(EpochId first) { epoch_ = first; }

    /// Up to and including the first question to the oracle.
    [[nodiscard]] std::optional<engine::PortError> init();
    /// From here on transactions are begun.
    void start();
    /// Takes the gravest thing heard of the current producer, and brings a transaction that failed back on its way.
    /// Returns whether it wants to be called again without waiting for anything.
    bool serve(Answer heard);

    /// As engine::Ledger::commit.
    [[nodiscard]] engine::CommitResult commit(EpochId epoch,
                                              const std::vector<PartitionOffset>& offsets,
                                              const std::string& note);

    /// The latest weather since the last call, or the failure (once).
    [[nodiscard]] std::optional<engine::PortError> take_error();

    /// For tests and metrics.
    [[nodiscard]] std::uint64_t resends() const noexcept { return all_resends_; }
    [[nodiscard]] std::uint64_t producers() const noexcept { return producers_; }

private:
    enum class State : std::uint8_t {
        Replacing,
        Initialising,
        Asking,
        Idle,
        Waiting,
        Beginning,
        Resending,
        Open,
        Offsets,
        Ending,
        Aborting,
        Fenced,
        GivenUp,
    };

    [[nodiscard]] bool is_over() const noexcept {
        return state_ == State::Fenced || state_ == State::GivenUp;
    }
    void enter(State state);
    [[nodiscard]] bool is_overdue() const;

    [[nodiscard]] bool step();
    [[nodiscard]] bool replace();
    [[nodiscard]] bool initialise();
    [[nodiscard]] bool ask();
    [[nodiscard]] bool begin();
    [[nodiscard]] bool send_again();
    [[nodiscard]] bool abort();
    void send_offsets();
    void end();

    void judge(const std::string& note);
    void take_failure(Answer answer);
    void take_fencing(engine::PortError error);
    void fail(engine::PortError error);
    void mark_committed();
    [[nodiscard]] engine::CommitResult result(engine::CommitStep step);

    TransactionClient& client_;
    EpochRecords& records_;
    const TransactionOptions options_;
    Oracle oracle_;

    State state_ = State::Replacing;
    std::chrono::steady_clock::time_point entered_;
    std::chrono::steady_clock::time_point begun_;
    EpochId epoch_{1};  // The one that is written or being committed.
    bool may_start_ = false;
    bool has_sent_ = false;  // The epoch was begun before: what it holds has to be sent anew.
    bool outcome_unknown_ = false;
    bool was_retried_ = false;  // The call to end the transaction.
    unsigned abort_tries_ = 0;
    unsigned resends_ = 0;  // Of this epoch.
    std::optional<std::string> committed_note_;
    std::string note_;                      // Of the commit under way, and …
    std::vector<PartitionOffset> offsets_;  // … its positions: the same in each repetition.
    std::uint64_t all_resends_ = 0;
    std::uint64_t producers_ = 0;
    std::optional<engine::PortError> weather_;
    std::optional<engine::PortError> failure_;  // Fenced or GivenUp: why.
    bool failure_taken_ = false;
};

}  // namespace velo::connectors
