#include "engine/plan/top_binder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/common_type.hpp"
#include "engine/plan/scope.hpp"
#include "engine/plan/symbol.hpp"

namespace velo::engine {

namespace {

using sql::ExpressionKind;

// A value that has an order; null pointer: it has none, which has been reported, or it was wrong before.
BoundPtr ordered(const BoundPtr& value, const Place& place, const BindContext& context) {
    if (!value || !value->type.is_nested()) return value;
    context.mistakes.add(place, fmt::format("{} is {}, which has no order; order by a part of it",
                                            context.text.quoted(place), value->type.text()));
    return nullptr;
}

/// What a column of the answers of `inner` is over its groups; null pointer: no column.
const BoundExpression* behind(const BoundExpression& value, const AnsweredQuery& inner) {
    if (value.kind != BoundKind::Column || space_of(value.column) != Space::Source) return nullptr;
    const auto& columns = inner.query.output.columns;
    const std::size_t index = index_of(value.column);
    return index < columns.size() ? columns[index].expression.get() : nullptr;
}

bool is_symbol(const BoundExpression* value, std::uint32_t symbol) noexcept {
    return value != nullptr && value->kind == BoundKind::Column && value->column == symbol;
}

bool is_window_bound(const BoundExpression& value, const AnsweredQuery& inner) {
    const BoundExpression* const over_groups = behind(value, inner);
    return is_symbol(over_groups, symbol(Space::Window, 0)) ||
           is_symbol(over_groups, symbol(Space::Window, 1));
}

// n of `rank <= n` and the like.
std::optional<std::int64_t> bound_of(const BoundExpression& condition) {
    if (condition.kind != BoundKind::Call || condition.children.size() != 2) return std::nullopt;
    const BoundExpression* rank = condition.children[0].get();
    const BoundExpression* value = condition.children[1].get();
    std::string_view op = condition.function->name;
    if (rank->kind == BoundKind::Literal) {
        std::swap(rank, value);
        op = op == ">=" ? "<=" : op == ">" ? "<" : op == "=" ? op : "";
    }
    const bool compares = is_symbol(rank, symbol(Space::OverCall, 0)) &&
                          value->kind == BoundKind::Literal && value->type == kBigint &&
                          !value->value.is_null();
    if (!compares) return std::nullopt;
    const std::int64_t number = std::get<std::int64_t>(value->value.data);
    if ((op == "<=" || op == "=") && number >= 1) return number;
    if (op == "<" && number >= 2) return number - 1;
    return std::nullopt;
}

}  // namespace

BoundPtr order_value(const sql::Expression& expression, const std::vector<BoundPtr>& items,
                     const std::vector<SelectAlias>& aliases, const BindContext& context,
                     ExpressionBinder& expressions) {
    const bool is_number = expression.kind == ExpressionKind::Literal &&
                           expression.value.type == kBigint && !expression.value.is_null();
    if (is_number) {
        const std::int64_t number = std::get<std::int64_t>(expression.value.data);
        if (number >= 1 && number <= static_cast<std::int64_t>(items.size()))
            return ordered(items[static_cast<std::size_t>(number - 1)], expression.place, context);
        context.mistakes.add(
            expression.place,
            fmt::format("ORDER BY {} is not the number of a SELECT item; there are {}", number,
                        items.size()));
        return nullptr;
    }
    if (expression.kind == ExpressionKind::Name && expression.path.size() == 1) {
        for (const SelectAlias& alias : aliases) {
            if (same_name(expression.path[0], alias.name))
                return ordered(alias.expression, expression.place, context);
        }
    }
    return ordered(typed(expressions.bind(expression, kOrderClause)), expression.place, context);
}

std::string why_no_order(const BoundQuery& query, const std::optional<std::int64_t>& limit) {
    if (!query.grouped || !query.window)
        return "without a window there is always more to come, so nothing can be put in order; "
               "ORDER BY … LIMIT n is for groups of TUMBLING and HOPPING windows";
    if (query.window->kind == WindowPlan::Kind::Session)
        return "each session is a window of its own, so there is nothing to put in order; ORDER BY "
               "… LIMIT n is for TUMBLING and HOPPING";
    if (query.emit.mode != EmitMode::Final || query.emit.corrects())
        return "the order of a window's groups is known when it closes; write EMIT FINAL, or leave "
               "EMIT out";
    if (!limit)
        return "ORDER BY takes LIMIT n: per window, the first n groups; without LIMIT the reader "
               "of the output sorts them";
    return {};
}

BoundQuery top_query(AnsweredQuery inner, BoundTop top, Relation& answers) {
    const std::size_t shown = inner.query.output.columns.size();
    for (const BoundTop::Order& by : top.order)
        inner.query.output.columns.push_back({"", by.value});
    answers = relation_of(std::move(inner), 0);
    for (std::size_t i = 0; i < top.order.size(); ++i)
        top.order[i].value = answers.columns[shown + i].expression;
    BoundQuery query;
    for (std::size_t i = 0; i < shown; ++i)
        query.output.columns.push_back({answers.columns[i].name, answers.columns[i].expression});
    query.top = std::move(top);
    return query;
}

std::optional<BoundTop> bind_row_number(const sql::Expression& call, const AnsweredQuery& inner,
                                        const BindContext& context, ExpressionBinder& expressions) {
    const auto wrong = [&](const Place& place, std::string_view text) -> std::optional<BoundTop> {
        context.mistakes.add(place, std::string(text));
        return std::nullopt;
    };
    const sql::Over& over = *call.over;
    if (!call.children.empty() || call.distinct || call.filter)
        return wrong(call.place, "ROW_NUMBER takes nothing; write ROW_NUMBER() OVER (…)");
    if (over.unit != sql::Over::Unit::None)
        return wrong(over.place, "ROW_NUMBER goes by all rows before; leave the frame out");
    if (over.order_by.empty())
        return wrong(over.place, "ROW_NUMBER counts in an order; add ORDER BY … to its OVER");
    if (inner.query.window && inner.query.window->kind == WindowPlan::Kind::Session)
        return wrong(over.place,
                     "each session is a window of its own, so there is nothing to number; use "
                     "TUMBLING or HOPPING");
    BoundTop top;
    bool sound = true;
    bool by_window = false;
    for (const sql::ExpressionPtr& key : over.partition_by) {
        BoundPtr value = typed(expressions.bind(*key, kOverClause));
        sound = sound && value;
        if (!value) continue;
        if (is_window_bound(*value, inner)) {
            by_window = true;
        } else {
            top.keys.push_back(std::move(value));
        }
    }
    for (const sql::OrderItem& item : over.order_by) {
        const Place& place = item.expression->place;
        BoundPtr value =
            ordered(typed(expressions.bind(*item.expression, kOverClause)), place, context);
        sound = sound && value;
        top.order.push_back({std::move(value), item.descending, item.nulls_first.value_or(false)});
    }
    if (!sound) return std::nullopt;
    if (!by_window)
        return wrong(over.place,
                     "ROW_NUMBER numbers the rows of a window, so PARTITION BY has to name it: "
                     "select '_window_start' in the query in FROM and partition by that");
    return top;
}

std::optional<std::int64_t> rank_bound(const BoundPtr& condition) {
    if (!condition) return std::nullopt;
    if (condition->kind != BoundKind::And) return bound_of(*condition);
    std::optional<std::int64_t> least;
    for (const BoundPtr& part : condition->children) {
        const auto bound = rank_bound(part);
        if (bound && (!least || *bound < *least)) least = bound;
    }
    return least;
}

OutputKey key_of_group(const AnsweredQuery& inner, const std::vector<OutputColumn>& shown,
                       Mistakes& mistakes) {
    OutputKey key{OutputKey::Kind::Json, {}};
    const std::size_t keys = inner.query.keys.size();
    for (std::size_t i = 0; i <= keys; ++i) {
        const std::uint32_t of_group = i < keys ? symbol(Space::Key, i) : symbol(Space::Window, 0);
        std::string name = i < keys ? inner.key_names[i] : "window_start";
        const auto found = std::ranges::find_if(shown, [&](const OutputColumn& column) {
            return is_symbol(behind(*column.expression, inner), of_group);
        });
        if (found != shown.end()) name = found->name;
        const bool taken = std::ranges::any_of(
            key.columns, [&](const OutputColumn& other) { return other.name == name; });
        if (taken)
            mistakes.add(Place{},
                         fmt::format("two columns of the message key would be called '{0}'; select "
                                     "one with another alias: … AS {0}_2",
                                     name));
        const Type type = i < keys ? inner.query.keys[i]->type : kTimestamp;
        key.columns.push_back(
            {name, bound_column(symbol(Space::Source, inner.shown + i), type, name)});
    }
    return key;
}

}  // namespace velo::engine
