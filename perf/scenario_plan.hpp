// A scenario as the engine sees it: its source's declaration and its bound query.
#pragma once

#include "engine/plan/plan.hpp"
#include "perf/scenario.hpp"

namespace velo::perf {

/// What a daemon would bind the scenario's job file to. Ends with an Error where the scenario is not right.
[[nodiscard]] engine::Plan plan_of(const Scenario& scenario);

}  // namespace velo::perf
