// The one hash: XXH3, 64 bits. Written into Kafka through shard numbers, so it must never change.
#pragma once

#include <cstdint>
#include <string_view>

namespace velo {

/// XXH3_64 with seed 0 of the bytes.
[[nodiscard]] std::uint64_t hash_bytes(std::string_view bytes) noexcept;

/// How many shards every job's key space has; part of the state's format.
inline constexpr std::uint32_t kShards = 256;

[[nodiscard]] constexpr std::uint32_t shard_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash % kShards);
}

/// Whole shards belong to one pipeline; neighbouring shards to the same one.
[[nodiscard]] constexpr std::uint32_t pipeline_of(std::uint32_t shard,
                                                  std::uint32_t pipelines) noexcept {
    return shard * pipelines / kShards;
}

}  // namespace velo
