// Expressions as written to bound expressions over symbols: names, operators, types, functions, aggregates.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/bound_query.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/query_text.hpp"
#include "engine/plan/scope.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

struct WindowFunction;

/// Where an expression stands and what it may hold there. A text that is not empty refuses: it follows `'the user's
/// words'` in the message.
struct Clause {
    std::string_view no_aggregates;
    std::string_view no_over;
    std::string_view no_windows;  // _window_start, _window_end
    std::string_view no_aliases;
    std::string_view no_explode =
        " makes rows, which only a SELECT item may; write FROM … CROSS JOIN UNNEST(array) AS name";
};

inline constexpr std::string_view kOnlySelectHasOver =
    " uses OVER, which only SELECT items may; let a second job filter its output";

inline constexpr Clause kWhereClause{
    .no_aggregates = " is an aggregate, and WHERE looks at one row at a time; use HAVING",
    .no_over = kOnlySelectHasOver,
    .no_windows = " is not known yet where WHERE runs; use HAVING",
    .no_aliases = " is an alias, which WHERE cannot use; repeat its expression",
};
inline constexpr Clause kSelectClause{
    .no_aggregates = {}, .no_over = {}, .no_windows = {}, .no_aliases = {}, .no_explode = {}};
inline constexpr Clause kUnnestClause{
    .no_aggregates = " is an aggregate, and UNNEST looks at one row at a time; unnest a column",
    .no_over = kOnlySelectHasOver,
    .no_windows = " is not known yet where UNNEST makes rows; leave it out",
    .no_aliases = " is an alias, which UNNEST cannot use; repeat its expression",
    .no_explode =
        " makes rows where one array is wanted; write FROM … CROSS JOIN UNNEST(array) "
        "AS name, and another UNNEST for name's array",
};
inline constexpr Clause kHavingClause{
    .no_aggregates = {}, .no_over = kOnlySelectHasOver, .no_windows = {}, .no_aliases = {}};
inline constexpr Clause kOrderClause{
    .no_aggregates = {}, .no_over = kOnlySelectHasOver, .no_windows = {}, .no_aliases = {}};
inline constexpr Clause kGroupByClause{
    .no_aggregates =
        " is an aggregate, and GROUP BY makes the groups that aggregates are over; group by "
        "columns",
    .no_over = kOnlySelectHasOver,
    .no_windows = " is part of every group of a windowed query; leave it out of GROUP BY",
    .no_aliases = " is an alias, which GROUP BY takes only on its own; repeat its expression",
};
inline constexpr Clause kArgumentClause{
    .no_aggregates =
        " is an aggregate inside an aggregate; let a second job aggregate the output of the first",
    .no_over = kOnlySelectHasOver,
    .no_windows = " is the same for all rows of a group; use it outside the aggregate",
    .no_aliases = {},
};
inline constexpr Clause kOverClause{
    .no_aggregates = " is an aggregate, which OVER cannot use; use columns",
    .no_over = " is an OVER inside an OVER; let a second job do the outer one",
    .no_windows = " does not exist in a query with OVER; leave it out",
    .no_aliases = {},
};

/// The alias of a SELECT item; later items may use it.
struct SelectAlias {
    sql::Identifier name;
    bool bound = false;   // The item has been bound …
    BoundPtr expression;  // … to this; null pointer when it is wrong.
};

/// What the parts of one SELECT are bound with. Borrows everything.
struct BindContext {
    const Scope& scope;
    const QueryText& text;
    const std::vector<SelectAlias>& aliases;
    Mistakes& mistakes;
    bool windowed = false;  // The SELECT has a WINDOW clause.
};

/// Binds the expressions of one SELECT.
/// Errors: every mistake goes to the Mistakes; the expression around it is then a null pointer and says nothing more.
class ExpressionBinder {
public:
    explicit ExpressionBinder(const BindContext& context)
        : scope_(context.scope),
          text_(context.text),
          aliases_(context.aliases),
          mistakes_(context.mistakes),
          windowed_(context.windowed) {
        if (scope_.relation() == nullptr) return;
        copied_nodes_ = scope_.relation()->copied_nodes;
        unnests_ = scope_.relation()->unnests;
    }

    [[nodiscard]] BoundPtr bind(const sql::Expression& expression, const Clause& clause);

