#include "engine/plan/routing.hpp"

#include <utility>

#include <fmt/format.h>

#include "engine/base/error.hpp"

namespace velo::engine {

namespace {

Strategy best_for(QueryClass query_class) noexcept {
    switch (query_class) {
        case QueryClass::Stateless:
            return Strategy::Sticky;
        case QueryClass::Keyed:
            return Strategy::Hash;
        case QueryClass::Global:
            return Strategy::FanIn;
    }
    std::unreachable();
}

std::string_view reason_for(const Plan& plan, Strategy strategy) noexcept {
    const QueryClass query_class = plan.query_class;
    const bool over = plan.keyed && std::holds_alternative<RowsOverPlan>(*plan.keyed);
    if (plan.keyed && std::holds_alternative<LimitPlan>(*plan.keyed))
        return "LIMIT counts over the whole stream, which one worker does";
    if (!plan.stages.empty())
        return query_class == QueryClass::Keyed
                   ? "rows meet by the group keys that all queries share, by their hash"
               : std::holds_alternative<TopPlan>(*plan.stages.back().keyed)
                   ? "all groups of a window are put in one order, which one worker does"
                   : "the queries share no group key, so all rows meet on one worker";
    switch (query_class) {
        case QueryClass::Stateless:
            return strategy == Strategy::Sticky
                       ? "each row is answered on its own, so it stays with the worker that read it"
                       : "each row is answered on its own, so rows are dealt to all workers in "
                         "turn; rows of one "
                         "partition may be written in another order";
        case QueryClass::Keyed:
            return "rows with equal keys meet on one worker, by the hash of their key";
        case QueryClass::Global:
            if (plan.frames() != nullptr)
                return "without PARTITION BY all rows are one partition, which one worker answers";
            return over ? "without PARTITION BY all rows are in one buffer, which one worker holds"
                        : "without GROUP BY all rows are one group, which one worker answers";
    }
    std::unreachable();
}

// Why `strategy` cannot serve the query.
std::string_view objection(QueryClass query_class, Strategy strategy) noexcept {
    if (query_class == QueryClass::Stateless) {
        return strategy == Strategy::Hash
                   ? "rows are routed by key, and this query has none (no GROUP BY, no PARTITION "
                     "BY)"
                   : "one worker would do everything, and nothing in this query has to meet";
    }
    if (strategy == Strategy::Hash)
        return "rows are routed by key, and this query has none (no GROUP BY, no PARTITION BY)";
    if (strategy == Strategy::FanIn)
        return "one worker would hold every key, and rows need to meet only by key";
    return query_class == QueryClass::Keyed ? "rows of one key would be answered on several "
                                              "workers, each seeing only some of them"
                                            : "every worker would answer for its own rows only, so "
                                              "there would be several answers";
}

bool is_possible(QueryClass query_class, Strategy strategy) noexcept {
    return strategy == best_for(query_class) ||
           (query_class == QueryClass::Stateless && strategy == Strategy::RoundRobin);
}

}  // namespace

std::string_view query_class_name(QueryClass query_class) noexcept {
    switch (query_class) {
        case QueryClass::Stateless:
            return "stateless";
        case QueryClass::Keyed:
            return "keyed";
        case QueryClass::Global:
            return "global";
    }
    std::unreachable();
}

std::string_view strategy_name(Strategy strategy) noexcept {
    switch (strategy) {
        case Strategy::Sticky:
            return "sticky";
        case Strategy::Hash:
            return "hash";
        case Strategy::RoundRobin:
            return "round_robin";
        case Strategy::FanIn:
            return "fan_in";
    }
    std::unreachable();
}

QueryClass class_of(const Plan& plan) noexcept {
    if (!plan.keyed) return QueryClass::Stateless;
    const auto* const group = std::get_if<GroupPlan>(&*plan.keyed);
    const bool keys =
        group != nullptr && group->route
            ? !group->route->empty()
            : std::visit([](const auto& keyed) { return !keyed.keys.empty(); }, *plan.keyed);
    return keys ? QueryClass::Keyed : QueryClass::Global;
}

Routing choose_strategy(const Plan& plan, std::optional<Strategy> asked) {
    const QueryClass query_class = plan.query_class;
    const Strategy best = best_for(query_class);
    const Strategy strategy = asked.value_or(best);
    if (!is_possible(query_class, strategy)) {
        const std::string advice = query_class == QueryClass::Stateless
                                       ? "'auto', 'sticky' or 'round_robin'"
                                       : fmt::format("'auto' or '{}'", strategy_name(best));
        throw Error(Place{}, fmt::format("strategy '{}' does not fit a {} query: {}; use {}",
                                         strategy_name(strategy), query_class_name(query_class),
                                         objection(query_class, strategy), advice));
    }
    return {strategy, std::string(reason_for(plan, strategy))};
}

}  // namespace velo::engine
