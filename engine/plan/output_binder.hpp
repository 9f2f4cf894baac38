// What the output's columns are called and what its messages' keys are made of.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/plan/bound_query.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/scope.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// What an expression without an alias is called: its column as declared, its function in lower case, else `column_N`.
[[nodiscard]] std::string natural_name(const sql::Expression& expression, const Scope& scope,
                                       std::size_t number);

/// The key of the messages of `query`, whose groups and output columns are known. `key_names` are for keys that no
/// column shows; `asked` is the sink's `key:`, which wins.
[[nodiscard]] OutputKey message_key(const BoundQuery& query, std::span<const std::string> key_names,
                                    std::span<const std::string> asked, const Scope& scope,
                                    Mistakes& mistakes);

}  // namespace velo::engine
