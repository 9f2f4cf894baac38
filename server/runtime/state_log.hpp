// The writing side of a job's state log: which records an epoch adds, and what its commit has to say of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/ledger.hpp"
#include "server/runtime/epochs.hpp"
#include "server/runtime/log_format.hpp"

namespace velo::runtime {

/// What recovery has found: where a run goes on.
struct LogPosition {
    CommitNote note;                                               // Of the last committed epoch.
    std::array<std::optional<LogHeader>, kLogPartitions> headers;  // Of partitions written to.
};

/// Rounds: besides what has changed, every epoch saves a slice of what has not. When every pipeline has gone round once,
/// all that lives stands behind the round's start, and restoring starts there: it reads about twice the state at most,
/// whether or not the broker ever compacts.
/// Thread:  the job's control thread.
/// Invariants: (1) a partition's header is the last record of its epoch there. (2) an epoch that saves nothing still writes
///             the header of partition 0.
class StateLog {
public:
    /// `run` marks everything this run writes: a number no other run of the job has. Without a position: a new job.
    StateLog(std::uint64_t run, std::vector<engine::StatePart> shape,
             const std::optional<LogPosition>& position);

    /// The epoch this run begins with.
    [[nodiscard]] EpochId first_epoch() const noexcept { return first_epoch_; }
    /// The round that pipelines are to save slices for.
    [[nodiscard]] std::uint64_t round() const noexcept { return round_; }

    /// Writes what the epoch's reports have saved.
    void write(EpochId epoch, const EpochReport& report, engine::Ledger& ledger);
    /// What the commit of that epoch is to say, given where the log ends now (Ledger::log_ends).
    [[nodiscard]] std::string note(const std::vector<std::int64_t>& log_ends);
    /// The epoch of a new job that commits nothing but the positions it begins with, and its note.
    static constexpr EpochId kPositionsOnly{1};
    [[nodiscard]] std::string first_note() const;
    /// That epoch has been committed.
    void committed();

    /// Bytes of entries written in this run.
    [[nodiscard]] std::uint64_t written_bytes() const noexcept { return written_bytes_; }

private:
    struct Books {
        LogRound complete;
        LogRound current;
        bool touched = false;  // Something of this epoch goes here.
    };
    [[nodiscard]] JobHeader job_header(EpochId epoch, const EpochReport& report) const;

    const std::uint64_t run_;
    const std::vector<engine::StatePart> shape_;
    EpochId first_epoch_;
    std::uint64_t round_ = 1;
    std::vector<std::uint8_t> round_done_;  // By pipeline.
    std::vector<LogLife> lives_;            // Of earlier runs.
    std::array<Books, kLogPartitions> books_;
    CommitNote note_;  // Of the epoch written last.
    std::uint64_t written_bytes_ = 0;
};

}  // namespace velo::runtime
