// How a sleeping thread is woken: an event descriptor that other threads and librdkafka write to.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace velo::runtime {

/// One thread sleeps here; any thread wakes it. A wake between arm() and wait() is never lost.
/// Thread:  arm, wait, disarm by the owner; notify and descriptor by any.
class Wake {
public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    /// For writers that cannot ask whether the owner sleeps (8 bytes, as eventfd(2) says).
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// Announces that the owner is about to sleep: it looks for work once more, then waits.
    void arm() noexcept;
    void disarm() noexcept { armed_.store(0, std::memory_order_relaxed); }
    [[nodiscard]] bool is_armed() const noexcept {
        return armed_.load(std::memory_order_relaxed) != 0;
    }

    /// Sleeps until woken or `timeout` has passed, and takes all wakes that came.
    void wait(std::chrono::nanoseconds timeout) noexcept;

    /// Wakes the owner; costs one locked instruction when it is awake.
    void notify() noexcept;

private:
    int descriptor_;
    std::atomic<std::uint32_t> armed_{0};  // 1: the owner sleeps, or is about to.
};

}  // namespace velo::runtime
