// One job: its definition, its control thread, and its runs one after another.
//
//   Starting ─► Running ─► Draining ─► Stopped        a run that fails: Starting again after a pause, or Failed
//                             │   ▲
//                             ▼   │                   pause drains to Paused; resume is a new run from the last commit.
//                           Paused                    restart and a resume of what is Stopped or Failed are new runs too.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
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
    std::string delivery;       // exactly_once or at_least_once.
    std::string configuration;  // All that is in effect, as JSON; secrets are ***.
    std::uint64_t fingerprint =
        0;  // Of what it was made from, secrets included: equal ones need no restart.
    std::vector<std::string> warnings;  // Said once at the start: what a restart would lose.
};

enum class Severity : std::uint8_t { Info, Warning, Error };

/// What an operator may ask of a job.
enum class JobAction : std::uint8_t {
    Pause,    // Drain, and keep what is committed; resume goes on from there.
    Resume,   // Only of a paused job.
    Restart,  // Drain if it runs, and start anew; also what has failed or stopped.
    Drain,    // Drain and stop, until a restart.
};

/// Something that happened to a job.
struct JobEvent {
    std::int64_t at_us = 0;  // Since 1970.
    Severity severity = Severity::Info;
    std::string code;
    std::string text;
    engine::RecordPlace where = {};
};

/// Who wants to know what happens to jobs. Called on control threads.
class JobEvents {
public:
    virtual ~JobEvents() = default;
    virtual void happened(const std::string& job, const JobEvent& event) = 0;
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
    /// Under `books`. Returns at once; what was asked last counts. The error says why that cannot be asked now.
    [[nodiscard]] std::optional<std::string> ask(JobAction action);

    [[nodiscard]] const JobDefinition& definition() const noexcept { return definition_; }

    /// How it stands. Under `books`; the counters are those of the current run.
    [[nodiscard]] const runtime::JobCounters& counters() const noexcept { return *counters_; }
    /// Where the current run's pipelines leave samples for who looks. Under `books`.
    [[nodiscard]] std::vector<runtime::PipelineCounters>& taps() const noexcept {
        return counters_->pipelines;
    }
    [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }
    /// Why it failed, or what keeps it from starting; empty when all is well.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    /// What happened last, oldest first; at most kMostEvents.
    [[nodiscard]] const std::deque<JobEvent>& events() const noexcept { return recent_; }
    static constexpr std::size_t kMostEvents = 50;
    /// How the job ended; nullopt while it is alive.
    [[nodiscard]] const std::optional<runtime::RunResult>& result() const noexcept {
        return result_;
    }
    /// Seconds from the start of the last run to its end (or to now).
    [[nodiscard]] double run_seconds() const noexcept;

private:
    void live();
    void live_once();
    [[nodiscard]] runtime::RunResult run_once();
    [[nodiscard]] bool back_off(std::chrono::nanoseconds time);
    [[nodiscard]] std::stop_token begin_run();
    [[nodiscard]] bool goes_on();
    [[nodiscard]] bool wait_for_a_run();
    void end(const runtime::RunResult& result, runtime::JobState state);
    void enter(runtime::JobState state);
    void set_trouble(std::string text);
    void happened(Severity severity, const std::string& code, const std::string& text,
                  const engine::RecordPlace& where = {});
    void state_changed(runtime::JobState state) override;
    void weather(const engine::PortError& error) override;

    const JobDefinition definition_;
    const std::vector<std::unique_ptr<runtime::Worker>>& workers_;
    std::mutex& books_;
    JobEvents& events_;
    runtime::Wake wake_;
    std::stop_source stop_;                           // For good.
    std::unique_ptr<runtime::JobCounters> counters_;  // Replaced for each run, under books_.
    std::uint64_t restarts_ = 0;                      // Under books_, as the rest.
    std::string trouble_;
    std::optional<runtime::RunResult> result_;
    std::optional<JobAction> asked_;  // Not done yet.
    std::stop_source run_stop_;       // Of the current run.
    bool is_paused_ = false;
    std::deque<JobEvent> recent_;
    std::int64_t run_started_ns_ = 0;
    std::int64_t run_ended_ns_ = 0;
    std::jthread thread_;  // Last: starts when everything else is there.
};

}  // namespace velo::server
