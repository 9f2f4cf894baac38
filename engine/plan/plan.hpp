// The bound query: immutable, shared by all pipelines of a job.
//
//   source ─► decode ─► where, unnests, computed ─► (exchange by key) ─► keyed operator ─► having, outputs ─► encode
//
// A query over the answers of another has a stage for each: in place of the one operator stands a chain of them.
//
//   … (exchange) ─► [ operator 1 ─► having, outputs ─► where, computed ─► operator 2 ─► … ] ─► having, outputs ─► encode
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/aggregate/aggregate.hpp"
#include "engine/base/time.hpp"
#include "engine/data/schema.hpp"
#include "engine/expression/expression.hpp"
#include "engine/plan/unnest_plan.hpp"
#include "engine/window/calendar_grid.hpp"

namespace velo::engine {

/// Where a decoded column's values come from.
enum class ColumnOrigin : std::uint8_t {
    Field,      // A declared column of the record.
    Timestamp,  // _timestamp: the record's own timestamp (TIMESTAMP, NULL when it has none)
    Offset,     // _offset (BIGINT)
    Partition,  // _partition (BIGINT)
    Key,        // _key (STRING; a key that is not UTF-8 is a fault)
    Topic,      // _topic (STRING)
    EventTime,  // _event_time (TIMESTAMP, never NULL)
    RawKey,     // The record key's bytes, to pass through (BYTES)
    Order,  // Source and partition as one number (BIGINT), the same in every run, for FIRST and LAST
};

struct SourceColumn {
    ColumnOrigin origin = ColumnOrigin::Field;
    std::uint32_t field = 0;  // Into SourcePlan::declared.
    Type type;
    /// Needed for WHERE or the event time: judged first, so a fault in any other column of a filtered row is no fault.
    bool early = false;
};

/// What is read and decoded. The batch's columns 0 … columns.size()-1 are these.
struct SourcePlan {
    std::string name;
    Schema declared;
    std::vector<SourceColumn> columns;
    std::optional<std::uint32_t>
        event_time_column;  // Into `columns`; nullopt: the record timestamp.
    Duration lateness{};
    std::optional<Duration> idle_after = std::chrono::seconds{30};  // nullopt: never
    bool skip_tombstones = false;
    bool is_answers = false;  // Of a stage behind others: rows are the answers of the one before.
};

/// A SELECT of a UNION ALL: its own source, its filter, and what its rows are made of.
struct MemberPlan {
    SourcePlan source;
    BoundPtr where;                 // Over the source's columns; null pointer: every row passes.
    std::vector<BoundPtr> columns;  // What Plan::source, then Plan::computed have, in that order.
};

struct WindowPlan {
    enum class Kind : std::uint8_t { Tumbling, Hopping, Session };
    Kind kind = Kind::Tumbling;
    Duration size{};     // Session: the gap. Calendar: at most.
    Duration advance{};  // Tumbling and session: the size.
    Duration offset{};   // Of the starts, from where they would be without.
    std::optional<CalendarGrid> calendar = {};
};

struct AggregateCall {
    const AggregateFunction* function = nullptr;
    AggregateSignature signature;
    std::vector<std::uint32_t>
        args;          // Columns of the stage's input (source columns, then computed).
    std::string text;  // `AVG(price)`, for explain.
};

/// GROUP BY with or without a window, and aggregates without GROUP BY (no keys).
/// Output columns: keys …, aggregates …, then _window_start and _window_end (TIMESTAMP) when there is a window.
struct GroupPlan {
    std::vector<std::uint32_t> keys;  // Columns of the stage's input.
    std::vector<AggregateCall> aggregates;
    std::optional<WindowPlan> window;
    bool distinct = false;  // SELECT DISTINCT: only the first row of a group is answered.
    /// Of a stage among several: by which of `keys` (numbers into it) rows meet; nullopt: by all.
    std::optional<std::vector<std::uint32_t>> route = {};
};

/// f(…) OVER (ROWS WINDOW BUFFER n ROWS PARTITION BY … ORDER BY t). Several calls over the same buffer share it.
/// Output columns: all columns of the stage's input, then one per call.
struct RowsOverPlan {
    std::vector<std::uint32_t> keys;
    std::optional<std::uint32_t> order_column;  // nullopt: arrival order.
    bool descending = false;
    std::uint32_t buffer_rows = 0;
    std::vector<AggregateCall> calls;
};

/// LIMIT n over the whole stream: the first n rows to arrive.
/// Output columns: all columns of the stage's input.
struct LimitPlan {
    std::vector<std::uint32_t> keys;  // None: all rows meet.
    std::int64_t rows = 0;
};

/// Top-N: of the answers of each window, and of each partition of them, the first n in an order. The last of several
/// stages; it keeps nothing, since all answers of a window come at once.
/// Output columns: all columns of the stage's input, then the rank, counted from 1 (BIGINT).
struct TopPlan {
    struct Order {
        std::uint32_t column = 0;
        bool descending = false;
        bool nulls_first = false;
    };
    std::vector<std::uint32_t> keys;  // Of the partitions. None: a window's answers are one.
    std::uint32_t time_column = 0;    // Answers of one window have the same event time.
    std::vector<Order> order;         // Ties go by the bytes of the group keys.
    std::int64_t rows = 0;
};

/// What a call OVER (PARTITION BY … ORDER BY the event time) is over: rows of its partition up to its own.
struct FramePlan {
    enum class Unit : std::uint8_t {
        Rows,
        Range,  // Rows of one event time are in or out together, its own as well.
    };
    Unit unit = Unit::Range;
    std::optional<std::int64_t>
        preceding;  // Rows or microseconds before it; nullopt: all there were.
    std::vector<AggregateCall> calls;
};

/// Numbers of rows in their partition, from 1.
enum class RowNumbering : std::uint8_t {
    RowNumber,  // Each row its own.
    Rank,       // The first row's of those with its event time.
    DenseRank,  // How many different event times there were.
};

/// Every row once, in order of event time, source partition and offset, when the watermark has passed it.
/// Output columns: all columns of the stage's input (filled: `kept` and the three that order rows), then one per call of
///                 each frame, then one per numbering.
struct FramesPlan {
    std::vector<std::uint32_t> keys;
    std::vector<FramePlan> frames;
    std::vector<RowNumbering> numberings;
    /// The columns that calls and outputs read, rising: what a row keeps while it waits. Not those that order rows.
    std::vector<std::uint32_t> kept;
};

using KeyedPlan = std::variant<GroupPlan, RowsOverPlan, LimitPlan, TopPlan, FramesPlan>;

enum class EmitMode : std::uint8_t { Changes, Final };

struct EmitPlan {
    EmitMode mode = EmitMode::Changes;
    std::optional<Duration> every;  // Changes: coalesce per key. Final: EARLY. Wall clock.
    Duration allowed_lateness{};    // Final: how long rows that are late still correct an answer.

