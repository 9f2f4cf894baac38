// Calls: scalar functions, the forms that evaluate only what they need, aggregates, and aggregates OVER rows.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/common_type.hpp"
#include "engine/plan/expression_binder.hpp"
#include "engine/plan/special_forms.hpp"
#include "engine/plan/unsupported.hpp"
#include "engine/plan/window_functions.hpp"
#include "engine/sql/parser.hpp"

namespace velo::engine {

namespace {

using sql::ExpressionKind;

constexpr std::int64_t kMaxBufferRows = 1'000'000;
constexpr std::size_t kNoLimit = SIZE_MAX;

bool is(const sql::Identifier& name, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return equals_ignoring_case(name.text, word); });
}

bool is_star(const sql::Expression& expression) noexcept {
    return expression.kind == ExpressionKind::Star;
}

bool same(const BoundPtr& a, const BoundPtr& b) {
    return a && b ? same_expression(*a, *b) : a == b;
}

bool same_all(const std::vector<BoundPtr>& a, const std::vector<BoundPtr>& b) {
    return std::ranges::equal(a, b, same);
}

// The number of `call` in `calls`, where the same call is kept once.
std::size_t intern(std::vector<BoundAggregate>& calls, BoundAggregate call) {
    const auto found = std::ranges::find_if(calls, [&](const BoundAggregate& other) {
        return other.function == call.function && other.frame == call.frame &&
               other.numbering == call.numbering &&
               other.signature.kernels == call.signature.kernels && same_all(other.args, call.args);
    });
    if (found != calls.end()) return static_cast<std::size_t>(found - calls.begin());
    calls.push_back(std::move(call));
    return calls.size() - 1;
}

std::vector<Type> types_of(const std::vector<BoundPtr>& args) {
    std::vector<Type> types;
    types.reserve(args.size());
    for (const BoundPtr& arg : args) types.push_back(arg->type);
    return types;
}

std::vector<const Value*> literals_of(const std::vector<BoundPtr>& args) {
    std::vector<const Value*> literals;
    literals.reserve(args.size());
    for (const BoundPtr& arg : args)
        literals.push_back(arg->kind == BoundKind::Literal ? &arg->value : nullptr);
    return literals;
}

bool never_null(const std::vector<BoundPtr>& args) {
    return std::ranges::all_of(args, [](const BoundPtr& arg) {
        return arg->kind == BoundKind::Literal && !arg->value.is_null();
    });
}

bool may_order(Type type) noexcept {
    return type.kind == TypeKind::Timestamp || type.kind == TypeKind::Date ||
           type.kind == TypeKind::Bigint;
}

}  // namespace

bool same_buffer(const BoundBuffer& a, const BoundBuffer& b) {
    return a.rows == b.rows && same_all(a.keys, b.keys) && same(a.order, b.order) &&
           a.descending == b.descending;
}

BoundPtr ExpressionBinder::bind_call(const Expression& expression, const Clause& clause) {
    const sql::Identifier& name = expression.path.back();
    if (expression.over) return bind_over(expression, clause);
    if (is(name, {"COALESCE", "IFNULL", "NVL"})) return bind_coalesce(expression, clause);
    if (is(name, {"IF", "IIF"})) return bind_if(expression, clause);
    if (is(name, {"NVL2"})) return bind_nvl2(expression, clause);
    if (is(name, {"NULLIF"})) return bind_nullif(expression, clause);
    if (is(name, {"TRY"})) return bind_try(expression, clause);
    if (is(name, {"FROM_JSON"})) return bind_from_json(expression, clause);
    if (is(name, {"EXPLODE", "UNNEST"})) return bind_explode(expression, clause);
    if (is(name, {"TRANSFORM", "FILTER", "REDUCE", "ARRAY_FILTER", "ARRAY_TRANSFORM", "AGGREGATE"}))
        return bind_lambda_call(expression, clause);
    if (const AggregateFunction* aggregate = find_aggregate_function(name.text))
        return bind_aggregate(*aggregate, expression, clause);
    if (const ScalarFunction* scalar = find_scalar_function(name.text))
        return bind_scalar(*scalar, expression, clause);
    unknown_function(expression);
    return nullptr;
}

