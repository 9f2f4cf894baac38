// Chains of queries over trades, as the binder would make them.
#pragma once

#include <utility>
#include <vector>

#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {

/// The columns of a stage that reads the answers of another: event time, order, offset, then the first group's symbol and
/// the results of its aggregates.
inline SourcePlan answers_of(const Plan& before) {
    SourcePlan source;
    source.is_answers = true;
    for (const auto& [origin, type] : {std::pair{ColumnOrigin::EventTime, kTimestamp},
                                       {ColumnOrigin::Order, kBigint},
                                       {ColumnOrigin::Offset, kBigint}})
        source.columns.push_back({origin, 0, type, false});
    for (std::uint32_t i = 0; i < before.output.columns.size(); ++i)
        source.columns.push_back(
            {ColumnOrigin::Field, i, before.output.columns[i].expression->type, false});
    return source;
}

/// `stages`, the outer ones over `counted()`-like answers; `shares_key`: all of them group by the symbol, which is the
/// first key of each, so that rows meet by it.
inline Plan chained(std::vector<Plan> stages, bool shares_key) {
    for (std::size_t i = 0; i < stages.size(); ++i) {
        Plan& stage = stages[i];
        auto& group = std::get<GroupPlan>(*stage.keyed);
        if (i != 0) stage.source = answers_of(stages[i - 1]);
        group.route = shares_key ? std::vector<std::uint32_t>{0} : std::vector<std::uint32_t>{};
        std::uint32_t number = 0;
        const auto show = [&](const Type& type) {
            stage.output.columns.push_back(
                {fmt::format("c{}", number), bound_column(number, type)});
            ++number;
        };
        for (const std::uint32_t key : group.keys) show(stage.source.columns[key].type);
        for (const AggregateCall& call : group.aggregates) show(call.signature.result);
    }
    Plan plan = stages.front();
    plan.emit = stages.back().emit;
    plan.output = stages.back().output;
    plan.stages = std::move(stages);
    return plan;
}

}  // namespace velo::engine
