// What a failed row says to people.
#pragma once

#include <span>
#include <string>

#include "engine/data/column.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/fault.hpp"

namespace velo::engine {

/// `division by zero in 'a / b' (query line 3, column 8)`; a cast names its value: `'x' is no BIGINT in '…' (…)`.
/// `args` are the values of the expression's children; long texts are cut.
[[nodiscard]] std::string fault_text(const BoundExpression& expression, FaultCode code,
                                     std::span<const Column* const> args, std::uint32_t row);

}  // namespace velo::engine
