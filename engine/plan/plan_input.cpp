#include "engine/plan/plan_input.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace velo::engine {

std::uint32_t first_computed(const Plan& plan) noexcept {
    auto first = static_cast<std::uint32_t>(plan.source.columns.size());
    for (const UnnestPlan& unnest : plan.unnests)
        first += (unnest.element ? 1U : 0U) + (unnest.ordinality ? 1U : 0U);
    return first;
}

const UnnestPlan& unnest_of(const Plan& plan, std::uint32_t column) noexcept {
    const auto found = std::ranges::find_if(plan.unnests, [column](const UnnestPlan& unnest) {
        return unnest.element == column || unnest.ordinality == column;
    });
    VELO_ASSERT(found != plan.unnests.end(), "the column is an element's");
    return *found;
}

const Type& input_type(const Plan& plan, std::uint32_t column) noexcept {
    if (column < plan.source.columns.size()) return plan.source.columns[column].type;
    const std::uint32_t first = first_computed(plan);
    if (column >= first) return plan.computed[column - first]->type;
    const UnnestPlan& unnest = unnest_of(plan, column);
    return unnest.element == column ? unnest.element_type : kBigint;
}

}  // namespace velo::engine
