// Column numbers while a query is being bound, when nobody knows yet which columns there will be.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/expression/expression.hpp"

namespace velo::engine {

/// What a symbol counts. layout.cpp turns symbols into the column numbers of a plan.
enum class Space : std::uint8_t {
    Source,     // Scope::columns()
    Computed,   // Columns the reading worker adds: keys and arguments that are not plain columns.
    Key,        // GROUP BY expressions
    Aggregate,  // Aggregate calls
    OverCall,   // Calls with OVER
    Window,     // 0: _window_start, 1: _window_end
    Element,    // 2n: the elements that UNNEST n makes rows of, 2n + 1: their numbers
};

inline constexpr std::uint32_t kSymbolIndexBits =
    24;  // More columns than 256 KiB of SQL and a schema can name.

[[nodiscard]] constexpr std::uint32_t symbol(Space space, std::size_t index) noexcept {
    return static_cast<std::uint32_t>(space) << kSymbolIndexBits |
           static_cast<std::uint32_t>(index);
}
[[nodiscard]] constexpr Space space_of(std::uint32_t symbol) noexcept {
    return static_cast<Space>(symbol >> kSymbolIndexBits);
}
[[nodiscard]] constexpr std::uint32_t index_of(std::uint32_t symbol) noexcept {
    return symbol & ((1U << kSymbolIndexBits) - 1U);
}

/// Whether some column of `expression` is in `space`.
[[nodiscard]] inline bool reads(const BoundExpression& expression, Space space) {
    bool found = false;
    each_column(expression,
                [&](std::uint32_t column) { found = found || space_of(column) == space; });
    return found;
}

/// `expression` with nodes replaced: `replace(node)` gives another node or null pointer to look into its children.
/// What does not change is shared with the original.
template <class Replace>
[[nodiscard]] BoundPtr rewritten(const BoundPtr& expression, Replace&& replace) {
    if (BoundPtr other = replace(*expression)) return other;
    std::shared_ptr<BoundExpression> copy;
    for (std::size_t i = 0; i < expression->children.size(); ++i) {
        BoundPtr child = rewritten(expression->children[i], replace);
        if (child == expression->children[i]) continue;
        if (!copy) copy = std::make_shared<BoundExpression>(*expression);
        copy->children[i] = std::move(child);
    }
    if (copy) return copy;
    return expression;
}

}  // namespace velo::engine
