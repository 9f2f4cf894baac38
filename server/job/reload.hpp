// Reading the configuration again: what wants it, what came of it.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/job/job_table.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

/// What is wrong with the files that were to be loaded.
struct LoadRefusal {
    std::string text;      // For people, with places and carets.
    std::string mistakes;  // For programs: a JSON array.
};

/// Everything the files say, or why it cannot be used.
struct LoadedJobs {
    std::vector<JobDefinition> jobs;
    std::vector<std::string> folders;  // Where a change may mean something: for --watch.
    std::string server;  // Of the server file, what only a restart can change; to be compared.
};
using LoadJobs = std::function<std::expected<LoadedJobs, LoadRefusal>()>;

struct ReloadOutcome {
    std::optional<LoadRefusal> refusal;  // Nothing has changed at all.
    JobDiff diff;
    bool server_changed = false;  // What only a restart can change.
};

/// Where other threads ask the main loop to reload, and get the outcome.
class ReloadDesk {
public:
    explicit ReloadDesk(runtime::Wake& main_loop) : main_loop_(main_loop) {}

    /// Waits for the outcome; nullopt when none came in time. Thread: any but the main one.
    [[nodiscard]] std::optional<ReloadOutcome> ask(std::chrono::seconds patience);

    /// Calls `reload` once for all who asked. Thread: the main one.
    template <class Reload>
    void serve(Reload&& reload) {
        std::vector<std::promise<ReloadOutcome>> waiting;
        {
            const std::lock_guard lock(mutex_);
            waiting.swap(waiting_);
        }
        if (waiting.empty()) return;
        const ReloadOutcome outcome = reload();
        for (auto& one : waiting) one.set_value(outcome);
    }

private:
    runtime::Wake& main_loop_;
    std::mutex mutex_;
    std::vector<std::promise<ReloadOutcome>> waiting_;
};

}  // namespace velo::server
