// Symbols to column numbers: which columns are read and computed, and where each of them stands.
#pragma once

#include "engine/plan/bound_query.hpp"
#include "engine/plan/plan.hpp"
#include "engine/plan/scope.hpp"

namespace velo::engine {

/// The plan of a query without mistakes, except its class, strategy and text. Only columns that something reads are in
/// it, in the order of the scope; keys and arguments that are not plain columns are computed, each once. Over a UNION ALL each
/// member has a layout of its own, too.
[[nodiscard]] Plan lay_out(const BoundQuery& query, const Scope& scope);

}  // namespace velo::engine
