// The columns of a plan's keyed operator, or of its output where there is none: source columns, elements, computed ones.
#pragma once

#include <cstdint>

#include "engine/plan/plan.hpp"

namespace velo::engine {

/// Where the computed columns begin.
[[nodiscard]] std::uint32_t first_computed(const Plan& plan) noexcept;

[[nodiscard]] const Type& input_type(const Plan& plan, std::uint32_t column) noexcept;

/// The UNNEST that a column belongs to, which is neither a source column nor a computed one.
[[nodiscard]] const UnnestPlan& unnest_of(const Plan& plan, std::uint32_t column) noexcept;

}  // namespace velo::engine
