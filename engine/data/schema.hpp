// Names and types of columns, in order.
#pragma once

#include <string>
#include <vector>

#include "engine/data/type.hpp"

namespace velo::engine {

/// One column as a source declares it or a query offers it.
struct Field {
    std::string name;
    Type type;
    bool nullable = true;
    std::string path;  // Source columns only: `$.a.b` inside the record; empty = the field `name`.
    std::string time_unit;  // Source TIMESTAMP only: s, ms or us for JSON numbers; empty = ms.

    [[nodiscard]] bool operator==(const Field&) const = default;
};

using Schema = std::vector<Field>;

}  // namespace velo::engine
