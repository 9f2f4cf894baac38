// How large a bound expression is: what queries inside each other may make of one is bounded.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/expression/expression.hpp"

namespace velo::engine {

/// What using columns and aliases again may add to a plan, in nodes, and how deep it may get: aliases of aliases double an
/// expression each time, and nest it deeper than the parser, which keeps stacks safe, ever sees.
inline constexpr std::size_t kMaxCopiedNodes = 65536;
inline constexpr std::size_t kMaxAliasHeight = 512;

/// Stops counting at `limit`.
[[nodiscard]] inline std::size_t count_nodes(const BoundExpression& expression, std::size_t limit) {
    std::size_t nodes = 1;
    for (const BoundPtr& child : expression.children) {
        if (nodes >= limit) return limit;
        nodes += count_nodes(*child, limit - nodes);
    }
    return std::min(nodes, limit);
}

[[nodiscard]] inline std::size_t height(const BoundExpression& expression) {
    std::size_t highest = 0;
    for (const BoundPtr& child : expression.children) highest = std::max(highest, height(*child));
    return highest + 1;
}

}  // namespace velo::engine
