#include "engine/plan/expression_binder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/base/assert.hpp"
#include "engine/expression/fold.hpp"
#include "engine/plan/common_type.hpp"
#include "engine/plan/expression_size.hpp"

namespace velo::engine {

namespace {

using sql::ExpressionKind;
using sql::Operator;

constexpr bool is_comparison(Operator op) noexcept {
    switch (op) {
        case Operator::Equal:
        case Operator::NotEqual:
        case Operator::Less:
        case Operator::LessEqual:
        case Operator::Greater:
        case Operator::GreaterEqual:
        case Operator::IsDistinctFrom:
        case Operator::IsNotDistinctFrom:
            return true;
        default:
            return false;
    }
}

bool is_literal(const BoundPtr& value) noexcept { return value->kind == BoundKind::Literal; }

// What stands between the `op`s of a chain, from left to right.
void collect_operands(const sql::Expression& expression, Operator op,
                      std::vector<const sql::Expression*>& into) {
    if (expression.kind != ExpressionKind::Binary || expression.op != op) {
        into.push_back(&expression);
        return;
    }
    for (const sql::ExpressionPtr& child : expression.children) collect_operands(*child, op, into);
}

}  // namespace

BoundPtr ExpressionBinder::wrong(const Place& place, std::string text) {
    mistakes_.add(place, std::move(text));
    return nullptr;
}

BoundPtr ExpressionBinder::bind_condition(const Expression& expression, const Clause& clause,
                                          std::string_view user) {
    const BoundPtr bound = bind(expression, clause);
    return bound ? condition(bound, expression, user) : nullptr;
}

BoundPtr ExpressionBinder::bind(const Expression& expression, const Clause& clause) {
    switch (expression.kind) {
        case ExpressionKind::Literal:
        case ExpressionKind::Interval:
            return bound_literal(expression.value, text_.at(expression.place), expression.place);
        case ExpressionKind::Name:
            return bind_name(expression, clause);
        case ExpressionKind::Unary:
            return bind_unary(expression, clause);
        case ExpressionKind::Binary:
            return bind_binary(expression, clause);
        case ExpressionKind::IsNull: {
            std::vector<BoundPtr> args;
            if (!bind_children(expression, 0, clause, args)) return nullptr;
            return call(expression.negated ? "IS NOT NULL" : "IS NULL", std::move(args),
                        expression);
        }
        case ExpressionKind::In:
            return bind_in(expression, clause);
        case ExpressionKind::Between:
            return bind_between(expression, clause);
        case ExpressionKind::Like:
            return bind_like(expression, clause);
        case ExpressionKind::Case:
            return bind_case(expression, clause);
        case ExpressionKind::Cast:
            return bind_cast_call(expression, clause);
        case ExpressionKind::Call:
            return bind_call(expression, clause);
        case ExpressionKind::Subscript:
            return bind_subscript(expression, clause);
        case ExpressionKind::Field:
            return bind_fields(bind(*expression.children[0], clause), expression.names, expression);
        case ExpressionKind::Array:
            return bind_array(expression, clause);
        case ExpressionKind::Map:
            return bind_map(expression, clause);
        case ExpressionKind::Struct:
            return bind_struct(expression, clause);
        case ExpressionKind::Star:
        case ExpressionKind::Lambda:
        case ExpressionKind::Subquery:
            return refuse(expression);
    }
    std::unreachable();
}

BoundPtr ExpressionBinder::refuse(const Expression& expression) {
    const std::string words = text_.quoted(expression.place);
    switch (expression.kind) {
        case ExpressionKind::Star:
            return wrong(
                expression.place,
                words + " is all columns, not a value; it stands alone in SELECT or in COUNT(*)");
        case ExpressionKind::Lambda:
            return wrong(
                expression.place,
                words +
                    " is a lambda, which only TRANSFORM, FILTER and REDUCE take; write the "
                    "expression over columns");
        default:
            return wrong(expression.place,
                         "subqueries are not supported yet; let another job write the inner query "
                         "to a topic and read that");
    }
}

BoundPtr ExpressionBinder::bind_name(const Expression& expression, const Clause& clause) {
    if (const BoundPtr* parameter = find_parameter(expression.path[0]))
        return bind_fields(*parameter, std::span(expression.path).subspan(1), expression);
    std::vector<std::string_view> alias_names;
    const SelectAlias* meant = nullptr;
    for (const SelectAlias& alias : aliases_) {
        if (clause.no_aliases.empty() && alias.bound) alias_names.push_back(alias.name.text);
        if (meant == nullptr && same_name(expression.path[0], alias.name)) meant = &alias;
    }
    const auto found = scope_.find(expression.path, alias_names);
    if (!found) {
        if (meant != nullptr)
            return bind_fields(bind_alias(expression, *meant, clause),
                               std::span(expression.path).subspan(1), expression);
        return wrong(expression.place, found.error());
    }
    if (found->computed != nullptr && windowed_ && expression.path.size() == 1 &&
        (found->name == "_window_start" || found->name == "_window_end")) {
        return wrong(expression.place,
                     fmt::format("'{0}' is a column of {1} and a bound of this query's own window; "
                                 "give the inner one an alias: {0} AS inner{0}",
                                 found->name, scope_.title()));
    }
    if (found->computed != nullptr)
        return bind_fields(bind_computed(*found, expression.place),
                           std::span(expression.path).last(found->fields), expression);
    if (space_of(found->symbol) == Space::Window) {
        if (!windowed_ && scope_.relation() != nullptr && scope_.relation()->answered) {
            return wrong(expression.place,
                         fmt::format("'{0}' is no column of {1}; select it there under another "
                                     "name: {0} AS inner{0}",
                                     found->name, scope_.title()));
        }
        if (!windowed_) {
            return wrong(
                expression.place,
                fmt::format("'{}' exists only in a query with WINDOW; add WINDOW TUMBLING ({}, 1m)",
                            found->name, scope_.event_time_name()));
        }
        if (!clause.no_windows.empty())
            return wrong(expression.place,
                         text_.quoted(expression.place) + std::string(clause.no_windows));
    }
    return bind_fields(
        bound_column(found->symbol, found->type, text_.at(expression.place), expression.place),
        std::span(expression.path).last(found->fields), expression);
}

BoundPtr ExpressionBinder::bind_computed(const ScopeName& name, const Place& place) {
    const BoundPtr& value = name.computed->expression;
    if (!value) return nullptr;
    if (value->kind == BoundKind::Column)
        return bound_column(value->column, value->type, std::string(name.name), place);
    if (!charge(value, place)) return nullptr;
    if (height(*value) > kMaxAliasHeight)
        return wrong(place, fmt::format("'{}' stands for more than {} operations inside each "
                                        "other; use fewer queries inside each other",
                                        name.name, kMaxAliasHeight));
    auto here = std::make_shared<BoundExpression>(*value);
    here->place = place;
    return here;
}

BoundPtr ExpressionBinder::bind_alias(const Expression& expression, const SelectAlias& alias,
                                      const Clause& clause) {
    const std::string words = text_.quoted(expression.place);
    if (!clause.no_aliases.empty())
        return wrong(expression.place, words + std::string(clause.no_aliases));
    if (!alias.bound)
        return wrong(expression.place,
                     words + " is an alias of this or a later item; define it before it is used");
    if (!alias.expression) return nullptr;
    std::string_view refusal;
    if (reads(*alias.expression, Space::Aggregate)) refusal = clause.no_aggregates;
    if (refusal.empty() && reads(*alias.expression, Space::OverCall)) refusal = clause.no_over;
    if (refusal.empty() && reads(*alias.expression, Space::Window)) refusal = clause.no_windows;
    if (!refusal.empty()) return wrong(expression.place, words + std::string(refusal));
    if (!charge(alias.expression, expression.place)) return nullptr;
    if (height(*alias.expression) <= kMaxAliasHeight) return alias.expression;
    return wrong(
        expression.place,
        fmt::format(
            "{} stands for more than {} operations inside each other; use fewer aliases of aliases",
            words, kMaxAliasHeight));
}

BoundPtr ExpressionBinder::bind_unary(const Expression& expression, const Clause& clause) {
    VELO_ASSERT(expression.children.size() == 1, "a unary operator has one operand");
    const Expression& operand = *expression.children[0];
    if (expression.op == Operator::Not) {
        return negated_if(true, bind_condition(operand, clause, "NOT needs"), expression);
    }
    BoundPtr value = bind(operand, clause);
    if (!value || expression.op != Operator::Plus) {
        return value ? call(sql::operator_text(expression.op), {std::move(value)}, expression)
                     : nullptr;
    }
    if (value->type.is_numeric() || value->type.kind == TypeKind::Interval) return value;
    return wrong(expression.place, fmt::format("'+' takes a number, and {} is {}",
                                               text_.quoted(operand.place), value->type.text()));
}

BoundPtr ExpressionBinder::bind_binary(const Expression& expression, const Clause& clause) {
    if (expression.op == Operator::And || expression.op == Operator::Or)
        return bind_logic(expression, clause);
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args)) return nullptr;
    if (is_comparison(expression.op) && !read_times(args)) return nullptr;
    return call(sql::operator_text(expression.op), std::move(args), expression);
}

