// Arrays whose elements become rows, in a plan.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/expression/expression.hpp"

namespace velo::engine {

/// One UNNEST: each row becomes as many rows as its array has elements. Its columns stand behind those of the source and of
/// the UNNESTs before it.
struct UnnestPlan {
    BoundPtr array;                        // Over the columns before.
    bool left = false;                     // Without elements one row, whose element is NULL.
    Type element_type;                     // As the query calls its fields.
    std::optional<std::uint32_t> element;  // The column of the elements, …
    std::optional<std::uint32_t>
        ordinality;  // … and of their numbers from 1, where something reads them.
    BoundPtr where;  // What of WHERE can be asked from here on; null pointer: nothing.
    std::vector<std::uint32_t> carried;  // Columns before that something behind reads.
};

}  // namespace velo::engine
