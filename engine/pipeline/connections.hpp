// How a port's connections are doing, as far as the port knows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace velo::engine {

/// One broker, over all connections the port has to it. Counts only grow.
struct BrokerFigures {
    std::string broker;  // host:port
    bool is_up = false;
    std::int64_t rtt_p50_us = 0;  // Of the last seconds, the slowest connection's.
    std::int64_t rtt_p99_us = 0;
    std::int64_t throttle_ms =
        0;  // How long the broker made requests wait, the longest in the last seconds.
    std::uint64_t request_errors = 0;  // Failed to be sent or answered, or not answered in time.
    std::uint64_t request_retries = 0;
    std::uint64_t requests_waiting = 0;  // Not sent, or not answered.
};

/// A partition whose end does not move because somebody's transaction stays open.
struct HeldPartition {
    std::int32_t partition = 0;
    double seconds = 0;  // How long already.
};

struct ConnectionFigures {
    std::vector<BrokerFigures> brokers;
    std::uint64_t records_waiting =
        0;  // Read ahead and not polled, or written and not acknowledged.
    std::uint64_t bytes_waiting = 0;
    std::vector<HeldPartition> held;
};

}  // namespace velo::engine