    /// As bind, for what must be true or false; `user` names who wants it: `WHERE needs`.
    [[nodiscard]] BoundPtr bind_condition(const sql::Expression& expression, const Clause& clause,
                                          std::string_view user);

    /// What a query in FROM computes as `name`, for a use at `place`; null pointer when it is wrong.
    [[nodiscard]] BoundPtr bind_computed(const ScopeName& name, const Place& place);

    /// UNNEST after FROM: the columns it makes; nullopt when it is wrong.
    [[nodiscard]] std::optional<ElementColumns> bind_unnest(const sql::Unnest& unnest);
    /// The arrays whose elements become rows, those of a query in FROM first.
    [[nodiscard]] const std::vector<BoundUnnest>& unnests() const noexcept { return unnests_; }
    /// Where a SELECT item makes rows, if one does.
    [[nodiscard]] const std::optional<Place>& exploded() const noexcept { return exploded_; }

    /// The calls found so far.
    [[nodiscard]] BoundCalls& calls() noexcept { return calls_; }
    /// How many nodes of expressions stand in the plan more than once.
    [[nodiscard]] std::size_t copied_nodes() const noexcept { return copied_nodes_; }

private:
    using Expression = sql::Expression;

    BoundPtr bind_name(const Expression& expression, const Clause& clause);
    BoundPtr bind_alias(const Expression& expression, const SelectAlias& alias,
                        const Clause& clause);
    BoundPtr bind_unary(const Expression& expression, const Clause& clause);
    BoundPtr bind_binary(const Expression& expression, const Clause& clause);
    BoundPtr bind_logic(const Expression& expression, const Clause& clause);
    BoundPtr bind_in(const Expression& expression, const Clause& clause);
    BoundPtr bind_between(const Expression& expression, const Clause& clause);
    BoundPtr bind_like(const Expression& expression, const Clause& clause);
    BoundPtr bind_case(const Expression& expression, const Clause& clause);
    BoundPtr bind_cast_call(const Expression& expression, const Clause& clause);
    BoundPtr refuse(const Expression& expression);

    // Arrays, maps and structs (nested_binder.cpp).
    BoundPtr bind_array(const Expression& expression, const Clause& clause);
    BoundPtr bind_map(const Expression& expression, const Clause& clause);
    BoundPtr bind_struct(const Expression& expression, const Clause& clause);
    BoundPtr bind_subscript(const Expression& expression, const Clause& clause);
    /// TRANSFORM(array, x -> e), FILTER(array, x -> e), REDUCE(array, start, (sum, x) -> e).
    BoundPtr bind_lambda_call(const Expression& expression, const Clause& clause);
    BoundPtr bind_elements(BoundKind kind, const Expression& expression, const Clause& clause);
    BoundPtr bind_reduce(const Expression& expression, const Clause& clause);
    /// The lambda's expression over parameters of these types; null pointer with a mistake when it is none.
    BoundPtr bind_lambda(const Expression& lambda, std::span<const Type> types, std::size_t least,
                         const Clause& clause);
    [[nodiscard]] const BoundPtr* find_parameter(const sql::Identifier& name) const noexcept;
    /// `value.a.b`
    BoundPtr bind_fields(BoundPtr value, std::span<const sql::Identifier> names,
                         const Expression& expression);

    // Arrays that become rows (unnest_binder.cpp).
    BoundPtr bind_explode(const Expression& expression, const Clause& clause);
    /// The symbol of the elements of `array`; null pointer when there are none to be had.
    BoundPtr rows_of(BoundPtr array, const Expression& written, bool left);
    void name_elements(const sql::Unnest& unnest, ElementColumns& columns);

