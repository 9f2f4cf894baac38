// What an aggregate must offer. aggregate_list.cpp has one line for each; nothing registers itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/column.hpp"
#include "engine/expression/function.hpp"

namespace velo::engine {

/// Where rows stand in their source: the order of FIRST, LAST and the like. Row-aligned with the batch.
struct RowOrder {
    const std::int64_t* event_time = nullptr;  // Microseconds.
    const std::int64_t* partition = nullptr;   // Source partition.
    const std::int64_t* offset = nullptr;
};

/// Entries of a state table by slot: fixed-size states in chunks that never move.
struct StateAddress {
    std::byte* const* chunks = nullptr;
    std::size_t stride = 0;  // Bytes from one entry to the next.
    std::size_t offset = 0;  // Where this aggregate's state lies in an entry.
    static constexpr std::uint32_t kChunkShift = 10;
    static constexpr std::uint32_t kChunkSlots = 1U << kChunkShift;

    [[nodiscard]] std::byte* at(std::uint32_t slot) const noexcept {
        return chunks[slot >> kChunkShift] + (slot & (kChunkSlots - 1)) * stride + offset;
    }
};

/// Rows to add and the entries they belong to: pair i adds row rows[i] to slot slots[i]; pairs are in arrival order.
struct AggregateAdd {
    std::span<const Column* const>
        args;  // Row-aligned with the batch; already of the signature's types.
    std::span<const std::uint32_t> rows;
    std::span<const std::uint32_t> slots;
    StateAddress states;
    RowOrder order;  // Only where the signature needs_order.
    std::size_t* heap_bytes =
        nullptr;  // Kept: what states hold outside themselves. Only where they can (heap_bytes).
};

/// Where results go: the result of state i to row first_row + i of `out`, which the caller has reset. Text goes to `arena`;
/// a result that does not exist (a sum beyond 38 digits) is reported in `faults` with that row.
struct AggregateResult {
    std::span<const Type>
        args;  // The signature's argument types (AVG of a DECIMAL needs its scale).
    Column& out;
    Arena& arena;
    CallFaults& faults;
    std::uint32_t first_row = 0;
};

/// The ROWS buffer of one key: a ring of the latest rows in ORDER BY order, cut in two so that it slides without
/// subtraction. The `front` oldest rows have a running result from themselves to the end of the front ("two stacks":
/// Tangwongsan et al., "General incremental sliding-window aggregation", VLDB 2015); the rest share one running result.
/// Shape: `memory` holds `capacity` order values (int64), then per call a lane: `capacity` states of single rows,
///        then `capacity` running results, each part padded to 8 bytes. Row i of the buffer stands at place(i).
/// Invariants: (1) front <= size <= capacity. (2) head is 0 until capacity has reached the plan's buffer_rows.
struct RowRing {
    std::byte* memory = nullptr;
    std::int64_t newest = 0;  // The order value of the last row; meaningless when size is 0.
    std::uint32_t capacity = 0;
    std::uint32_t head = 0;
    std::uint32_t size = 0;
    std::uint32_t front = 0;

