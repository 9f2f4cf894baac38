// When a job has too many bad rows to go on: on_error.max_ratio.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "server/runtime/job_run.hpp"

namespace velo::runtime {

/// The share of rows with faults over the last minute, looked at once a second.
/// Thread:  the job's control thread.
class FaultWatch {
public:
    explicit FaultWatch(const JobRun& run) : run_(run) {}

    /// Looks again. A failure when of at least a thousand rows more than the allowed share had faults.
    [[nodiscard]] std::optional<Failure> look(std::int64_t now_ns);

private:
    struct Count {
        std::uint64_t in = 0, faults = 0;
    };

    const JobRun& run_;
    std::deque<Count> last_minute_;  // One entry a second.
    std::int64_t next_ns_ = 0;
};

}  // namespace velo::runtime
