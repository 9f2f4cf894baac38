#include "server/runtime/wake.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include <poll.h>

#include "engine/base/assert.hpp"

namespace velo::runtime {

Wake::Wake() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    VELO_ASSERT(descriptor_ >= 0,
                "an event descriptor can be made (raise the limit of open files)");
}

Wake::~Wake() { close(descriptor_); }

void Wake::arm() noexcept {
    // Read-modify-writes of one flag stand in one order: either notify() finds it set, or what notify()'s thread did
    // before is seen by the look for work that follows. (A fence would do; thread sanitizers do not understand fences.)
    static_cast<void>(armed_.exchange(1, std::memory_order_acq_rel));
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
    if (armed_.fetch_add(0, std::memory_order_acq_rel) == 0) return;
    const std::uint64_t one = 1;
    static_cast<void>(!write(descriptor_, &one, sizeof one));
}

}  // namespace velo::runtime