// a OR b OR c … becomes one node, so that evaluating it is one loop.
BoundPtr ExpressionBinder::bind_logic(const Expression& expression, const Clause& clause) {
    std::vector<const Expression*> operands;
    collect_operands(expression, expression.op, operands);
    const std::string user = std::string(sql::operator_text(expression.op)) + " needs";
    std::vector<BoundPtr> conditions;
    conditions.reserve(operands.size());
    for (const Expression* operand : operands)
        conditions.push_back(bind_condition(*operand, clause, user));
    if (std::ranges::find(conditions, nullptr) != conditions.end()) return nullptr;
    return make(expression.op == Operator::And ? BoundKind::And : BoundKind::Or, kBoolean,
                std::move(conditions), expression);
}

BoundPtr ExpressionBinder::bind_in(const Expression& expression, const Clause& clause) {
    if (expression.subquery || std::ranges::any_of(expression.children, [](const auto& child) {
            return child->kind == ExpressionKind::Subquery;
        })) {
        return wrong(expression.place,
                     "IN (SELECT …) is not supported yet; list the values: IN (1, 2, 3)");
    }
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args) || !read_times(args)) return nullptr;
    // A list that is not constant becomes one comparison for each of its values.
    const bool constant = std::all_of(args.begin() + 1, args.end(), is_literal);
    for (std::size_t i = 2; i < args.size() && !constant; ++i) {
        if (!charge(args[0], expression.place)) return nullptr;
    }
    return negated_if(expression.negated, call("IN", std::move(args), expression), expression);
}