void ExpressionBinder::unknown_function(const Expression& expression) {
    const sql::Identifier& name = expression.path.back();
    if (const WindowFunction* const function = find_window_function(name.text)) {
        mistakes_.add(name.place,
                      fmt::format("{} goes OVER (PARTITION BY … ORDER BY the event time), without "
                                  "ROWS WINDOW BUFFER",
                                  function->name));
        return;
    }
    if (std::string instead = instead_of_function(name.text); !instead.empty()) {
        mistakes_.add(name.place, fmt::format("there is no function '{}'; {}", name.text, instead));
        return;
    }
    std::vector<std::string_view> known;
    const auto learn = [&](const auto& functions) {
        for (const auto& function : functions) {
            known.push_back(function.name);
            known.insert(known.end(), function.synonyms.begin(), function.synonyms.end());
        }
    };
    learn(special_forms());
    learn(scalar_functions());
    learn(aggregate_functions());
    learn(window_functions());
    const std::string hint = did_you_mean(name.text, known);
    mistakes_.add(name.place,
                  fmt::format("unknown function '{}'{}", name.text,
                              hint.empty() ? "; the page on SQL lists all functions" : hint));
}

bool ExpressionBinder::is_arity(const Expression& expression, std::size_t least, std::size_t most,
                                std::string_view usage) {
    const std::size_t count = expression.children.size();
    if (count >= least && count <= most) return true;
    mistakes_.add(expression.place,
                  fmt::format("'{}' does not take {} argument{}; write {}",
                              expression.path.back().text, count, count == 1 ? "" : "s", usage));
    return false;
}

// DISTINCT and FILTER are for aggregates.
bool ExpressionBinder::is_plain_call(const Expression& expression) {
    if (!expression.distinct && !expression.filter) return true;
    mistakes_.add(
        expression.place,
        fmt::format("{} belongs to aggregates, and '{}' is none; leave it out",
                    expression.distinct ? "DISTINCT" : "FILTER", expression.path.back().text));
    return false;
}

BoundPtr ExpressionBinder::bind_scalar(const ScalarFunction& function, const Expression& expression,
                                       const Clause& clause) {
    std::vector<BoundPtr> args;
    const bool plain = is_plain_call(expression);
    if (!bind_children(expression, 0, clause, args) || !plain) return nullptr;
    return call(function.name, std::move(args), expression);
}

BoundPtr ExpressionBinder::bind_coalesce(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    const bool plain =
        is_plain_call(expression) && is_arity(expression, 1, kNoLimit, "COALESCE(x, y, …)");
    if (!bind_children(expression, 0, clause, args) || !plain) return nullptr;
    if (!read_times(args) || !unify(args, "COALESCE gets", expression)) return nullptr;
    const Type type = args.front()->type;
    return make(BoundKind::Coalesce, type, std::move(args), expression);
}

BoundPtr ExpressionBinder::bind_if(const Expression& expression, const Clause& clause) {
    if (!is_plain_call(expression) || !is_arity(expression, 2, 3, "IF(condition, x, y)"))
        return nullptr;
    const BoundPtr when = bind_condition(*expression.children[0], clause, "IF needs");
    std::vector<BoundPtr> values;
    if (!bind_children(expression, 1, clause, values) || !when) return nullptr;
    if (values.size() == 1) values.push_back(bound_literal(Value{}));
    if (!read_times(values) || !unify(values, "IF gives", expression)) return nullptr;
    const Type type = values[0]->type;
    return make(BoundKind::Case, type, {when, values[0], values[1]}, expression);
}

BoundPtr ExpressionBinder::bind_nullif(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    const bool plain = is_plain_call(expression) && is_arity(expression, 2, 2, "NULLIF(x, y)");
    if (!bind_children(expression, 0, clause, args) || !plain || !read_times(args)) return nullptr;
    const BoundPtr value = args[0];
    if (!charge(value, expression.place)) return nullptr;
    const BoundPtr equal = call("=", std::move(args), expression);
    if (!equal) return nullptr;
    return make(BoundKind::Case, value->type,
                {equal, bound_cast(bound_literal(Value{}), value->type), value}, expression);
}

// CASE WHEN x IS NOT NULL THEN a ELSE b END
BoundPtr ExpressionBinder::bind_nvl2(const Expression& expression, const Clause& clause) {
    if (!is_plain_call(expression) || !is_arity(expression, 3, 3, "NVL2(x, a, b)")) return nullptr;
    BoundPtr tested = bind(*expression.children[0], clause);
    std::vector<BoundPtr> values;
    if (!bind_children(expression, 1, clause, values) || !tested) return nullptr;
    const BoundPtr when = call("IS NOT NULL", {std::move(tested)}, expression);
    if (!when || !read_times(values) || !unify(values, "NVL2 gives", expression)) return nullptr;
    const Type type = values[0]->type;
    return make(BoundKind::Case, type, {when, values[0], values[1]}, expression);
}

BoundPtr ExpressionBinder::bind_try(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    const bool plain = is_plain_call(expression) && is_arity(expression, 1, 1, "TRY(x)");
    if (!bind_children(expression, 0, clause, args) || !plain) return nullptr;
    const Type type = args.front()->type;
    return make(BoundKind::Try, type, std::move(args), expression);
}

