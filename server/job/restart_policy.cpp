#include "server/job/restart_policy.hpp"

#include <algorithm>

namespace velo::server {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::size_t kMostRestarts = 10;
constexpr nanoseconds kWithin = std::chrono::minutes{10};
constexpr nanoseconds kGoodRun = std::chrono::minutes{5};
constexpr seconds kLongestPause{60};

}  // namespace

std::optional<nanoseconds> RestartPolicy::after_failure(std::int64_t started_ns,
                                                        std::int64_t failed_ns) {
    if (nanoseconds{failed_ns - started_ns} >= kGoodRun) pause_ = seconds{1};
    while (!restarts_.empty() && nanoseconds{failed_ns - restarts_.front()} > kWithin)
        restarts_.pop_front();
    if (restarts_.size() >= kMostRestarts) return std::nullopt;
    restarts_.push_back(failed_ns);
    const seconds pause = pause_;
    pause_ = std::min(pause_ * 2, kLongestPause);
    return pause;
}

}  // namespace velo::server
