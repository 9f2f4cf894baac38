#include "connectors/byte_budget.hpp"

#include <cstdint>
#include <unistd.h>

namespace velo::connectors {

void write_wake(int descriptor) noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(descriptor, &one, sizeof one));  // Full: its owner has wakes enough.
}

bool ByteBudget::try_take(std::size_t bytes, RoomRequest& request) noexcept {
    if (take(bytes)) return true;
    // Announce, then look again: bytes that came back in between would otherwise wake nobody.
    request.open.store(true, std::memory_order_seq_cst);
    if (!take(bytes)) return false;
    request.open.store(false, std::memory_order_relaxed);
    return true;
}

bool ByteBudget::take(std::size_t bytes) noexcept {
    std::size_t held = held_.load(std::memory_order_seq_cst);
    do {
        if (held != 0 && (held >= capacity_ || bytes > capacity_ - held)) return false;
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_seq_cst));
    return true;
}

void ByteBudget::answer(RoomRequest& request) noexcept {
    if (request.open.load(std::memory_order_seq_cst) &&
        request.open.exchange(false, std::memory_order_seq_cst)) {
        write_wake(request.wake_descriptor);
    }
}

}  // namespace velo::connectors
