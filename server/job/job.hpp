// One job: its definition, its control thread, and its runs one after another.
//
//   Starting ─► Running ─► Draining ─► Stopped        a run that fails: Starting again after a pause, or Failed
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/plan/plan.hpp"
#include "server/runtime/coordinator.hpp"
#include "server/runtime/counters.hpp"
#include "server/runtime/policy.hpp"
#include "server/runtime/worker.hpp"

namespace velo::server {

/// Everything needed to run a job; made by job_builder from a valid job file.
struct JobDefinition {
    std::string name;
    std::string description;
    std::string file;
    std::shared_ptr<const engine::Plan> plan;
    runtime::RunOptions options;
    runtime::Formats formats;
    std::function<runtime::Ports(int control_wake_descriptor)> make_ports;
    std::vector<std::string> warnings;  // Said once at the start: what a restart would lose.
};

enum class Severity : std::uint8_t { Info, Warning, Error };

/// Who wants to know what happens to jobs. Called on control threads.
class JobEvents {
public:
    virtual ~JobEvents() = default;
    virtual void happened(const std::string& job, Severity severity, const std::string& code,
                          const std::string& text) = 0;
    /// A job has ended for good.
    virtual void ended() = 0;
};

/// Thread:  made and destroyed by the daemon's main thread; ask_to_stop by any; everything visible to others is read
///          under `books`, the program's one mutex, which the job's own thread takes only to change it.
class Job final : private runtime::RunListener {
public:
    Job(JobDefinition definition, const std::vector<std::unique_ptr<runtime::Worker>>& workers,
        std::mutex& books, JobEvents& events);
    ~Job() override;  // Asks to stop and waits for the thread.
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    /// Drains and ends for good.
    void ask_to_stop();

    [[nodiscard]] const JobDefinition& definition() const noexcept { return definition_; }

    /// How it stands. Under `books`; the counters are those of the current run.
    [[nodiscard]] const runtime::JobCounters& counters() const noexcept { return *counters_; }
    [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }
    /// Why it failed, or what keeps it from starting; empty when all is well.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    /// How the job ended; nullopt while it is alive.
    [[nodiscard]] const std::optional<runtime::RunResult>& result() const noexcept {
        return result_;
    }
    /// Seconds from the start of the last run to its end (or to now).
    [[nodiscard]] double run_seconds() const noexcept;

private:
    void live(const std::stop_token& stop);
    [[nodiscard]] runtime::RunResult run_once(const std::stop_token& stop);
    [[nodiscard]] bool pause(std::chrono::nanoseconds time, const std::stop_token& stop);
    void end(const runtime::RunResult& result, runtime::JobState state);
    void set_trouble(std::string text);
    void state_changed(runtime::JobState state) override;
    void weather(const engine::PortError& error) override;

    const JobDefinition definition_;
    const std::vector<std::unique_ptr<runtime::Worker>>& workers_;
    std::mutex& books_;
    JobEvents& events_;
    runtime::Wake wake_;
    std::unique_ptr<runtime::JobCounters> counters_;  // Replaced for each run, under books_.
    std::uint64_t restarts_ = 0;                      // Under books_, as the rest.
    std::string trouble_;
    std::optional<runtime::RunResult> result_;
    std::int64_t run_started_ns_ = 0;
    std::int64_t run_ended_ns_ = 0;
    std::jthread thread_;  // Last: starts when everything else is there.
};

}  // namespace velo::server
