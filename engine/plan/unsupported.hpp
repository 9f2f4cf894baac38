// What the grammar knows and this version does not do yet: refused by name, at its place, with the nearest thing that works.
#pragma once

#include <string>
#include <string_view>

#include "engine/plan/mistakes.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// Reports every clause of `query` that this version lacks.
void refuse_unsupported(const sql::Query& query, Mistakes& mistakes);

/// What to do instead of calling `function` (any case), where users of other systems look for it; else empty.
[[nodiscard]] std::string instead_of_function(std::string_view function);

}  // namespace velo::engine
