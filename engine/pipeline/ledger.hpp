// The port to where a job's progress lasts: what is committed, its state log, and who may write.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/strong_id.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::engine {

/// One record of the state log.
struct LogRecord {
    std::int64_t offset = 0;
    std::string_view key;
    std::string_view value;
};

/// What was committed last.
struct Progress {
    bool begun = false;       // Some partition has a committed offset.
    Offsets positions;        // The committed offsets, of the partitions that have one.
    std::string note;         // What commit() was given last; empty where something else committed.
    bool notes_agree = true;  // Every partition with an offset has the same note.
    std::vector<std::int64_t>
        log_ends;  // By log partition: past everything there is, undecided records included.
};

enum class Leadership : std::uint8_t {
    Joining,  // Nobody has said yet whose the job is.
    Waiting,  // Another instance is active.
    Active,   // This instance owns the job.
    Lost,     // It was active and is not any more: nothing may be written.
};

enum class CommitStep : std::uint8_t {
    Committed,  // For good.
    Again,  // Not decided: serve the sink, ask whether the epoch is acknowledged, and call again. What has been
    // written may be on its way anew, so log offsets have to be asked anew too.
    Fenced,  // Another instance of the job has taken over: stop, and write nothing.
    Failed,  // The error says why; the job has to restart.
};

struct CommitResult {
    CommitStep step = CommitStep::Again;
    std::optional<PortError> error;  // Also with Again: weather to be told of.
};

/// Order of a run: lead until Active; open; recover; read_log; then per epoch: append …, and once the sink has acknowledged
/// the epoch: commit. With a transactional ledger the epoch's outputs, dead letters, log records and positions become
/// visible together or not at all; otherwise commit makes the positions and the note durable after everything else is.
/// Thread:  the job's control thread only. Calls come back within seconds.
/// Invariants: (1) log offsets rise within a partition. (2) commit(E) never commits anything written under E+1.
class Ledger {
public:
    static constexpr std::uint32_t kLogPartitions = 8;

    virtual ~Ledger() = default;

    /// Who is active. Served often: it answers within 100 ms and keeps the membership alive. `error`: why it waits, if it
    /// is not because of another instance.
    [[nodiscard]] virtual Leadership lead(std::optional<PortError>& error) = 0;

    /// Checks or makes the state log, and ends whatever a predecessor left undecided: afterwards nothing of it can become
    /// visible any more. Tried again while it returns an error that is not fatal.
    [[nodiscard]] virtual std::optional<PortError> open() = 0;

    /// The source partitions there are, by their number; said before recover() and whenever there are new ones.
    virtual void name_partitions(const std::vector<PartitionName>& partitions) = 0;

    /// What was committed last, for the first `partitions` source partitions.
    [[nodiscard]] virtual std::optional<PortError> recover(std::uint32_t partitions,
                                                           Progress& progress) = 0;

    /// Visits the visible records of a log partition with from <= offset < to, in order; views die with the visit.
    /// Returns only once everything before `to` has been seen, whatever end the broker claims in between.
    [[nodiscard]] virtual std::optional<PortError> read_log(
        std::uint32_t partition, std::int64_t from, std::int64_t to,
        const std::function<void(const LogRecord&)>& visit) = 0;

    /// Writes a log record under `epoch`; acknowledged like the sink's records. The bytes are kept until it is committed.
    virtual void append(std::uint32_t partition, EpochId epoch, std::string key,
                        std::string value) = 0;

    /// By log partition: past the last acknowledged record; what recover() said before anything was appended.
    [[nodiscard]] virtual std::vector<std::int64_t> log_ends() const = 0;

    /// Called once everything of `epoch` has been acknowledged, and again with the same epoch and positions while it
    /// answers Again (the note may differ: it names log offsets). From Committed on, what was written under epoch + 1
    /// goes out. `note`: printable ASCII, at most 4000 bytes.
    [[nodiscard]] virtual CommitResult commit(EpochId epoch, const Offsets& positions,
                                              const std::string& note) = 0;

    /// Ends the membership, so that another instance takes over at once. The job has been drained.
    virtual void leave() = 0;
};

}  // namespace velo::engine
