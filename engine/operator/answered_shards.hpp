// How far the windows of each shard were answered before a restart.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/base/hash.hpp"
#include "engine/base/time.hpp"

namespace velo::engine {

/// Pipelines may have come further than one another when they were saved, and one that is restored takes shards of
/// several: it begins where the slowest was. Until it has passed them all, windows that a shard has answered are not
/// answered again and take no rows of it.
class AnsweredShards {
public:
    AnsweredShards() { times_.fill(kBeforeAllTime); }

    void note(std::uint8_t shard, EventTime answered_to) noexcept {
        times_[shard] = answered_to;
        latest_ = std::max(latest_, answered_to);
    }
    [[nodiscard]] EventTime of(std::uint32_t shard) const noexcept { return times_[shard]; }
    /// Beyond this no shard differs from its pipeline.
    [[nodiscard]] EventTime latest() const noexcept { return latest_; }

private:
    std::array<EventTime, kShards> times_;
    EventTime latest_ = kBeforeAllTime;
};

}  // namespace velo::engine
