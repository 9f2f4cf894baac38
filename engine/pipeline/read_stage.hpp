// The reading half of a pipeline: decode, filter, judge lateness, evaluate keys and arguments. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/data/batch.hpp"
#include "engine/data/group_key.hpp"
#include "engine/data/raw_record.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/format/decoder.hpp"
#include "engine/pipeline/unnest_stage.hpp"
#include "engine/plan/plan.hpp"
#include "engine/window/watermark.hpp"

namespace velo::engine {

/// What became of the records of one batch. Every record is in exactly one of: accepted, filtered, late, faults.
struct ReadOutcome {
    std::vector<std::uint32_t> accepted;  // Rows, in order; all that goes on to be answered.
    std::uint32_t filtered = 0;
    std::vector<std::uint32_t> late;  // Records that no window takes.
    FaultList faults;  // Decode and evaluation faults, each record once, in no particular order.

    void clear() noexcept;
};

/// Turns raw records into a batch ready to be answered or routed, and keeps the watermark of each source partition.
/// Order of judgement per row: readable at all → WHERE → its other columns → lateness → keys and arguments. A record whose
/// elements become rows is filtered when none of them is left, and fails when one of them does.
/// Time:    a partition's watermark is its largest event time minus the lateness, moved row by row by every row that
///          decoded, filtered ones too; a row is late when the newest window that holds it ended at or before the
///          watermark that its own partition had before it; for sessions, when its time is before that watermark.
/// Thread:  owned by one worker.
class ReadStage {
public:
    /// `plan` must outlive it.
    ReadStage(const Plan& plan, std::unique_ptr<Decoder> decoder);

    /// Makes a source partition known: its watermark starts at `watermark`, and it is not idle.
    void add(SourcePartition partition, EventTime watermark = kBeforeAllTime);

    /// Reads `records`, all of known partitions, into `batch`; `outcome` is cleared first. Returns how many it has read: all,
    /// unless UNNEST makes so many rows that a batch holds only those of the first ones.
    [[nodiscard]] std::size_t read(std::span<const RawRecord> records, Batch& batch,
                                   ReadOutcome& outcome);

    [[nodiscard]] EventTime watermark(SourcePartition partition) const noexcept {
        return watermarks_.of(input_of_[partition.value]);
    }
    /// This reader's watermark: the minimum over its partitions that are not idle.
    [[nodiscard]] EventTime watermark() noexcept { return watermarks_.current(); }
    [[nodiscard]] bool all_idle() const noexcept { return watermarks_.all_idle(); }
    [[nodiscard]] bool is_idle(SourcePartition partition) const noexcept {
        return watermarks_.is_idle(input_of_[partition.value]);
    }
    void set_idle(SourcePartition partition, bool idle) noexcept {
        watermarks_.set_idle(input_of_[partition.value], idle);
    }
    /// Nothing more will come from the partition.
    void end(SourcePartition partition) noexcept {
        watermarks_.advance(input_of_[partition.value], kAfterAllTime);
    }

private:
    static constexpr std::uint32_t kUnknown = 0xFFFFFFFF;

    void filter(Batch& batch, ReadOutcome& outcome);
    void judge_other_columns(ReadOutcome& outcome);
    void judge_times(std::span<const RawRecord> records, Batch& batch, ReadOutcome& outcome);
    // UNNEST: between filter and judge_other_columns, after judge_times, and after an expression has been computed.
    [[nodiscard]] std::size_t make_rows(Batch& batch, ReadOutcome& outcome);
    void accept_rows(Batch& batch, ReadOutcome& outcome);
    void fail_records(const Batch& batch, ReadOutcome& outcome);
    void compute(Batch& batch, ReadOutcome& outcome);
    void drop_faulted(std::vector<std::uint32_t>& rows, const FaultList& faults,
                      std::size_t first_fault);
    [[nodiscard]] static std::size_t count_records(Batch& batch, const ReadOutcome& outcome);

    const Plan& plan_;
    std::unique_ptr<Decoder> decoder_;
    std::vector<Evaluator> where_;  // None or one.
    std::optional<UnnestStage> unnest_;
    std::vector<Evaluator> computed_;
    GroupKeyCodec key_codec_;
    std::vector<std::uint32_t> key_columns_;
    bool keyed_ = false;
    bool keeps_late_before_ = false;

    Watermarks watermarks_;
    std::vector<std::uint32_t> input_of_;  // By SourcePartition: its number in watermarks_.

    DecodeResult decoded_;  // Scratch of one read, kept for its capacity.
    std::vector<std::int64_t> event_times_;
    std::vector<std::uint32_t> passed_;
    std::vector<std::uint32_t>
        unreadable_;  // Rows whose other columns failed and that WHERE let through, in order.
    std::vector<std::uint8_t> faulted_;
    FaultList row_faults_;
    std::vector<std::int64_t> late_before_;
};

}  // namespace velo::engine
