// The port to where records come from. A connector implements it; the runtime drives it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/strong_id.hpp"
#include "engine/data/raw_record.hpp"
#include "engine/format/decoder.hpp"

namespace velo::engine {

/// Weather that a port reports: what happened, for logs and the job's state.
struct PortError {
    bool fatal =
        false;  // False: it will be tried again and nothing is lost. True: the job has to stop or restart.
    std::string code;  // Bounded: `topic_missing`, `broker_away`, …
    std::string text;
};

/// Where a partition's reading stands.
struct SourcePosition {
    std::int64_t next_offset =
        0;               // The next offset to be read: past everything delivered, markers included.
    bool ended = false;  // Bounded: everything up to the bound has been delivered.
};

/// One reading worker's share of a job's source.
/// Thread:  everything on the worker that owns it, which alone polls; errors may be asked by it too.
/// Invariants: (1) a partition's records come in offset order, each once. (2) poll never blocks.
///             (3) a record's bytes stay valid until release() gets its batch back, whatever is polled in between.
class SourceReader {
public:
    virtual ~SourceReader() = default;

    /// Starts reading a partition at `next_offset`, up to `end_offset` (exclusive) when bounded.
    virtual void add(SourcePartition partition, std::int64_t next_offset,
                     std::optional<std::int64_t> end_offset) = 0;

    /// Appends up to `max_records` of what is waiting in `partition` to `into`. Returns how many came. A connector may
    /// also deliver nothing and only move the position (markers, aborted records, the end).
    [[nodiscard]] virtual std::uint32_t poll(SourcePartition partition, std::uint32_t max_records,
                                             RawBatch& into) = 0;

    /// Gives polled records back, all of one PartitionName::input; leaves `batch` empty.
    virtual void release(RawBatch& batch) noexcept = 0;

    [[nodiscard]] virtual SourcePosition position(SourcePartition partition) const noexcept = 0;

    /// The headers of a polled record, for dead letters.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> headers(
        const RawRecord& record) const = 0;

    /// The next error since the last call, if there is one.
    [[nodiscard]] virtual std::optional<PortError> take_error() = 0;
};

/// Offsets by partition: next to be read, or the end.
using Offsets = std::map<SourcePartition, std::int64_t>;

/// A job's source as its control thread sees it: what there is, where to start, what has been committed.
/// Thread:  the job's control thread only, except make_reader's result. Calls may block for a bounded time (seconds).
class Source {
public:
    virtual ~Source() = default;

    /// The partitions there are now, in the order of their SourcePartition numbers; known ones keep their number and new
    /// ones come last. Empty with an error while the world does not answer.
    [[nodiscard]] virtual std::optional<PortError> refresh_partitions(
        std::vector<PartitionName>& partitions) = 0;

    /// Where each of the partitions [first, count) is to start: the committed offset, else as `start:` says (at the
    /// beginning for partitions that appeared after the job's first commit).
    [[nodiscard]] virtual std::optional<PortError> start_offsets(std::uint32_t first,
                                                                 std::uint32_t count,
                                                                 Offsets& offsets) = 0;

    /// The end of each partition now: the last stable offset.
    [[nodiscard]] virtual std::optional<PortError> end_offsets(
        const std::vector<SourcePartition>& partitions, Offsets& ends) = 0;

    /// Makes the offsets durable: everything before them has been answered and acknowledged.
    [[nodiscard]] virtual std::optional<PortError> commit(const Offsets& offsets) = 0;

    /// A reader for one worker. `wake` is called from any thread whenever something may have come; it only writes to
    /// an event descriptor. Called on the worker's thread. `prefetch_bytes` is this reader's share of the job's budget.
    [[nodiscard]] virtual std::unique_ptr<SourceReader> make_reader(int wake_descriptor,
                                                                    std::size_t prefetch_bytes) = 0;

    /// Whether the source ends by itself (files), so that a job over it is bounded.
    [[nodiscard]] virtual bool is_bounded() const noexcept = 0;
    /// Whether progress survives a restart.
    [[nodiscard]] virtual bool is_durable() const noexcept = 0;
};

}  // namespace velo::engine
