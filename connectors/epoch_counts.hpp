// What has been written under each epoch and is not acknowledged yet.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/base/strong_id.hpp"

namespace velo::connectors {

/// Counts records by epoch. A pipeline is at most one epoch ahead of the one being committed, so few epochs live at a time.
/// Thread:  written by writers' threads; acknowledged and is_settled by the control thread. is_settled(E) is exact once
///          every writer has told the control thread that it closed E.
class EpochCounts {
public:
    void written(EpochId epoch, std::uint64_t records) noexcept {
        slot(epoch).fetch_add(records, std::memory_order_relaxed);
    }
    void acknowledged(EpochId epoch, std::uint64_t records) noexcept {
        slot(epoch).fetch_sub(records, std::memory_order_relaxed);
    }

    /// Whether nothing written under `epoch` or before is under way.
    [[nodiscard]] bool is_settled(EpochId epoch) noexcept {
        for (std::uint64_t back = 0; back + 1 < kLive && back <= epoch.value; ++back) {
            if (slot(EpochId{epoch.value - back}).load(std::memory_order_relaxed) != 0)
                return false;
        }
        return true;
    }

private:
    static constexpr std::uint64_t kLive = 4;
    [[nodiscard]] std::atomic<std::uint64_t>& slot(EpochId epoch) noexcept {
        return records_[epoch.value % kLive];
    }

    std::array<std::atomic<std::uint64_t>, kLive> records_{};
};

}  // namespace velo::connectors