BoundPtr ExpressionBinder::bind_between(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args) || !read_times(args)) return nullptr;
    if (!charge(args[0], expression.place)) return nullptr;
    const BoundPtr above = call(">=", {args[0], args[1]}, expression);
    const BoundPtr below = call("<=", {args[0], args[2]}, expression);
    if (!above || !below) return nullptr;
    return negated_if(expression.negated,
                      make(BoundKind::And, kBoolean, {above, below}, expression), expression);
}

BoundPtr ExpressionBinder::bind_like(const Expression& expression, const Clause& clause) {
    std::vector<BoundPtr> args;
    if (!bind_children(expression, 0, clause, args)) return nullptr;
    return negated_if(expression.negated, call("LIKE", std::move(args), expression), expression);
}

// CASE x WHEN a THEN … becomes CASE WHEN x = a THEN …
BoundPtr ExpressionBinder::bind_case(const Expression& expression, const Clause& clause) {
    const std::size_t first = expression.has_operand ? 1 : 0;
    const std::size_t last = expression.children.size() - (expression.has_else ? 1 : 0);
    const BoundPtr operand =
        expression.has_operand ? bind(*expression.children[0], clause) : nullptr;
    bool sound = operand || !expression.has_operand;
    std::vector<BoundPtr> conditions;
    std::vector<BoundPtr> values;
    for (std::size_t i = first; i < last; i += 2) {
        const Expression& when = *expression.children[i];
        if (!expression.has_operand) {
            conditions.push_back(bind_condition(when, clause, "WHEN needs"));
        } else if (std::vector<BoundPtr> pair{operand, bind(when, clause)};
                   pair[0] && pair[1] && read_times(pair)) {
            conditions.push_back(charge(operand, when.place) ? call("=", std::move(pair), when)
                                                             : nullptr);
        } else {
            conditions.push_back(nullptr);
        }
        values.push_back(bind(*expression.children[i + 1], clause));
        sound = sound && conditions.back() && values.back();
    }
    values.push_back(expression.has_else ? bind(*expression.children.back(), clause)
                                         : bound_literal(Value{}));
    if (!sound || !values.back() || !read_times(values) || !unify(values, "CASE gives", expression))
        return nullptr;
    std::vector<BoundPtr> children;
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        children.push_back(conditions[i]);
        children.push_back(values[i]);
    }
    children.push_back(values.back());
    const Type type = values.front()->type;
    return make(BoundKind::Case, type, std::move(children), expression);
}

