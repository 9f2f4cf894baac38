// The only door between two data threads.
#pragma once

#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace velo::runtime {

inline constexpr std::size_t kCacheLine = 64;

/// A bounded queue for exactly one pushing and one popping thread; never locks, allocates only once.
/// Invariants: (1) popped_ <= pushed_ <= popped_ + capacity; both counts only grow.
///             (2) Slots in [popped_, pushed_) belong to the consumer, the others to the producer.
/// Thread:     try_push by the producer only, try_pop by the consumer only; outlives both threads.
template <std::default_initializable T>
requires std::is_nothrow_move_assignable_v<T>
class SpscRing {
public:
    /// `capacity` is rounded up to a power of two.
    explicit SpscRing(std::size_t capacity)
        : mask_(std::bit_ceil(capacity) - 1), slots_(std::make_unique<T[]>(mask_ + 1)) {}
    SpscRing(const SpscRing&) = delete;
    SpscRing& operator=(const SpscRing&) = delete;

    /// Moves `item` in. Returns false, leaving `item` as it was, when the ring is full.
    [[nodiscard]] bool try_push(T& item) noexcept {
        const auto pushed = pushed_.load(std::memory_order_relaxed);
        if (pushed - known_popped_ > mask_) {
            known_popped_ = popped_.load(std::memory_order_acquire);
            if (pushed - known_popped_ > mask_) return false;
        }
        slots_[pushed & mask_] = std::move(item);
        pushed_.store(pushed + 1, std::memory_order_release);  // Hands the slot to the consumer.
        return true;
    }

    /// Moves the oldest item out. Returns false, leaving `item` as it was, when the ring is empty.
    [[nodiscard]] bool try_pop(T& item) noexcept {
        const auto popped = popped_.load(std::memory_order_relaxed);
        if (popped == known_pushed_) {
            known_pushed_ = pushed_.load(std::memory_order_acquire);
            if (popped == known_pushed_) return false;
        }
        item = std::move(slots_[popped & mask_]);
        popped_.store(popped + 1, std::memory_order_release);  // Hands the slot back.
        return true;
    }

private:
    std::size_t mask_;
    std::unique_ptr<T[]> slots_;
    alignas(kCacheLine) std::atomic<std::uint64_t> pushed_{0};
    std::uint64_t known_popped_ =
        0;  // The producer's last look at popped_: saves the other core's cache line.
    alignas(kCacheLine) std::atomic<std::uint64_t> popped_{0};
    std::uint64_t known_pushed_ = 0;
};

}  // namespace velo::runtime
