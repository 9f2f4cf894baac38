// The clocks of the daemon, as plain numbers.
#pragma once

#include <chrono>
#include <cstdint>

namespace velo::runtime {

/// Nanoseconds that only ever grow: waits, latencies, heartbeats.
[[nodiscard]] inline std::int64_t steady_now_ns() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// Microseconds since 1970, as people and records tell time.
[[nodiscard]] inline std::int64_t wall_now_us() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace velo::runtime
