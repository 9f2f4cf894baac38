// The parsed query as plain structs: what the user wrote, before any name means anything.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/data/value.hpp"

namespace velo::engine::sql {

struct Query;

/// A name as written; quoted ones match exactly, others without regard to case.
struct Identifier {
    std::string text;
    bool quoted = false;
    Place place;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

enum class ExpressionKind {
    Literal,  // value
    Name,     // path: a, t.a, a.b.c
    Star,     // COUNT(*), SELECT *, t.* (path = {t}); `except` holds * EXCEPT (…)
    Unary,    // op, children[0]
    Binary,   // op, children[0..1]
    IsNull,   // children[0]; negated
    In,       // children[0] IN (children[1..]) or IN (subquery); negated
    Between,  // children[0] BETWEEN children[1] AND children[2]; negated
    Like,     // children[0] LIKE children[1] [ESCAPE children[2]]; negated
    Case,     // operand = has_operand ? children[0]; then pairs WHEN, THEN; then ELSE when has_else
    Cast,     // children[0] AS type; is_try = TRY_CAST
    Call,     // path.back() is the function; children are arguments; distinct, filter, over
    Interval,   // duration in `value` as an Interval
    Subscript,  // children[0] [ children[1] ]
    Field,      // children[0] . names[0], where children[0] is no name
    Array,      // ARRAY[children…]
    Map,        // MAP(k, v, …)
    Struct,     // STRUCT(name := child, …): names in `names`
    Lambda,     // names -> children[0]
    Subquery,   // (SELECT …)
};

enum class Operator {
    Or,
    And,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    IsDistinctFrom,
    IsNotDistinctFrom,
    Concat,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
    Plus,
};

/// The operator as it is written in SQL.
[[nodiscard]] std::string_view operator_text(Operator op) noexcept;

struct OrderItem {
    ExpressionPtr expression;
    bool descending = false;
    std::optional<bool> nulls_first;  // As written; NULL goes last unless NULLS FIRST.
};

struct FrameBound {
    enum class Kind { UnboundedPreceding, Preceding, CurrentRow, Following, UnboundedFollowing };
    Kind kind = Kind::CurrentRow;
    ExpressionPtr offset;  // Rows, or an interval for RANGE.
};

/// f(…) OVER ( … ): either ROWS WINDOW BUFFER n ROWS, or a standard frame.
struct Over {
    std::optional<std::int64_t> buffer_rows;
    std::vector<ExpressionPtr> partition_by;
    std::vector<OrderItem> order_by;
    enum class Unit { None, Rows, Range };
    Unit unit = Unit::None;
    std::optional<FrameBound> from, to;
    Place place;
};

/// A type as written: `DECIMAL(10,2)`, `ARRAY<STRING>`, and which it is.
struct TypeName {
    std::string text;
    Type type;
    Place place;
};

/// One node. Only the members its kind names are used; `place` covers the whole text of the node.
struct Expression {
    ExpressionKind kind;
    Place place;
    Value value;
    std::vector<Identifier> path;
    Operator op = Operator::Plus;
    std::vector<ExpressionPtr> children;
    bool negated = false;
    bool has_operand = false;
    bool has_else = false;
    bool distinct = false;
    bool is_try = false;
    TypeName type;
    ExpressionPtr filter;
    std::unique_ptr<Over> over;
    std::vector<Identifier> names;
    std::vector<Identifier> except;
    std::unique_ptr<Query> subquery;
    int height =
        1;  // Nodes on one another from here down, at most kMaxSqlDepth: walking and destroying may recurse.
};

struct SelectItem {
    ExpressionPtr expression;
    std::optional<Identifier> alias;
};

struct Source {
    Identifier name;                  // A source or a WITH name …
    std::unique_ptr<Query> subquery;  // … or a derived table.
    std::optional<Identifier> alias;
};

struct Join {
    enum class Kind { Inner, Left, Right, Full };
    Kind kind = Kind::Inner;
    Source source;
    std::optional<Duration> within;
    ExpressionPtr on;
    Place place;
};

/// UNNEST(array) [WITH ORDINALITY] [[AS] alias [(names)]] after FROM: each element is a row.
struct Unnest {
    ExpressionPtr array;
    bool left = false;  // LEFT JOIN … ON TRUE: without elements one row of NULLs.
    bool ordinality = false;
    std::optional<Identifier> alias;
    std::vector<Identifier> names;
    Place place;
};

struct Window {
    enum class Kind { Tumbling, Hopping, Session };
    Kind kind = Kind::Tumbling;
    ExpressionPtr time;      // The event time column; null pointer when left out.
    Duration size{};         // Session: the gap.
    Duration advance{};      // Tumbling: the size.
    int size_months = 0;     // Instead of a size in time: 1 MONTH, 2 YEARS.
    int advance_months = 0;  // The same of the advance.
    std::optional<Duration> offset;
    std::optional<std::string> zone;
    bool is_table =
        false;  // FROM TABLE(TUMBLE(…)): its bounds are window_start and window_end, too.
    Place place;
    Place offset_place, zone_place;
};

struct Emit {
    enum class Kind { Changes, Final };
    Kind kind = Kind::Changes;
    std::optional<Duration> every;  // CHANGES EVERY …, or FINAL EARLY EVERY …
    std::optional<Duration> allowed_lateness;
    Place place;
};

struct Select {
    bool distinct = false;
    std::vector<SelectItem> items;
    Source from;
    std::vector<Join> joins;
    std::vector<Unnest> unnests;  // In their order.
    ExpressionPtr where;
    std::vector<ExpressionPtr> group_by;
    std::optional<Window> window;
    ExpressionPtr having;
    std::vector<OrderItem> order_by;
    std::optional<std::int64_t> limit;
    std::optional<Emit> emit;
    Place place;
    Place distinct_place, order_by_place, limit_place, having_place, group_by_place;
};

/// [WITH name AS (query), …] select [UNION ALL select …]
struct Query {
    struct Named {
        Identifier name;
        std::unique_ptr<Query> query;
        bool is_statement = false;  // CREATE STREAM name AS query;
    };
    std::vector<Named> with;
    std::vector<Select> selects;  // More than one: UNION ALL.
    std::vector<Place> unions;    // The places of the UNION words.
    int height = 1;               // As Expression::height.
};

}  // namespace velo::engine::sql
