// A parsed query as text with every grouping in parentheses, so that a test can show the shape of a tree in one line.
#pragma once

#include <string>

#include "engine/sql/ast.hpp"

namespace velo::engine::sql {

/// `(a + (b * 2))`, `(x IN 1 2)`, `f(a b)`.
[[nodiscard]] std::string shape(const Expression& expression);

/// The clauses that are there, in the order of the grammar: `SELECT a AS x | FROM t | WHERE (a > 1)`.
[[nodiscard]] std::string shape(const Select& select);
[[nodiscard]] std::string shape(const Query& query);

/// The shape of `text` as an expression or a query, or `line:column:length: message` of its refusal.
[[nodiscard]] std::string expression_shape(std::string_view text);
[[nodiscard]] std::string query_shape(std::string_view text);

}  // namespace velo::engine::sql
