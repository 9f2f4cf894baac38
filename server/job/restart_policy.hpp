// When a broken job is tried again, and when it is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace velo::server {

/// After a failure: a pause of 1 s, doubling up to 60 s; a run of five minutes earns a fresh start. More than ten restarts
/// in ten minutes: no more.
class RestartPolicy {
public:
    /// The pause before the next run, or nullopt to give up. Times are of the steady clock, in nanoseconds.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> after_failure(std::int64_t started_ns,
                                                                        std::int64_t failed_ns);

private:
    std::deque<std::int64_t> restarts_;
    std::chrono::seconds pause_{1};
};

}  // namespace velo::server
