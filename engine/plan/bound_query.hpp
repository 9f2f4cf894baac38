// A query whose names have become symbols and whose types are known, before its columns are laid out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/aggregate/aggregate.hpp"
#include "engine/expression/expression.hpp"
#include "engine/plan/plan.hpp"
#include "engine/plan/relation.hpp"

namespace velo::engine {

/// The most output columns, group keys and different calls of one query: binding compares each with each.
inline constexpr std::size_t kMostColumns = 4096;

/// An aggregate call, in a group, OVER a buffer of rows or OVER a frame; or a numbering of rows.
struct BoundAggregate {
    const AggregateFunction* function = nullptr;  // Null pointer: a numbering.
    AggregateSignature signature;
    std::vector<BoundPtr> args;  // Over source symbols, cast to the signature's types.
    std::string text;
    Place place;
    std::uint32_t frame = 0;  // Into BoundBuffer::frames.
    std::optional<RowNumbering> numbering;
};

/// OVER (ROWS WINDOW BUFFER …), or where `rows` is 0 OVER (PARTITION BY … ORDER BY the event time …).
struct BoundBuffer {
    std::uint32_t rows = 0;
    std::vector<BoundPtr> keys;
    std::vector<FramePlan> frames;  // Without their calls.
    BoundPtr order;                 // Of a buffer; null pointer: arrival order.
    bool descending = false;
};

/// Whether two OVER are the same but for their frames.
[[nodiscard]] bool same_buffer(const BoundBuffer& a, const BoundBuffer& b);

/// Top-N of the answers of a query in FROM.
struct BoundTop {
    struct Order {
        BoundPtr value;
        bool descending = false;
        bool nulls_first = false;
    };
    std::vector<BoundPtr> keys;  // Of the partitions of a window.
    std::vector<Order> order;
    std::int64_t rows = 0;
};

/// What the expressions of a query call, each once.
struct BoundCalls {
    std::vector<BoundAggregate> aggregates;  // Symbols of Space::Aggregate
    std::vector<BoundAggregate> over;        // Symbols of Space::OverCall
    std::optional<BoundBuffer> buffer;       // What all of `over` are over.
};

/// The whole query. Where the rows are grouped, `having` and the output read the spaces Key, Aggregate and Window;
/// elsewhere Source, Element and OverCall.
struct BoundQuery {
    std::vector<BoundUnnest> unnests;
    BoundPtr where;  // Over the spaces Source and Element.
    bool grouped = false;
    std::vector<BoundPtr> keys;
    BoundCalls calls;
    std::optional<WindowPlan> window;
    bool distinct = false;              // Grouped by every output column.
    std::optional<std::int64_t> limit;  // Of a query that is not grouped.
    std::optional<BoundTop> top;        // The same; the rank is the symbol OverCall 0.
    EmitPlan emit;
    std::optional<Duration> ttl;
    OutputPlan output;
};

}  // namespace velo::engine
