// All jobs by name, under the program's one mutex.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/job/job.hpp"
#include "server/runtime/worker.hpp"

namespace velo::server {

/// What becomes of the jobs when others are wanted; names, sorted.
struct JobDiff {
    std::vector<std::string> started, restarted, stopped, unchanged;
};

/// Owns the workers and the jobs that share them.
/// Thread:  deploy, replace_all, settle and ask_all_to_stop by the daemon's main thread; visit, find and ask by any.
class JobTable {
public:
    JobTable(std::uint32_t workers, bool pin_to_cores, JobEvents& events);
    ~JobTable();  // Drains what still runs.

    /// Starts a job. Its name must be new.
    void deploy(JobDefinition definition);
    /// From now on these are the jobs: those of equal fingerprint run on untouched, changed ones drain and start anew, new
    /// ones start, those that are missing drain and go. Returns at once; settle() does what has to wait.
    JobDiff replace_all(std::vector<JobDefinition> definitions);
    /// Starts and removes what replace_all left to do and can be done now.
    void settle();
    /// Asks every job to drain; returns at once.
    void ask_all_to_stop();
    /// Whether every job has ended for good.
    [[nodiscard]] bool all_ended() const;
    [[nodiscard]] std::uint32_t workers() const noexcept {
        return static_cast<std::uint32_t>(workers_.size());
    }
    /// Steady clock: the oldest heartbeat of the workers.
    [[nodiscard]] std::int64_t oldest_heartbeat_ns() const noexcept;

    enum class Refusal : std::uint8_t { NoSuchJob, NotNow };
    struct Refused {
        Refusal kind;
        std::string text;
    };
    /// Asks a job; its state as it is now. Returns at once.
    [[nodiscard]] std::expected<runtime::JobState, Refused> ask(const std::string& name,
                                                                JobAction action);

    /// Calls `see(const Job&)` for each job in order of name, with the mutex held: no job changes meanwhile.
    template <class See>
    void visit(See&& see) const {
        const std::lock_guard lock(books_);
        for (const auto& [name, job] : jobs_) see(*job);
    }
    /// The same for one job; false when there is none of this name.
    template <class See>
    bool visit(const std::string& name, See&& see) const {
        const std::lock_guard lock(books_);
        const auto found = jobs_.find(name);
        if (found == jobs_.end()) return false;
        see(*found->second);
        return true;
    }

private:
    void retire(const std::string& name, std::optional<JobDefinition> successor);

    JobEvents& events_;
    std::vector<std::unique_ptr<runtime::Worker>> workers_;
    mutable std::mutex books_;
    std::map<std::string, std::unique_ptr<Job>> jobs_;
    std::map<std::string, std::optional<JobDefinition>>
        leaving_;  // Asked to stop; and what comes after them. Main thread only.
    std::uint32_t next_first_worker_ = 0;  // Jobs with few partitions start on different workers.
};

}  // namespace velo::server