    /// Whether final answers may be written more than once.
    [[nodiscard]] bool corrects() const noexcept {
        return mode == EmitMode::Final && (every || allowed_lateness > Duration::zero());
    }
};

struct OutputColumn {
    std::string name;
    BoundPtr
        expression;  // Over the keyed operator's output columns, or (stateless) source and computed columns.
};

/// What an output message's key is made of.
struct OutputKey {
    enum class Kind : std::uint8_t {
        None,
        PassThrough,  // columns[0] is the source record's key (RawKey)
        Text,         // columns[0] as text; NULL: no key
        Json,         // an object of the columns
    };
    Kind kind = Kind::None;
    std::vector<OutputColumn> columns;  // Over the same input as OutputPlan::columns.
};

struct OutputPlan {
    BoundPtr having;  // Null pointer: every row passes.
    std::vector<OutputColumn> columns;
    OutputKey key;
};

/// Stateless: no keyed operator. Keyed: rows meet by key. Global: one group for all rows.
enum class QueryClass : std::uint8_t { Stateless, Keyed, Global };
enum class Strategy : std::uint8_t { Sticky, Hash, RoundRobin, FanIn };

[[nodiscard]] std::string_view query_class_name(
    QueryClass query_class) noexcept;  // stateless, keyed, global
[[nodiscard]] std::string_view strategy_name(
    Strategy strategy) noexcept;  // sticky, hash, round_robin, fan_in

/// Invariants: (1) every column number is in range and of the type its user expects. (2) Evaluating a plan cannot fail,
///             only yield NULL or a fault. (3) Late rows exist only when there is a window, or OVER frames.
struct Plan {
    SourcePlan source;
    /// UNION ALL: what is read, each source once. `source` is then what the members have in common: nothing decodes it, its
    /// columns and `computed` are each member's `columns`, and `where` is a null pointer. Empty: `source` is read.
    std::vector<MemberPlan> members;
    BoundPtr where;  // Over the source columns; null pointer: every row passes.
    std::vector<UnnestPlan>
        unnests;  // One after the other, after WHERE; their columns are appended …
    std::vector<BoundPtr> computed;  // … and these after them; evaluated in the reading worker.
    std::optional<KeyedPlan> keyed;
    EmitPlan emit;
    /// GROUP BY without a window under EMIT CHANGES, and OVER frames: groups and partitions without rows for longer go.
    /// More than nothing.
    std::optional<Duration> ttl;
    OutputPlan output;
    /// on_error.late is apply_if_open: rows that are late by their own partition count where their window is open yet.
    bool applies_late = false;

    QueryClass query_class = QueryClass::Stateless;
    Strategy strategy = Strategy::Sticky;
    std::string strategy_reason;  // For explain: why this strategy.
    std::vector<std::string>
        merged;  // For explain: queries in FROM that have become part of this one.
    std::string query_text;

    /// Queries that gather the answers of others: a plan for each, the innermost first, whose source (but the first one's)
    /// are the output columns of the one before. All of this plan up to `keyed` is then the first one's, `emit` and
    /// `output` are the last one's. Empty: there is one stage, which is this.
    std::vector<Plan> stages = {};

    /// How many sources are read, and each of them.
    [[nodiscard]] std::size_t input_count() const noexcept {
        return members.empty() ? 1 : members.size();
    }
    [[nodiscard]] const SourcePlan& input(std::size_t number) const noexcept {
        return members.empty() ? source : members[number].source;
    }

    [[nodiscard]] const WindowPlan* window() const noexcept {
        const auto* group = keyed ? std::get_if<GroupPlan>(&*keyed) : nullptr;
        return group != nullptr && group->window ? &*group->window : nullptr;
    }
    [[nodiscard]] const FramesPlan* frames() const noexcept {
        return keyed ? std::get_if<FramesPlan>(&*keyed) : nullptr;
    }
    /// Something waits for the watermark: rows can be late, and reading ahead of it takes memory.
    [[nodiscard]] bool waits_for_watermark() const noexcept {
        return window() != nullptr || frames() != nullptr;
    }
};

}  // namespace velo::engine
