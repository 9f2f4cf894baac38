// What the daemon as a whole is doing.
#pragma once

#include <atomic>
#include <cstdint>

namespace velo::server {

/// Written by the main loop, read by any thread.
struct DaemonHealth {
    std::atomic<bool> started{false};  // All jobs have been handed to their threads.
    std::atomic<bool> draining{false};
    std::atomic<std::int64_t> control_beat_ns{
        0};  // When the main loop last came by (steady clock).
    std::atomic<bool> last_reload_successful{true};
    std::atomic<std::int64_t> last_reload_success_us{0};  // Since 1970; the start counts.
    std::atomic<std::uint64_t> reload_failures{0};
};

}  // namespace velo::server