// FROM_JSON(text, 'ARRAY<BIGINT>') is CAST(text AS ARRAY<BIGINT>).
BoundPtr ExpressionBinder::bind_from_json(const Expression& expression, const Clause& clause) {
    if (!is_plain_call(expression) ||
        !is_arity(expression, 2, 2, "FROM_JSON(text, 'STRUCT<name STRING>')"))
        return nullptr;
    const BoundPtr text = bind(*expression.children[0], clause);
    const Expression& name = *expression.children[1];
    if (name.kind != ExpressionKind::Literal || name.value.type != kString ||
        name.value.is_null()) {
        return wrong(name.place, "the type of FROM_JSON is a literal, as in 'ARRAY<BIGINT>'");
    }
    Type type;
    try {
        type = sql::parse_type(std::get<std::string>(name.value.data));
    } catch (const Error& error) {
        return wrong(name.place, fmt::format("{} is no type: {}", text_.quoted(name.place),
                                             error.mistakes().front().text));
    }
    if (!type.is_nested()) {
        return wrong(name.place, fmt::format("FROM_JSON reads ARRAY, MAP and STRUCT, not {}; use "
                                             "CAST(JSON_VALUE(text, '$') AS {})",
                                             type.text(), type.text()));
    }
    if (!text) return nullptr;
    if (text->type != kString && text->type.kind != TypeKind::Null) {
        return wrong(expression.place,
                     fmt::format("FROM_JSON takes a STRING, and {} is {}",
                                 text_.quoted(expression.children[0]->place), text->type.text()));
    }
    return bound_cast(text, type, text_.at(expression.place), expression.place);
}

BoundPtr ExpressionBinder::result_of(std::vector<BoundAggregate>& calls, Space space,
                                     BoundAggregate call, const Expression& expression) {
    if (calls.size() >= kMostColumns) {
        return wrong(
            expression.place,
            fmt::format("a query has at most {} different aggregates; use two jobs", kMostColumns));
    }
    const Type type = call.signature.result;
    const std::size_t number = intern(calls, std::move(call));
    return bound_column(symbol(space, number), type, text_.at(expression.place), expression.place);
}

BoundPtr ExpressionBinder::bind_aggregate(const AggregateFunction& function,
                                          const Expression& expression, const Clause& clause) {
    if (!clause.no_aggregates.empty())
        return wrong(expression.place,
                     text_.quoted(expression.place) + std::string(clause.no_aggregates));
    BoundAggregate call;
    if (!bind_aggregate_call(function, expression, call)) return nullptr;
    return result_of(calls_.aggregates, Space::Aggregate, std::move(call), expression);
}

bool ExpressionBinder::bind_aggregate_call(const AggregateFunction& function,
                                           const Expression& expression, BoundAggregate& call) {
    if (expression.distinct && function.resolve_distinct == nullptr) {
        mistakes_.add(expression.place,
                      fmt::format("{} takes every row; leave DISTINCT out", function.name));
        return false;
    }
    if (!is_arity(expression, 1, kNoLimit, function.usage)) return false;
    const bool star = expression.children.size() == 1 && is_star(*expression.children[0]);
    const BoundPtr filter =
        expression.filter ? bind_condition(*expression.filter, kArgumentClause, "FILTER needs")
                          : nullptr;
    if (!star && !bind_children(expression, 0, kArgumentClause, call.args)) return false;
    if (expression.filter && !filter) return false;
    const auto resolve = expression.distinct ? function.resolve_distinct : function.resolve;
    // COUNT(1) is COUNT(*): what resolves without an argument does not look at one that is never NULL.
    const bool counts_rows =
        !expression.distinct && function.resolve({}, {}) && (star || never_null(call.args));
    if (counts_rows) call.args.clear();
    if (filter && counts_rows) call.args.push_back(bound_literal(Value{kBoolean, true}));
    if (function.keeps_nulls && !call.args.empty()) {
        call.args[0] = this->call("ARRAY", {call.args[0]}, expression);
        if (!call.args[0]) return false;
    }
    // f(x) FILTER (WHERE c) is f(CASE WHEN c THEN x END): no aggregate takes a row whose first argument is NULL.
    if (filter && !call.args.empty()) {
        const Type type = call.args[0]->type;
        call.args[0] = make(BoundKind::Case, type,
                            {filter, call.args[0], bound_cast(bound_literal(Value{}), type)},
                            *expression.filter);
    }
    const auto signature = resolve(types_of(call.args), literals_of(call.args));
    if (!signature || (star && !counts_rows)) {
        mistakes_.add(expression.place,
                      star ? fmt::format("only COUNT takes '*'; write {}", function.usage)
                           : signature.error());
        return false;
    }
    call.function = &function;
    call.signature = *signature;
    call.text = call_text(expression);
    call.place = expression.place;
    for (std::size_t i = 0; i < call.args.size(); ++i)
        call.args[i] = bound_cast(call.args[i], call.signature.args[i]);
    return true;
}

