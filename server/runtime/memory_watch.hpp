// What is done when keyed state reaches state.memory_limit: only what moves event time is read on, so that windows close.
#pragma once

#include <cstdint>
#include <optional>

#include "server/runtime/job_run.hpp"

namespace velo::runtime {

/// Reading everything would grow the state, and reading nothing would never close a window: so the partitions that hold the
/// watermark back are read on, and no others, until the state has shrunk.
/// Thread:  the job's control thread.
class MemoryWatch {
public:
    explicit MemoryWatch(JobRun& run) : run_(run) {}

    /// Looks again. A failure when the limit cannot be kept: no window will close, or closing them does not help.
    [[nodiscard]] std::optional<Failure> look(std::int64_t now_ns);
    /// Whether only the partitions that hold the watermark back are read.
    [[nodiscard]] bool is_blocked() const noexcept { return blocked_; }

private:
    [[nodiscard]] Failure failure(std::uint64_t held, const char* why) const;
    [[nodiscard]] std::int64_t lowest_watermark_us() const noexcept;

    JobRun& run_;
    bool blocked_ = false;
    std::int64_t moved_ns_ = 0;  // When the lowest watermark was last seen to move while blocked.
    std::int64_t lowest_us_ = 0;
};

}  // namespace velo::runtime
