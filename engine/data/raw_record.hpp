// Records as a connector delivers them: bytes and where they stood.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "engine/base/strong_id.hpp"

namespace velo::engine {

inline constexpr std::int64_t kNoTimestamp = std::numeric_limits<std::int64_t>::min();

/// One record. The bytes belong to the source until the RawBatch is released.
struct RawRecord {
    std::string_view key;
    std::string_view value;
    bool has_key = false;
    bool has_value = false;  // False: a null payload (tombstone).
    std::int64_t offset = 0;
    std::int64_t timestamp = kNoTimestamp;  // Microseconds since 1970; kNoTimestamp: none.
    SourcePartition partition;
    void* handle = nullptr;  // The source's own.
};

/// Records in the order they were read; each partition's in offset order.
using RawBatch = std::vector<RawRecord>;

}  // namespace velo::engine
