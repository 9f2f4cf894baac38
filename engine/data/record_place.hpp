// Where in the world of records something happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace velo::engine {

/// What is known of it: a topic (of a file source: its path), a partition of it, an offset there.
struct RecordPlace {
    std::string topic = {};
    std::optional<std::int64_t> partition = {};
    std::optional<std::int64_t> offset = {};
};

}  // namespace velo::engine