BoundPtr ExpressionBinder::bind_cast_call(const Expression& expression, const Clause& clause) {
    const BoundPtr value = bind(*expression.children[0], clause);
    if (!value) return nullptr;
    const Type& type = expression.type.type;
    if (!can_cast(value->type, type)) {
        return wrong(expression.place, fmt::format("{} is {}, which cannot become {}",
                                                   text_.quoted(expression.children[0]->place),
                                                   value->type.text(), type.text()));
    }
    BoundPtr cast = bound_cast(value, type, text_.at(expression.place), expression.place);
    return expression.is_try ? make(BoundKind::Try, type, {std::move(cast)}, expression) : cast;
}

bool ExpressionBinder::bind_children(const Expression& expression, std::size_t first,
                                     const Clause& clause, std::vector<BoundPtr>& into) {
    bool sound = true;
    for (std::size_t i = first; i < expression.children.size(); ++i) {
        into.push_back(bind(*expression.children[i], clause));
        sound = sound && into.back();
    }
    return sound;
}

BoundPtr ExpressionBinder::call(std::string_view function, std::vector<BoundPtr> args,
                                const Expression& expression) {
    const ScalarFunction* found = find_scalar_function(function);
    VELO_ASSERT(found != nullptr, "every operator is a function");
    try {
        return bound_call(*found, std::move(args), expression.place, text_.at(expression.place));
    } catch (const Error& error) {
        mistakes_.add(error);
        return nullptr;
    }
}

BoundPtr ExpressionBinder::make(BoundKind kind, Type type, std::vector<BoundPtr> children,
                                const Expression& expression, std::uint32_t column) {
    auto node = std::make_shared<BoundExpression>();
    node->kind = kind;
    node->type = type;
    node->column = column;
    node->children = std::move(children);
    node->place = expression.place;
    node->text = text_.at(expression.place);
    return folded(std::move(node));
}

BoundPtr ExpressionBinder::negated_if(bool negated, BoundPtr value, const Expression& expression) {
    if (!value || !negated) return value;
    return make(BoundKind::Not, kBoolean, {std::move(value)}, expression);
}

BoundPtr ExpressionBinder::condition(const BoundPtr& value, const Expression& expression,
                                     std::string_view user) {
    if (value->type == kBoolean) return value;
    if (value->type.kind == TypeKind::Null) return bound_cast(value, kBoolean);
    return wrong(expression.place,
                 fmt::format("{} a condition, and {} is {}; compare it with a value", user,
                             text_.quoted(expression.place), value->type.text()));
}

bool ExpressionBinder::read_times(std::vector<BoundPtr>& values) {
    const auto is_time = [](const BoundPtr& value) {
        return value->type.kind == TypeKind::Timestamp || value->type.kind == TypeKind::Date ||
               value->type.kind == TypeKind::Time;
    };
    const auto time = std::ranges::find_if(values, is_time);
    if (time == values.end()) return true;
    const Type type = (*time)->type;
    bool sound = true;
    for (BoundPtr& value : values) {
        if (!is_literal(value) || value->type != kString || value->value.is_null()) continue;
        if (BoundPtr read = bound_cast(value, type); is_literal(read)) {
            value = std::move(read);
            continue;
        }
        mistakes_.add(value->place, fmt::format("{} is no {}; write '{}'",
                                                text_.quoted(value->place), type.text(),
                                                type == kDate   ? "2024-01-15"
                                                : type == kTime ? "10:00:00"
                                                                : "2024-01-15T10:00:00Z"));
        sound = false;
    }
    return sound;
}

bool ExpressionBinder::unify(std::vector<BoundPtr>& values, std::string_view what,
                             const Expression& expression) {
    Type type = kNullType;
    for (const BoundPtr& value : values) {
        const std::optional<Type> common = common_type(type, value->type);
        if (!common) {
            const Place& place = value->place.line > 0 ? value->place : expression.place;
            mistakes_.add(place, fmt::format("{} {} before and {} here; CAST one of them", what,
                                             type.text(), value->type.text()));
            return false;
        }
        type = *common;
    }
    for (BoundPtr& value : values) value = bound_cast(value, type);
    return true;
}

bool ExpressionBinder::charge(const BoundPtr& value, const Place& place) {
    copied_nodes_ += count_nodes(*value, kMaxCopiedNodes);
    if (copied_nodes_ <= kMaxCopiedNodes) return true;
    mistakes_.add(place,
                  "the query repeats its expressions too often; use fewer aliases of aliases, "
                  "BETWEENs and CASEs inside each other");
    return false;
}

}  // namespace velo::engine
