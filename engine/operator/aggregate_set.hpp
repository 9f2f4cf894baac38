// The aggregates of one query as one: their states side by side in an entry's payload, their kernels called in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/aggregate/aggregate.hpp"
#include "engine/data/batch.hpp"
#include "engine/operator/keyed_operator.hpp"
#include "engine/plan/plan.hpp"
#include "engine/state/keyed_state.hpp"

namespace velo::engine {

/// Thread:  owned by one pipeline. The plan must outlive it.
class AggregateSet {
public:
    /// The states follow `reserved` bytes that the payload keeps for its operator.
    AggregateSet(std::span<const AggregateCall> calls, const SourcePlan& source,
                 std::size_t reserved = 0);

    /// The states of an entry without rows, after `reserved` zero bytes.
    [[nodiscard]] EntryPayload payload();
    [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
    [[nodiscard]] const AggregateKernels& kernels(std::size_t call) const noexcept {
        return *calls_[call].plan->signature.kernels;
    }
    [[nodiscard]] bool any_destroy() const noexcept;

    /// Adds row rows[i] of the batch to the entry slots[i].
    void add(const Batch& batch, std::span<const std::uint32_t> rows,
             std::span<const std::uint32_t> slots, const StateAddress& payloads);

    /// Where the results of some rows go: columns first_column … of `out` (reset by begin), rows first_row ….
    struct Results {
        OperatorRows& out;
        std::size_t first_column = 0;
        std::uint32_t first_row = 0;
    };
    /// Makes the result columns ready for `rows` rows.
    void begin(const Results& results, std::uint32_t rows) const;
    /// As add, with each entry's results after each row.
    void add_each(const Batch& batch, std::span<const std::uint32_t> rows,
                  std::span<const std::uint32_t> slots, const StateAddress& payloads,
                  const Results& results);
    /// Moves rows through their rings; lanes as RowRings lays them out.
    void slide(const Batch& batch, std::span<const std::uint32_t> rows,
               std::span<const RingStep> steps, std::span<const std::size_t> lanes,
               const Results& results);
    /// The results of entries as they stand.
    void finish(std::span<const std::byte* const> payloads, const Results& results);

    void merge(std::byte* into, const std::byte* from);
    /// One state of a call, wherever it lies.
    void merge_state(std::size_t call, std::byte* into, const std::byte* from);
    /// Destroys the states, not what the operator keeps before them.
    void destroy(std::byte* payload);
    /// The states as bytes, appended, and back from the front of `bytes` into fresh ones; false: they are no such states.
    void encode(const std::byte* payload, std::string& out) const;
    [[nodiscard]] bool decode(std::byte* payload, std::string_view& bytes);
    /// The same with one state of a call, wherever it lies.
    void encode_state(std::size_t call, const std::byte* state, std::string& out) const {
        kernels(call).encode(state, out);
    }
    [[nodiscard]] bool decode_state(std::size_t call, std::byte* state, std::string_view& bytes);
    /// Where the state of a call lies in a payload.
    [[nodiscard]] std::size_t offset(std::size_t call) const noexcept {
        return calls_[call].offset;
    }
    /// Destroys one state of a call, wherever it lies.
    void destroy_state(std::size_t call, std::byte* state);

    /// What all states hold outside themselves.
    [[nodiscard]] std::size_t heap_bytes() const noexcept { return heap_bytes_; }

private:
    struct Call {
        const AggregateCall* plan;
        std::size_t offset;  // In the payload.
    };
    [[nodiscard]] std::span<const Column* const> args_of(const Call& call, const Batch& batch);
    [[nodiscard]] RowOrder order_of(const Call& call, const Batch& batch) const;
    template <class Run>
    void run(const Call& call, const Results& results, Run&& run_kernel);

    std::vector<Call> calls_;
    std::size_t payload_size_;
    std::size_t heap_bytes_ = 0;
    std::uint32_t time_column_ = 0;  // Of RowOrder; only where an aggregate needs it.
    std::uint32_t partition_column_ = 0;
    std::uint32_t offset_column_ = 0;
    std::vector<const Column*> args_;  // Scratch.
    std::vector<const std::byte*> states_;
    CallFaults faults_;
};

/// The source column of an origin that the binder has added for the query.
[[nodiscard]] std::uint32_t source_column(const SourcePlan& source, ColumnOrigin origin);

}  // namespace velo::engine
