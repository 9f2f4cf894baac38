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
///          watermark that its own partition had before it; for sessions and OVER frames, when its time is before that
///          watermark.
/// Thread:  owned by one worker.
class ReadStage {
public:
    /// A decoder for each of the plan's sources. `plan` must outlive it.
    ReadStage(const Plan& plan, std::vector<std::unique_ptr<Decoder>> decoders);
    /// The same, of a plan with one source.
    ReadStage(const Plan& plan, std::unique_ptr<Decoder> decoder);

    /// Makes a partition of the plan's source `input` known: its watermark starts at `watermark`, and it is not idle.
    void add(SourcePartition partition, EventTime watermark = kBeforeAllTime,
             std::uint32_t input = 0);

    /// Reads `records`, all of known partitions of one source, into `batch`; `outcome` is cleared first. Returns how many it
    /// has read: all, unless UNNEST makes so many rows that a batch holds only those of the first ones.
    [[nodiscard]] std::size_t read(std::span<const RawRecord> records, Batch& batch,
                                   ReadOutcome& outcome);

    [[nodiscard]] EventTime watermark(SourcePartition partition) const noexcept {
        return watermarks_.of(place_of_[partition.value]);
    }
    /// This reader's watermark: the minimum over its partitions that are not idle.
    [[nodiscard]] EventTime watermark() noexcept { return watermarks_.current(); }
    [[nodiscard]] bool all_idle() const noexcept { return watermarks_.all_idle(); }
    [[nodiscard]] bool is_idle(SourcePartition partition) const noexcept {
        return watermarks_.is_idle(place_of_[partition.value]);
    }
    void set_idle(SourcePartition partition, bool idle) noexcept {
        watermarks_.set_idle(place_of_[partition.value], idle);
    }
    /// Nothing more will come from the partition.
    void end(SourcePartition partition) noexcept {
        watermarks_.advance(place_of_[partition.value], kAfterAllTime);
    }

private:
    static constexpr std::uint32_t kUnknown = 0xFFFFFFFF;

    /// What one source needs, and where its columns go.
    struct Input {
        const SourcePlan* source = nullptr;
        std::unique_ptr<Decoder> decoder;
        std::vector<Evaluator> where;     // None or one.
        std::vector<Evaluator> computed;  // By `into`.
        std::vector<std::uint32_t> into;  // Which of the batch's columns each of them is.
        /// UNION ALL only: the source's own columns, from which the batch's are computed; or moved, where they are only
        /// passed on.
        std::vector<Column> own;
        struct Move {
            std::uint32_t from, to;
        };
        std::vector<Move> moved;
    };

    [[nodiscard]] Input one_input(std::unique_ptr<Decoder> decoder) const;
    [[nodiscard]] static Input member_input(const MemberPlan& member,
                                            std::unique_ptr<Decoder> decoder);
    void decode(Input& input, std::span<const RawRecord> records, Batch& batch);
    [[nodiscard]] std::span<const Column> own_columns(const Input& input,
                                                      const Batch& batch) const noexcept;
    void filter(Input& input, Batch& batch, ReadOutcome& outcome);
    void judge_other_columns(ReadOutcome& outcome);
    void judge_times(Duration lateness, std::span<const RawRecord> records, Batch& batch,
                     ReadOutcome& outcome);
    // UNNEST: between filter and judge_other_columns, after judge_times, and after an expression has been computed.
    [[nodiscard]] std::size_t make_rows(Batch& batch, ReadOutcome& outcome);
    void accept_rows(Batch& batch, ReadOutcome& outcome);
    void fail_records(const Batch& batch, ReadOutcome& outcome);
    void compute(Input& input, Batch& batch, ReadOutcome& outcome);
    void encode_keys(Batch& batch, const ReadOutcome& outcome);
    void drop_faulted(std::vector<std::uint32_t>& rows, const FaultList& faults,
                      std::size_t first_fault);
    [[nodiscard]] static std::size_t count_records(Batch& batch, const ReadOutcome& outcome);

    const Plan& plan_;
    std::vector<Input> inputs_;  // As the plan's.
    std::optional<UnnestStage> unnest_;
    GroupKeyCodec key_codec_;
    std::vector<std::uint32_t> key_columns_;
    bool keyed_ = false;
    bool keeps_late_before_ = false;

    Watermarks watermarks_;
    std::vector<std::uint32_t> place_of_;  // By SourcePartition: its number in watermarks_ …
    std::vector<std::uint32_t> input_of_;  // … and in inputs_.

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