    // Calls (call_binder.cpp).
    BoundPtr bind_call(const Expression& expression, const Clause& clause);
    BoundPtr bind_scalar(const ScalarFunction& function, const Expression& expression,
                         const Clause& clause);
    BoundPtr bind_coalesce(const Expression& expression, const Clause& clause);
    BoundPtr bind_if(const Expression& expression, const Clause& clause);
    BoundPtr bind_nullif(const Expression& expression, const Clause& clause);
    BoundPtr bind_nvl2(const Expression& expression, const Clause& clause);
    BoundPtr bind_try(const Expression& expression, const Clause& clause);
    BoundPtr bind_from_json(const Expression& expression, const Clause& clause);
    BoundPtr bind_aggregate(const AggregateFunction& function, const Expression& expression,
                            const Clause& clause);
    BoundPtr bind_over(const Expression& expression, const Clause& clause);
    bool bind_aggregate_call(const AggregateFunction& function, const Expression& expression,
                             BoundAggregate& call);
    [[nodiscard]] std::string call_text(const Expression& expression) const;
    /// The column of a call's result in `calls`, which are numbered in `space`.
    BoundPtr result_of(std::vector<BoundAggregate>& calls, Space space, BoundAggregate call,
                       const Expression& expression);
    /// What is no aggregate, with OVER.
    BoundPtr not_over(const Expression& expression);
    bool bind_buffer(const sql::Over& over, std::int64_t rows);
    BoundPtr bind_partition_key(const Expression& key);
    bool bind_buffer_order(const std::vector<sql::OrderItem>& order_by, BoundBuffer& buffer);

    // OVER (PARTITION BY … ORDER BY the event time …) (over_binder.cpp).
    BoundPtr bind_framed(const Expression& expression);
    bool bind_partition(const sql::Over& over);
    bool is_time_order(const sql::Over& over);
    std::optional<FramePlan> bind_frame(const sql::Over& over);
    std::uint32_t frame_number(const FramePlan& frame);
    BoundPtr bind_window_function(const WindowFunction& function, const Expression& expression,
                                  const FramePlan& frame);
    bool has_no_frame(const WindowFunction& function, const Expression& expression, bool has_frame);
    BoundPtr bind_numbering(RowNumbering numbering, const WindowFunction& function,
                            const Expression& expression, bool has_frame);
    BoundPtr bind_lag(const WindowFunction& function, const Expression& expression, bool has_frame);
    BoundPtr bind_value(const WindowFunction& function, const Expression& expression,
                        const FramePlan& frame);
    /// The first of `args` in the row of a frame that `aggregate` picks; NULLs are values.
    BoundPtr row_of_frame(const AggregateFunction& aggregate, std::vector<BoundPtr> args,
                          const FramePlan& frame, const Expression& expression);
    BoundPtr call_over(const AggregateFunction& aggregate, std::vector<BoundPtr> args,
                       const FramePlan& frame, const Expression& expression);

    bool is_arity(const Expression& expression, std::size_t least, std::size_t most,
                  std::string_view usage);
    bool is_plain_call(const Expression& expression);
    void unknown_function(const Expression& expression);

    /// All children from `first` on; false when one of them is wrong.
    bool bind_children(const Expression& expression, std::size_t first, const Clause& clause,
                       std::vector<BoundPtr>& into);
    BoundPtr call(std::string_view function, std::vector<BoundPtr> args,
                  const Expression& expression);
    /// `column`: lambdas only.
    BoundPtr make(BoundKind kind, Type type, std::vector<BoundPtr> children,
                  const Expression& expression, std::uint32_t column = 0);
    /// The number of the first parameter of a lambda that is bound here.
    [[nodiscard]] std::uint32_t next_parameter() const noexcept;
    BoundPtr negated_if(bool negated, BoundPtr condition, const Expression& expression);
    /// `value` as a condition; `user` as in bind_condition.
    BoundPtr condition(const BoundPtr& value, const Expression& expression, std::string_view user);
    /// String literals beside a TIMESTAMP or DATE become one; false when one of them is no such time.
    bool read_times(std::vector<BoundPtr>& values);
    /// Casts `values` to the type they have in common; `what` names them: `CASE gives`.
    bool unify(std::vector<BoundPtr>& values, std::string_view what, const Expression& expression);
    /// Counts what a second use of `value` adds to the plan; false when plans are not to become that large.
    bool charge(const BoundPtr& value, const Place& place);
    BoundPtr wrong(const Place& place, std::string text);

    const Scope& scope_;
    const QueryText& text_;
    const std::vector<SelectAlias>& aliases_;
    Mistakes& mistakes_;
    bool windowed_;
    BoundCalls calls_;
    std::vector<BoundUnnest> unnests_;
    std::optional<Place> exploded_;
    std::size_t copied_nodes_ = 0;
    struct Parameter {
        sql::Identifier name;
        BoundPtr value;
    };
    std::vector<Parameter>
        parameters_;             // Of the lambdas around what is being bound, the innermost last.
    std::uint32_t lambdas_ = 0;  // How many those are.
};

}  // namespace velo::engine
