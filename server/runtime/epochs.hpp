// The epochs of one job: when to cut, when an epoch is whole, when it may be committed.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/pipeline/source.hpp"
#include "server/runtime/job_run.hpp"

namespace velo::runtime {

/// What the pipelines have said of one epoch.
struct EpochReport {
    std::vector<SourceMark> marks;  // Of all source partitions, in their order.
    std::vector<MarkName> names;    // As JobHeader's.
    std::vector<SavedChunk> saved;
    std::vector<std::uint64_t> round_done;  // By pipeline …
    std::vector<EventTime> answered_to;     // … as this.
};

/// The control thread's side of the barriers.
///
///   Open ──cut()──► Cutting ──every pipeline closed it──► Flushing ──sink acknowledged──► (commit) ──committed()──► Open
///
/// Thread:  the job's control thread.
/// Invariants: (1) one cut at a time, and epochs are numbered without gaps. (2) the positions offered for commit are those
///             of the cut, taken between the rows that are in the epoch and the first that is not.
class Epochs {
public:
    explicit Epochs(JobRun& run) : run_(run) {}

    /// The epoch to begin with, before anything else.
    void begin_at(EpochId first) noexcept { epoch_ = first; }
    /// Where a partition stands that no reader has yet.
    void set_position(SourcePartition partition, std::int64_t next_offset) {
        positions_[partition] = next_offset;
    }

    enum class Phase : std::uint8_t { Open, Cutting, Flushing };
    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] EpochId current() const noexcept { return epoch_; }

    /// Asks every pipeline to close the current epoch. Only while Open.
    void cut(std::int64_t now_ns);
    /// Takes a pipeline's report of a closed epoch.
    void take(PipelineReport& report);
    /// The cut positions, once Flushing.
    [[nodiscard]] const engine::Offsets& positions() const noexcept { return positions_; }
    /// What has been reported, once Flushing. What has been saved may be moved away.
    [[nodiscard]] EpochReport& report() noexcept { return report_; }
    /// Whether every pipeline had come to the end of all input when it closed the epoch; once Flushing.
    [[nodiscard]] bool is_last() const noexcept { return finished_ == run_.options.pipelines; }
    /// When the current epoch was cut (steady clock); once Cutting.
    [[nodiscard]] std::int64_t cut_ns() const noexcept { return cut_ns_; }
    /// The current epoch has been committed: the next one is open.
    void committed();

private:
    JobRun& run_;
    Phase phase_ = Phase::Open;
    EpochId epoch_{1};
    std::uint32_t closed_ = 0;
    std::uint32_t finished_ = 0;
    std::int64_t cut_ns_ = 0;
    engine::Offsets positions_;
    EpochReport report_;
    std::map<SourcePartition, SourceMark> marks_;
    void finish_report();
};

}  // namespace velo::runtime
