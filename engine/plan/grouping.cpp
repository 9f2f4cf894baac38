#include "engine/plan/grouping.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/plan/common_type.hpp"
#include "engine/plan/output_binder.hpp"

namespace velo::engine {

namespace {

using sql::ExpressionKind;

// The first thing in `item` that GROUP BY cannot group by, if there is one.
std::string_view refusal(const BoundExpression& item) {
    if (reads(item, Space::Aggregate)) return kGroupByClause.no_aggregates;
    if (reads(item, Space::OverCall)) return kGroupByClause.no_over;
    if (reads(item, Space::Window)) return kGroupByClause.no_windows;
    return {};
}

class GroupBy {
public:
    GroupBy(const std::vector<BoundPtr>& items, const BindContext& context,
            ExpressionBinder& expressions)
        : items_(items), context_(context), expressions_(expressions) {}

    BoundPtr bind(const sql::Expression& expression) {
        if (expression.kind == ExpressionKind::Literal && expression.value.type == kBigint &&
            !expression.value.is_null()) {
            return numbered_item(expression);
        }
        if (const SelectAlias* alias = alias_meant(expression))
            return checked(alias->expression, expression.place);
        BoundPtr key = typed(expressions_.bind(expression, kGroupByClause));
        if (!key || key->kind != BoundKind::Literal) return key;
        return wrong(
            expression.place,
            fmt::format("{} is the same for every row; group by columns, or leave GROUP BY out",
                        context_.text.quoted(expression.place)));
    }

private:
    BoundPtr numbered_item(const sql::Expression& expression) {
        const std::int64_t number = std::get<std::int64_t>(expression.value.data);
        if (number >= 1 && number <= static_cast<std::int64_t>(items_.size()))
            return checked(items_[static_cast<std::size_t>(number - 1)], expression.place);
        return wrong(expression.place,
                     fmt::format("GROUP BY {} is not the number of a SELECT item; there are {}",
                                 number, items_.size()));
    }

    const SelectAlias* alias_meant(const sql::Expression& expression) const {
        if (expression.kind != ExpressionKind::Name || expression.path.size() != 1 ||
            context_.scope.find(expression.path))
            return nullptr;
        const auto found = std::ranges::find_if(context_.aliases, [&](const SelectAlias& alias) {
            return same_name(expression.path[0], alias.name);
        });
        return found == context_.aliases.end() ? nullptr : &*found;
    }

    // A null pointer was reported where the item stands.
    BoundPtr checked(const BoundPtr& item, const Place& place) {
        if (!item) return nullptr;
        if (const std::string_view why = refusal(*item); !why.empty())
            return wrong(place, context_.text.quoted(place) + std::string(why));
        if (item->kind == BoundKind::Literal)
            return wrong(
                place,
                fmt::format("{} is the same for every row; group by columns, or leave GROUP BY out",
                            context_.text.quoted(place)));
        return item;
    }

    BoundPtr wrong(const Place& place, std::string text) {
        context_.mistakes.add(place, std::move(text));
        return nullptr;
    }

    const std::vector<BoundPtr>& items_;
    const BindContext& context_;
    ExpressionBinder& expressions_;
};

// Which bound of its window `expression` names, if it is one.
std::optional<std::size_t> window_bound(const sql::Expression& expression, const Scope& scope) {
    if (expression.kind != ExpressionKind::Name) return std::nullopt;
    const auto found = scope.find(expression.path);
    if (!found || space_of(found->symbol) != Space::Window) return std::nullopt;
    return index_of(found->symbol);
}

}  // namespace

std::optional<std::vector<GroupKey>> bind_group_by(const std::vector<sql::ExpressionPtr>& group_by,
                                                   const std::vector<BoundPtr>& items,
                                                   const sql::Window* window,
                                                   const BindContext& context,
                                                   ExpressionBinder& expressions) {
    GroupBy binder(items, context, expressions);
    std::vector<GroupKey> keys;
    bool sound = true;
    std::array<bool, 2> bounds{};
    for (const sql::ExpressionPtr& expression : group_by) {
        if (window != nullptr && window->is_table) {
            if (const auto bound = window_bound(*expression, context.scope)) {
                bounds[*bound] = true;
                continue;
            }
        }
        const BoundPtr key = binder.bind(*expression);
        sound = sound && key;
        const bool known = key && std::ranges::any_of(keys, [&](const GroupKey& other) {
                               return same_expression(*other.expression, *key);
                           });
        if (key && !known)
            keys.push_back({key, natural_name(*expression, context.scope, keys.size() + 1)});
    }
    if (window != nullptr && window->is_table && !(bounds[0] && bounds[1])) {
        context.mistakes.add(window->place,
                             "the rows of FROM TABLE(…) are grouped by their window; add "
                             "window_start and window_end to GROUP BY");
        sound = false;
    }
    if (!sound) return std::nullopt;
    return keys;
}

namespace {

// a AND b AND c is one node, so a key `a AND b` is part of it: the node with the key as one operand. A null pointer: it is not.
std::shared_ptr<BoundExpression> with_operands_as_key(const BoundExpression& node,
                                                      const BoundPtr& key, std::size_t number) {
    if ((node.kind != BoundKind::And && node.kind != BoundKind::Or) || node.kind != key->kind)
        return nullptr;
    const auto run = std::ranges::search(
        node.children, key->children,
        [](const BoundPtr& a, const BoundPtr& b) { return same_expression(*a, *b); });
    if (run.empty()) return nullptr;
    auto shorter = std::make_shared<BoundExpression>(node);
    shorter->children.assign(node.children.begin(), run.begin());
    shorter->children.push_back(
        bound_column(symbol(Space::Key, number), key->type, key->text, node.place));
    shorter->children.insert(shorter->children.end(), run.end(), node.children.end());
    return shorter;
}

}  // namespace

BoundPtr over_groups(const BoundPtr& expression, const std::vector<BoundPtr>& keys,
                     const BindContext& context) {
    bool sound = true;
    const BoundPtr lifted = rewritten(expression, [&](const BoundExpression& node) -> BoundPtr {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (same_expression(node, *keys[i]))
                return bound_column(symbol(Space::Key, i), node.type, node.text, node.place);
            if (const auto shorter = with_operands_as_key(node, keys[i], i)) {
                const BoundPtr lifted_rest = over_groups(shorter, keys, context);
                sound = sound && lifted_rest;
                return lifted_rest ? lifted_rest : shorter;
            }
        }
        const auto column = context.scope.column_of(node);
        if (!column) return nullptr;
        const std::string name(*column);
        const bool hides = std::ranges::any_of(context.aliases, [&](const SelectAlias& alias) {
            return equals_ignoring_case(alias.name.text, name);
        });
        const std::string fix =
            keys.empty()
                ? fmt::format("is not in an aggregate as the others are; add GROUP BY {}", name)
                : fmt::format("is neither in GROUP BY nor in an aggregate; add it to GROUP BY");
        context.mistakes.add(
            node.place,
            fmt::format(
                "column '{0}' {1}, or write LAST({0}){2}", name, fix,
                hides ? fmt::format(
                            " (the alias '{}' is hidden by the column: give it another name)", name)
                      : ""));
        sound = false;
        return std::make_shared<BoundExpression>(node);  // What it is made of is no news.
    });
    return sound ? lifted : nullptr;
}

}  // namespace velo::engine
