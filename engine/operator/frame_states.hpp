// One frame of OVER (PARTITION BY … ORDER BY the event time): what each partition keeps for it, and its answers.
//
//   ROWS n or RANGE d PRECEDING    a ring of the frame's rows that slides (row_rings.hpp)
//   UNBOUNDED PRECEDING            the running aggregates alone
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/operator/aggregate_set.hpp"
#include "engine/operator/row_rings.hpp"

namespace velo::engine {

/// Rows in order of event time, source partition and offset, and the entries of their partitions.
struct OrderedRows {
    const Batch& batch;                      // Its first rows are they.
    std::span<const std::uint32_t> numbers;  // 0, 1, 2 …
    std::span<const std::uint32_t> slots;
    std::span<const std::int64_t> times;
    /// By row: the last one of its partition and time, itself where it is alone. Empty: all are.
    std::span<const std::uint32_t> last_peers;
    std::span<const std::uint32_t>
        starts;  // Rows before which their partition is forgotten, rising.
};

/// Its part of an entry's payload: RowRing │ states, from `base` on.
/// Thread:  owned by one pipeline. The plan must outlive it.
class FrameStates {
public:
    FrameStates(const FramePlan& frame, const SourcePlan& source, std::size_t base);
    FrameStates(const FrameStates&) = delete;
    FrameStates& operator=(const FrameStates&) = delete;

    /// Where its part of a payload ends.
    [[nodiscard]] std::size_t end() const noexcept { return base_ + fresh_.size(); }
    [[nodiscard]] std::size_t calls() const noexcept { return aggregates_.size(); }
    /// Whether rows of one time have one answer.
    [[nodiscard]] bool joins_peers() const noexcept { return by_range_; }

    void create(std::byte* payload) const;
    void destroy(std::byte* payload);
    void encode(const std::byte* payload, std::string& out) const;
    [[nodiscard]] bool decode(std::byte* payload, std::string_view& bytes);

    /// Adds the rows and puts their answers into columns first_column … of `out`, and what overflows into its faults.
    /// Texts stay in here until the next call.
    void answer(const OrderedRows& rows, const StateAddress& payloads, OperatorRows& out,
                std::size_t first_column);

    [[nodiscard]] std::size_t bytes() const noexcept {
        return rings_.bytes() + aggregates_.heap_bytes();
    }

private:
    [[nodiscard]] RowRing& ring(std::byte* payload) const noexcept {
        return *reinterpret_cast<RowRing*>(payload + base_);
    }
    void add(const OrderedRows& rows, std::uint32_t first, std::uint32_t end,
             const StateAddress& payloads);
    void slide(const OrderedRows& rows, std::uint32_t first, std::uint32_t end,
               const StateAddress& payloads);
    void slide_steps(const OrderedRows& rows, std::uint32_t end);
    void join(std::span<const std::uint32_t> last_peers);
    void add_faults(std::uint32_t rows, FaultList& to);

    std::size_t base_;
    bool is_running_;
    bool by_range_;
    std::int64_t preceding_;
    AggregateSet aggregates_;
    RowRings rings_;
    std::vector<std::byte> fresh_;
    OperatorRows answers_;         // Columns by call.
    std::vector<RingStep> steps_;  // Scratch.
    Column joined_;
    std::vector<std::uint8_t> has_fault_;
    std::vector<const RowFault*> fault_of_;
};

}  // namespace velo::engine
