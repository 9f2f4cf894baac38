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

/// An aggregate call, in a group or OVER a buffer of rows.
struct BoundAggregate {
    const AggregateFunction* function = nullptr;
    AggregateSignature signature;
    std::vector<BoundPtr> args;  // Over source symbols, cast to the signature's types.
    std::string text;
    Place place;
};

/// OVER (ROWS WINDOW BUFFER …).
struct BoundBuffer {
    std::uint32_t rows = 0;
    std::vector<BoundPtr> keys;
    BoundPtr order;  // Null pointer: arrival order.
    bool descending = false;
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
    EmitPlan emit;
    std::optional<Duration> ttl;
    OutputPlan output;
};

}  // namespace velo::engine