// Without OVER, which says how it is computed and not what.
std::string ExpressionBinder::call_text(const Expression& expression) const {
    std::string text = expression.path.back().text + (expression.distinct ? "(DISTINCT " : "(");
    for (const sql::ExpressionPtr& child : expression.children) {
        if (child != expression.children.front()) text += ", ";
        text += text_.at(child->place);
    }
    text += ")";
    if (expression.filter) text += " FILTER (WHERE " + text_.at(expression.filter->place) + ")";
    return text;
}

BoundPtr ExpressionBinder::bind_over(const Expression& expression, const Clause& clause) {
    const sql::Identifier& name = expression.path.back();
    if (!clause.no_over.empty())
        return wrong(expression.place,
                     text_.quoted(expression.place) + std::string(clause.no_over));
    const std::optional<std::int64_t> buffer_rows = expression.over->buffer_rows;
    if (!buffer_rows) return bind_framed(expression);
    const AggregateFunction* function = find_aggregate_function(name.text);
    if (function == nullptr) return not_over(expression);
    const bool buffered = bind_buffer(*expression.over, *buffer_rows);
    BoundAggregate call;
    if (!bind_aggregate_call(*function, expression, call) || !buffered) return nullptr;
    return result_of(calls_.over, Space::OverCall, std::move(call), expression);
}

BoundPtr ExpressionBinder::not_over(const Expression& expression) {
    const sql::Identifier& name = expression.path.back();
    if (find_scalar_function(name.text) == nullptr) {
        unknown_function(expression);
        return nullptr;
    }
    return wrong(
        expression.place,
        fmt::format("OVER needs an aggregate, and '{}' is none; leave OVER out", name.text));
}

BoundPtr ExpressionBinder::bind_partition_key(const Expression& key) {
    return typed(bind(key, kOverClause));
}

bool ExpressionBinder::bind_buffer(const sql::Over& over, std::int64_t rows) {
    const auto wrong_here = [&](std::string text) {
        mistakes_.add(over.place, std::move(text));
        return false;
    };
    if (rows < 1 || rows > kMaxBufferRows) {
        return wrong_here(fmt::format("a buffer holds 1 to {} rows, not {}", kMaxBufferRows, rows));
    }
    if (over.unit != sql::Over::Unit::None) {
        return wrong_here(
            "a frame inside ROWS WINDOW is not supported yet; make the buffer as long as the frame "
            "and leave the frame out");
    }
    BoundBuffer buffer;
    buffer.rows = static_cast<std::uint32_t>(rows);
    bool sound = true;
    for (const sql::ExpressionPtr& key : over.partition_by) {
        buffer.keys.push_back(bind_partition_key(*key));
        sound = sound && buffer.keys.back();
    }
    if (!bind_buffer_order(over.order_by, buffer) || !sound) return false;
    if (!calls_.buffer) calls_.buffer = buffer;
    if (same_buffer(*calls_.buffer, buffer)) return true;
    return wrong_here(
        "a second, different OVER in one query is not supported yet; write the same one "
        "everywhere, or use two jobs");
}

bool ExpressionBinder::bind_buffer_order(const std::vector<sql::OrderItem>& order_by,
                                         BoundBuffer& buffer) {
    if (order_by.empty()) return true;
    const sql::OrderItem& item = order_by.front();
    const Place& place = item.expression->place;
    buffer.order = bind(*item.expression, kOverClause);
    buffer.descending = item.descending;
    const bool ordered = buffer.order && may_order(buffer.order->type);
    if (buffer.order && !ordered) {
        mistakes_.add(place, fmt::format("a rows window is ordered by a TIMESTAMP, DATE or BIGINT, "
                                         "and {} is {}",
                                         text_.quoted(place), buffer.order->type.text()));
    }
    if (item.nulls_first) {
        mistakes_.add(place,
                      "NULLS FIRST and NULLS LAST do not belong in a rows window; leave them out");
    }
    if (order_by.size() > 1) {
        mistakes_.add(order_by[1].expression->place,
                      "a rows window is ordered by one time; leave the other expressions out");
    }
    return ordered && !item.nulls_first && order_by.size() == 1;
}

}  // namespace velo::engine
