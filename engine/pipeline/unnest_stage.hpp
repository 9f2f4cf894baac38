// The part of the read stage that makes rows of arrays.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/batch.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

/// Makes a row of each element, UNNEST by UNNEST, and asks what of WHERE reads elements.
/// Bounds:  a batch ends with the record before the one whose rows would be too many for it. A record of more than
///          kRowsPerRecord rows, or of rows that carry more than kBytesPerRecord of texts, is a fault: rows are not copies,
///          but what is computed and written of them is.
/// Thread:  owned by one reader.
class UnnestStage {
public:
    static constexpr std::uint64_t kRowsPerBatch = 65'536;
    static constexpr std::uint64_t kBytesPerBatch = std::uint64_t{64} << 20U;
    static constexpr std::uint64_t kRowsPerRecord = 1'000'000;
    static constexpr std::uint64_t kBytesPerRecord = std::uint64_t{256} << 20U;

    /// `plan` must outlive it.
    explicit UnnestStage(const Plan& plan);

    /// More records than these would not fit into a batch, as far as is known.
    [[nodiscard]] std::size_t most_records() const noexcept { return most_records_; }

    /// `batch` holds the source columns of its records, of which `passed` go on. Leaves the columns of their rows in it, and
    /// in rows() those that are left, in order. Returns how many of the records it has taken, at least one: the others are
    /// to be read again. Records that fail are added to `faults` by their number, perhaps some that were not taken.
    std::uint32_t expand(Batch& batch, std::span<const std::uint32_t> passed, FaultList& faults);

    [[nodiscard]] const std::vector<std::uint32_t>& rows() const noexcept { return rows_; }

private:
    struct Step {
        const UnnestPlan* plan;
        Evaluator array;
        std::vector<Evaluator> where;      // None or one.
        std::vector<std::uint32_t> texts;  // Which of the carried columns hold texts.
        std::vector<std::uint32_t>
            unread;  // Neither carried nor written: operators copy them all the same.
    };

    void take_step(Step& step, Batch& batch, FaultList& faults);
    void count_elements(const Step& step, const Batch& batch, const Column& arrays,
                        FaultList& faults);
    void write_elements(const Step& step, const Column& arrays);
    void fail_records(const Batch& batch, FaultList& faults);
    void fail(std::uint32_t record, RowFault fault, FaultList& faults);

    const Plan& plan_;
    std::vector<Step> steps_;
    std::size_t most_records_;

    std::uint32_t taken_ = 0;  // Scratch of one batch, kept for its capacity.
    std::vector<std::uint32_t> rows_;
    std::vector<std::uint32_t> counts_;     // By place in rows_: how many rows it becomes.
    std::vector<std::uint32_t> from_;       // By new row: the row it was.
    std::vector<std::uint32_t> record_of_;  // By new row.
    std::vector<std::uint32_t> passed_;
    std::vector<std::uint8_t> failed_;  // By record.
    std::vector<Column> next_;
    FaultList found_;
};

}  // namespace velo::engine
