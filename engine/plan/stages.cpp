#include "engine/plan/stages.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/layout.hpp"
#include "engine/plan/scope.hpp"
#include "engine/plan/symbol.hpp"

namespace velo::engine {

namespace {

/// What the expressions of a query grow to, once those they stand for are in their place: as many as may be copied.
constexpr std::size_t kMostNodes = 65536;

std::size_t count_nodes(const BoundExpression& expression, std::size_t most) {
    std::size_t nodes = 1;
    for (const BoundPtr& child : expression.children) {
        if (nodes >= most) return most;
        nodes += count_nodes(*child, most - nodes);
    }
    return nodes;
}

/// Puts the expressions of a query that groups rows in place of its columns.
class Substitution {
public:
    Substitution(const AnsweredQuery& inner, Mistakes& mistakes)
        : inner_(inner), mistakes_(mistakes) {}

    BoundPtr operator()(const BoundPtr& expression) {
        return rewritten(expression, [this](const BoundExpression& node) -> BoundPtr {
            if (node.kind != BoundKind::Column) return nullptr;
            const auto& columns = inner_.query.output.columns;
            if (index_of(node.column) >= columns.size()) {
                mistakes_.add(node.place,
                              "'_event_time' of a group is '_window_end' less a microsecond; "
                              "select '_window_end' in the query in FROM");
                return std::make_shared<BoundExpression>(node);
            }
            const BoundPtr& value = columns[index_of(node.column)].expression;
            nodes_ += count_nodes(*value, kMostNodes);
            if (nodes_ <= kMostNodes) return value;
            mistakes_.add(node.place, fmt::format("the queries in FROM grow to more than {} "
                                                  "operations; use fewer or smaller ones",
                                                  kMostNodes));
            return std::make_shared<BoundExpression>(node);
        });
    }

private:
    const AnsweredQuery& inner_;
    Mistakes& mistakes_;
    std::size_t nodes_ = 0;
};

GroupPlan& group_in(Plan& plan) { return std::get<GroupPlan>(*plan.keyed); }

/// Which key of the stage before is column `column` of a stage's input; nothing where it is something else.
std::optional<std::uint32_t> key_before(const Plan& before, const Plan& stage,
                                        std::uint32_t column) {
    if (column >= stage.source.columns.size()) return std::nullopt;
    const SourceColumn& source = stage.source.columns[column];
    if (source.origin != ColumnOrigin::Field) return std::nullopt;
    const BoundExpression& value = *before.output.columns[source.field].expression;
    const std::size_t keys = std::get<GroupPlan>(*before.keyed).keys.size();
    if (value.kind != BoundKind::Column || value.column >= keys) return std::nullopt;
    return value.column;
}

/// Rows meet by the keys of the first stage that are keys of all others, too: so whatever becomes of a row is in the
/// pipeline that took it.
void choose_routes(std::vector<Plan>& stages) {
    // traced[i][k]: the key of stage i that holds key k of the first.
    std::vector<std::vector<std::optional<std::uint32_t>>> traced(stages.size());
    const std::size_t keys = group_in(stages.front()).keys.size();
    for (std::uint32_t k = 0; k < keys; ++k) traced[0].emplace_back(k);
    for (std::size_t i = 1; i < stages.size(); ++i) {
        traced[i].resize(keys);
        const std::vector<std::uint32_t> own =
            std::visit([](const auto& keyed) { return keyed.keys; }, *stages[i].keyed);
        for (std::uint32_t j = 0; j < own.size(); ++j) {
            const auto before = key_before(stages[i - 1], stages[i], own[j]);
            if (!before) continue;
            for (std::size_t k = 0; k < keys; ++k) {
                if (traced[i - 1][k] == before && !traced[i][k]) traced[i][k] = j;
            }
        }
    }
    for (std::size_t i = 0; i < stages.size(); ++i) {
        if (!std::holds_alternative<GroupPlan>(*stages[i].keyed)) continue;  // It has no state.
        std::vector<std::uint32_t>& route = group_in(stages[i]).route.emplace();
        for (std::size_t k = 0; k < keys; ++k) {
            const bool shared = std::ranges::all_of(
                traced, [&](const auto& of_stage) { return of_stage[k].has_value(); });
            if (shared) route.push_back(*traced[i][k]);
        }
    }
}

}  // namespace

Relation relation_of(AnsweredQuery query, std::size_t copied_nodes) {
    Relation relation;
    relation.answered = std::make_shared<AnsweredQuery>(std::move(query));
    AnsweredQuery& inner = *relation.answered;
    inner.answers.is_answers = true;
    const auto& columns = inner.query.output.columns;
    inner.shown = columns.size();
    for (std::size_t i = 0; i < inner.shown; ++i) {
        const BoundPtr& value = columns[i].expression;
        const Type type = value ? value->type : kNullType;
        Field& field = inner.answers.schema.emplace_back();
        field.name = columns[i].name;
        field.type = type;
        relation.columns.push_back(
            {columns[i].name,
             value ? bound_column(symbol(Space::Source, i), type, columns[i].name) : nullptr});
    }
    const auto hide = [&](std::uint32_t column, const Type& type) {
        inner.query.output.columns.push_back({"", bound_column(column, type)});
        Field& field = inner.answers.schema.emplace_back();
        field.type = type;
    };
    for (std::size_t i = 0; i < inner.query.keys.size(); ++i) {
        if (inner.query.keys[i]) hide(symbol(Space::Key, i), inner.query.keys[i]->type);
    }
    if (inner.query.window) hide(symbol(Space::Window, 0), kTimestamp);
    relation.source = &inner.answers;
    relation.is_query = true;
    relation.copied_nodes = copied_nodes;
    return relation;
}

std::string why_not_final(const AnsweredQuery& inner) {
    if (!inner.query.window)
        return "this query answers again whenever a group changes, so a query over it would count "
               "a group many times; give it a window, such as WINDOW TUMBLING (1m)";
    if (inner.query.emit.mode != EmitMode::Final || inner.query.emit.corrects())
        return "with this EMIT a window answers more than once, so a query over it would count it "
               "many times; leave EMIT out here";
    return {};
}

BoundPtr in_groups(const BoundPtr& value, const AnsweredQuery& inner, Mistakes& mistakes) {
    return value ? Substitution(inner, mistakes)(value) : nullptr;
}

BoundQuery merged_query(const BoundQuery& outer, const AnsweredQuery& inner, Mistakes& mistakes) {
    Substitution substitute(inner, mistakes);
    BoundQuery merged = inner.query;
    merged.output.columns.clear();
    for (const OutputColumn& column : outer.output.columns)
        merged.output.columns.push_back({column.name, substitute(column.expression)});
    if (outer.where)
        merged.output.having = both_conditions(inner.query.output.having, substitute(outer.where));
    return merged;
}

void check_last_emit(const std::optional<sql::Emit>& emit, Mistakes& mistakes) {
    if (!emit || !emit->allowed_lateness) return;
    mistakes.add(emit->place,
                 "ALLOWED LATENESS waits for late rows, and the answers of the query in FROM are "
                 "never late; give the source a longer lateness: event_time: {lateness: …}");
}

Plan with_stages(Plan last, const AnsweredQuery* inner, const Place& place, Mistakes& mistakes) {
    if (inner == nullptr) return last;
    std::vector<Plan> stages;
    stages.push_back(std::move(last));
    for (; inner != nullptr; inner = inner->from.answered.get()) {
        stages.push_back(lay_out(inner->query, Scope(inner->from, std::nullopt)));
        stages.back().merged = inner->from.merged;
    }
    if (stages.size() > kMostStages) {
        mistakes.add(place,
                     fmt::format("{} queries gather the answers of each other, more than {}; "
                                 "use several jobs",
                                 stages.size(), kMostStages));
        return {};
    }
    std::ranges::reverse(stages);
    choose_routes(stages);
    Plan plan = stages.front();
    plan.emit = stages.back().emit;
    plan.output = stages.back().output;
    plan.merged.clear();
    plan.stages = std::move(stages);
    return plan;
}

}  // namespace velo::engine
