// Which type values of several types have together, and which types can become which.
#pragma once

#include <optional>

#include "engine/data/type.hpp"
#include "engine/expression/expression.hpp"

namespace velo::engine {

/// The type that values of `a` and of `b` take side by side (branches of CASE, arguments of COALESCE): exact numbers
/// stay exact unless one is a DOUBLE; a DATE beside a TIMESTAMP is its midnight; nested types part by part. nullopt: there is none.
[[nodiscard]] std::optional<Type> common_type(const Type& a, const Type& b);

/// `value` itself, or where nothing but NULL can come of it, so that it has no type of its own, as a STRING.
[[nodiscard]] BoundPtr typed(const BoundPtr& value);

}  // namespace velo::engine
