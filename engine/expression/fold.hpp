// Constant folding.
#pragma once

#include "engine/expression/expression.hpp"

namespace velo::engine {

/// The literal that `node` is when all its children are literals; the node itself when one is not, or when evaluating it
/// faults (the row that meets it will say so).
[[nodiscard]] BoundPtr folded(BoundPtr node);

}  // namespace velo::engine
