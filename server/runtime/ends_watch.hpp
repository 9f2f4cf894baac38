// Where the source's partitions end: for the lag, and for whether a quiet one may be called idle.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/pipeline/source.hpp"
#include "server/runtime/job_run.hpp"

namespace velo::runtime {

/// Asks for the ends every five seconds, and at once when a quiet partition waits to be called idle.
/// Thread:  the job's control thread. The answers go to the partitions' counters, where readers look.
class EndsWatch {
public:
    EndsWatch(JobRun& run, engine::Source& source) : run_(run), source_(source) {}

    enum class Look : std::uint8_t { NotDue, Answered, Failed };
    /// Looks whether there is something to ask, and asks. `error`: why it Failed.
    [[nodiscard]] Look look(std::int64_t now_ns, std::optional<engine::PortError>& error);

    /// When a quiet partition wants it asked, on the steady clock; 0: none does.
    [[nodiscard]] std::int64_t wanted_ns() const noexcept { return wanted_ns_; }

private:
    [[nodiscard]] bool is_wanted(std::int64_t now_ns);

    JobRun& run_;
    engine::Source& source_;
    std::int64_t next_ns_ = 0;
    std::int64_t wanted_ns_ = 0;
};

}  // namespace velo::runtime
