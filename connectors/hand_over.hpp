// How a thread passes objects to another one without a lock and without a bound of its own.
#pragma once

#include <atomic>

namespace velo::connectors {

/// Objects on their way from any number of threads to one. It owns nothing and allocates nothing: the objects carry the
/// link (`T* next`), so whoever bounds the objects bounds what is under way.
/// Thread:  push by any thread, take_all by one thread at a time.
template <class T>
class HandOver {
public:
    HandOver() = default;
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;

    /// Returns whether nothing was under way, so that the receiver may have to be woken.
    bool push(T& item) noexcept {
        T* newest = newest_.load(std::memory_order_relaxed);
        do {
            item.next = newest;
        } while (!newest_.compare_exchange_weak(newest, &item, std::memory_order_release,
                                                std::memory_order_relaxed));
        return newest == nullptr;
    }

    /// Calls `visit(T&)` for everything under way; what one thread pushed comes in the order it pushed.
    template <class Visit>
    void take_all(Visit&& visit) {
        T* newest = newest_.exchange(nullptr, std::memory_order_acquire);
        T* oldest = nullptr;
        while (newest != nullptr) {
            T* const older = newest->next;
            newest->next = oldest;
            oldest = newest;
            newest = older;
        }
        while (oldest != nullptr) {
            T* const next = oldest->next;  // `visit` may give the object away at once.
            visit(*oldest);
            oldest = next;
        }
    }

private:
    std::atomic<T*> newest_{nullptr};
};

}  // namespace velo::connectors