    [[nodiscard]] std::uint32_t place(std::uint32_t i) const noexcept {
        return wrap(head, i, capacity);
    }
    [[nodiscard]] static std::uint32_t wrap(std::uint32_t head, std::uint32_t i,
                                            std::uint32_t capacity) noexcept {
        return head + i < capacity ? head + i : head + i - capacity;
    }
};

/// What one row does to its ring: decided once for all calls, then repeated by each call on its own lane. `head`, `front`
/// and `size` are the ring's at that moment; its memory and capacity may have grown since, which moves no place.
struct RingStep {
    enum class Kind : std::uint8_t {
        Append,  // The row is the newest: it goes to `place`. `turn`: before that the whole ring becomes the front.
        Insert,  // The row goes before `place` rows' successors: see slide.hpp. Everything leaves the front.
        Pass,  // The row is older than a full buffer: it is answered alone and not kept.
    };
    RowRing* ring = nullptr;
    std::uint32_t place =
        0;  // Append: the place. Insert: how many rows of the ring are not after the row.
    std::uint32_t head = 0;
    std::uint32_t front = 0;  // Append: after the step.
    std::uint32_t size = 0;   // Insert: before the step.
    Kind kind = Kind::Append;
    bool turn = false;  // Append only.
    bool full = false;  // Insert only: the oldest row leaves.
};

/// Rows to slide through their rings: pair i adds row rows[i] by steps[i].
struct AggregateSlide {
    std::span<const Column* const> args;
    std::span<const std::uint32_t> rows;
    std::span<const RingStep> steps;
    std::size_t lane = 0;  // Bytes per unit of capacity that lie before this call's lane.
    std::size_t back =
        0;  // Bytes from the RowRing to this call's running result of the rows behind the front.
    RowOrder order;
    std::size_t* heap_bytes = nullptr;
};

/// The operations on one aggregate's state, made by describe<A>() from a plain struct (see avg.hpp).
/// A state lives from `create` to `destroy`. It may be moved by copying its bytes and forgetting the old ones, and a state
/// that is as `create` made it owns nothing, so its bytes may be copied any number of times.
struct AggregateKernels {
    std::size_t state_size = 0;
    std::size_t state_alignment = 1;  // Power of two up to 8.
    void (*create)(std::byte* state) = nullptr;
    void (*destroy)(std::byte* state) = nullptr;  // Null pointer: nothing to do.
    void (*add)(const AggregateAdd& call) = nullptr;
    /// As add, and after each pair i writes the state's result to row first_row + i of `result.out` (EMIT CHANGES).
    void (*add_each)(const AggregateAdd& call, const AggregateResult& result) = nullptr;
    /// Moves rows through their rings and writes the result over row i's buffer to row first_row + i of `result.out`.
    void (*slide)(const AggregateSlide& call, const AggregateResult& result) = nullptr;
    void (*merge)(std::byte* into, const std::byte* from) = nullptr;
    void (*finish)(std::span<const std::byte* const> states,
                   const AggregateResult& result) = nullptr;
    /// The state as bytes, appended, and back from the front of `bytes`; false = these bytes are not such a state.
    void (*encode)(const std::byte* state, std::string& out) = nullptr;
    bool (*decode)(std::byte* state, std::string_view& bytes) = nullptr;
    /// Bytes a state holds outside itself.
    std::size_t (*heap_bytes)(const std::byte* state) = nullptr;  // Null pointer: none ever.
};

struct AggregateSignature {
    std::vector<Type> args;  // What the arguments are cast to.
    Type result;
    const AggregateKernels* kernels = nullptr;
    bool needs_order = false;
};

struct AggregateFunction {
    std::string_view name;
    std::vector<std::string_view> synonyms;
    std::string_view usage;
    std::string_view help;
    std::string_view example;  // A call over the rows of the reference page, and …
    std::string_view gives;    // … its answer there. A test compares them.
    /// COUNT(*) comes with no types.
    std::expected<AggregateSignature, std::string> (*resolve)(
        std::span<const Type> types, std::span<const Value* const> literals);
    /// The same for f(DISTINCT x); null pointer: DISTINCT is refused.
    std::expected<AggregateSignature, std::string> (*resolve_distinct)(
        std::span<const Type> types, std::span<const Value* const> literals) = nullptr;
    /// It counts NULLs among its values: its first argument comes as an array of one, which is never NULL.
    bool keeps_nulls = false;
};

[[nodiscard]] std::span<const AggregateFunction> aggregate_functions() noexcept;
/// By name or synonym, without regard to case; null pointer when there is none.
[[nodiscard]] const AggregateFunction* find_aggregate_function(std::string_view name) noexcept;

}  // namespace velo::engine
