// All jobs by name, under the program's one mutex.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/job/job.hpp"
#include "server/runtime/worker.hpp"

namespace velo::server {

/// Owns the workers and the jobs that share them.
/// Thread:  deploy and stop by the daemon's main thread; visit by any.
class JobTable {
public:
    JobTable(std::uint32_t workers, bool pin_to_cores, JobEvents& events);
    ~JobTable();  // Drains what still runs.

    /// Starts a job. Its name must be new.
    void deploy(JobDefinition definition);
    /// Asks every job to drain; returns at once.
    void ask_all_to_stop();
    /// Whether every job has ended for good.
    [[nodiscard]] bool all_ended() const;
    [[nodiscard]] std::uint32_t workers() const noexcept {
        return static_cast<std::uint32_t>(workers_.size());
    }
    /// Steady clock: the oldest heartbeat of the workers.
    [[nodiscard]] std::int64_t oldest_heartbeat_ns() const noexcept;

    /// Calls `see(const Job&)` for each job in order of name, with the mutex held: no job changes meanwhile.
    template <class See>
    void visit(See&& see) const {
        const std::lock_guard lock(books_);
        for (const auto& [name, job] : jobs_) see(*job);
    }

private:
    JobEvents& events_;
    std::vector<std::unique_ptr<runtime::Worker>> workers_;
    mutable std::mutex books_;
    std::map<std::string, std::unique_ptr<Job>> jobs_;
    std::uint32_t next_first_worker_ = 0;  // Jobs with few partitions start on different workers.
};

}  // namespace velo::server
