// SQL text to Query: the grammar of docs/sql.md, every clause of it, whether or not the binder supports it yet.
#pragma once

#include <string_view>

#include "engine/sql/ast.hpp"

namespace velo::engine::sql {

inline constexpr std::size_t kMaxSqlBytes = 256 * 1024;
inline constexpr int kMaxSqlDepth = 256;

/// The one query in `text`; a semicolon may end it. Places count lines and columns in `text` from 1; file is empty.
/// Errors: throws Error at the first token that does not fit, saying what was expected; text over kMaxSqlBytes, nesting
///         over kMaxSqlDepth, NUL bytes and invalid UTF-8 are refused. Time and memory are linear in the text.
[[nodiscard]] Query parse_query(std::string_view text);

/// One scalar expression and nothing after it (tests of expressions, sink keys).
[[nodiscard]] ExpressionPtr parse_expression(std::string_view text);

/// A type as users write it in schemas and CAST: `DECIMAL(10,2)`, `VARCHAR(20)`. Throws Error with a did-you-mean.
[[nodiscard]] Type parse_type(std::string_view text);

}  // namespace velo::engine::sql
