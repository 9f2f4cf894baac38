// SQL of other systems that this one does not have, each with the nearest thing that works. Only texts.
#pragma once

#include <string_view>

namespace velo::engine::sql {

/// Why a query cannot begin with `word`; empty when nothing is known about it.
[[nodiscard]] std::string_view refused_statement(std::string_view word) noexcept;

/// Why `word` cannot stand where a clause or an operator is expected; empty when nothing is known about it.
[[nodiscard]] std::string_view refused_clause(std::string_view word) noexcept;

/// Why a window cannot be described by `word` inside its parentheses; empty when nothing is known about it.
[[nodiscard]] std::string_view refused_in_window(std::string_view word) noexcept;

/// Why `word` cannot stand inside OVER ( … ); empty when nothing is known about it.
[[nodiscard]] std::string_view refused_in_over(std::string_view word) noexcept;

/// What to use instead of the type `word`; empty when nothing is known about it.
[[nodiscard]] std::string_view type_instead_of(std::string_view word) noexcept;

}  // namespace velo::engine::sql
