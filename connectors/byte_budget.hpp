// How much a sink may hold: writers take from it, the control thread gives back and wakes who had to wait.
#pragma once

#include <atomic>
#include <cstddef>

namespace velo::connectors {

/// Writes to an event descriptor (eventfd(2)); it can be called from any thread.
void write_wake(int descriptor) noexcept;

/// One writer's wish for room.
/// Thread:  set by the writer's thread in ByteBudget::try_take, answered by the control thread.
struct RoomRequest {
    explicit RoomRequest(int descriptor) : wake_descriptor(descriptor) {}

    const int wake_descriptor;
    std::atomic<bool> open{false};
};

/// Bytes that are written but not acknowledged, over all writers of one sink.
/// Invariants: (1) held() <= capacity, unless a single piece is larger: that one is let through alone, or it could never
///             leave. (2) A refused writer is woken after bytes came back: no wake is lost.
class ByteBudget {
public:
    explicit ByteBudget(std::size_t capacity) : capacity_(capacity) {}

    /// False: no room now; the writer of `request` will be woken when some has come back.
    [[nodiscard]] bool try_take(std::size_t bytes, RoomRequest& request) noexcept;

    void give_back(std::size_t bytes) noexcept {
        held_.fetch_sub(bytes, std::memory_order_seq_cst);
    }

    /// Wakes the writer if it was refused since its last wake. The control thread calls it after giving back.
    static void answer(RoomRequest& request) noexcept;

    [[nodiscard]] std::size_t held() const noexcept {
        return held_.load(std::memory_order_relaxed);
    }

private:
    [[nodiscard]] bool take(std::size_t bytes) noexcept;

    const std::size_t capacity_;
    std::atomic<std::size_t> held_{0};
};

}  // namespace velo::connectors
