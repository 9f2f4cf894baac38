// `*`, `t.*`, `* EXCEPT (a, b)`: the columns they stand for.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/expression_binder.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/scope.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// A column that a SELECT answers, and where it was written.
struct NamedColumn {
    BoundPtr expression;  // Null pointer: wrong, as has been reported.
    std::string name;
    Place place;
};

/// The columns of a row in their order; none where something is wrong, as has been reported.
[[nodiscard]] std::vector<NamedColumn> bind_star(const sql::Expression& star, const Scope& scope,
                                                 ExpressionBinder& expressions, Mistakes& mistakes);

}  // namespace velo::engine
