#include "server/runtime/wake.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "engine/base/assert.hpp"

namespace velo::runtime {

Wake::Wake() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    VELO_ASSERT(descriptor_ >= 0, "an event descriptor can be made (raise the limit of open files)");
}

Wake::~Wake() { close(descriptor_); }

void Wake::arm() noexcept {
    armed_.store(true, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // The look for work comes after the announcement.
}

void Wake::wait(std::chrono::nanoseconds timeout) noexcept {
    const auto whole = timeout.count() < 0 ? std::chrono::nanoseconds{0} : timeout;
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(whole.count() / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(whole.count() % 1'000'000'000);
    pollfd poller{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (ppoll(&poller, 1, &limit, nullptr) > 0) {
        std::uint64_t wakes = 0;
        static_cast<void>(!read(descriptor_, &wakes, sizeof wakes));
    }
}

void Wake::notify() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // What was handed over comes before the look at the sleeper.
    if (!armed_.load(std::memory_order_relaxed)) return;
    const std::uint64_t one = 1;
    static_cast<void>(!write(descriptor_, &one, sizeof one));
}

}  // namespace velo::runtime
