// Words of the configuration and what they stand for.
#pragma once

#include <string_view>

namespace velo::config {

/// One word of an enumeration.
template <class Enum>
struct Choice {
    std::string_view word;
    Enum value;
};

}  // namespace velo::config
