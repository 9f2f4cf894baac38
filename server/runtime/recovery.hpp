// How a run finds out where the job stands: the committed note, the headers it points at, the chunks they vouch for.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/ledger.hpp"
#include "server/runtime/log_format.hpp"
#include "server/runtime/state_log.hpp"

namespace velo::runtime {

/// Where the job stands.
struct Recovered {
    bool begun = false;  // Something has been committed.
    engine::Offsets positions;
    std::optional<LogPosition> log;  // Empty: positions only, no state.
    std::map<SourcePartition, EventTime> watermarks;
    std::vector<EventTime>
        answered_to;  // By pipeline of the run that wrote the log; empty: none wrote.

    /// How far windows of a shard's entries had been closed.
    [[nodiscard]] EventTime answered_to_of(std::uint32_t shard) const noexcept;
};

/// Why a job cannot go on from what Kafka holds. `for_good`: only a person can tell what to do.
struct RecoveryProblem {
    engine::PortError error;
    bool for_good = false;
};

/// Reads and checks everything but the chunks, of a job that reads `partitions`, in the order of their numbers. The ledger
/// is open.
/// Errors: nothing is ever read as empty that may not be: a log that is torn, foreign, or of another query is a problem.
[[nodiscard]] std::expected<Recovered, RecoveryProblem> recover(
    engine::Ledger& ledger, const std::string& job,
    const std::vector<engine::PartitionName>& partitions,
    const std::vector<engine::StatePart>& shape);

/// Hands on the entries of all committed chunks, log partition by log partition, in order; up to about 16 MiB at once.
/// `take` returns false when it cannot make sense of an entry.
[[nodiscard]] std::optional<RecoveryProblem> read_entries(
    engine::Ledger& ledger, const std::string& job, const Recovered& recovered,
    const std::function<bool(const std::vector<std::string>& packed)>& take);

}  // namespace velo::runtime
