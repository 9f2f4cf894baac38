#include "server/job/job.hpp"

#include <utility>

#include "server/job/restart_policy.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/thread_name.hpp"

namespace velo::server {

using runtime::JobState;
using runtime::RunResult;

Job::Job(JobDefinition definition, const std::vector<std::unique_ptr<runtime::Worker>>& workers,
         std::mutex& books, JobEvents& events)
    : definition_(std::move(definition)),
      workers_(workers),
      books_(books),
      events_(events),
      counters_(std::make_unique<runtime::JobCounters>(definition_.options.pipelines)),
      run_started_ns_(runtime::steady_now_ns()),
      thread_([this] { live(); }) {}

Job::~Job() {
    // Not under books_: the table destroys jobs without it.
    {
        const std::lock_guard lock(books_);
        ask_to_stop();
    }
    thread_.join();
}

void Job::ask_to_stop() {
    stop_.request_stop();
    run_stop_.request_stop();
    wake_.notify();
}

std::optional<std::string> Job::ask(JobAction action) {
    const bool is_over = result_.has_value();
    if (stop_.stop_requested()) return "it is being stopped";
    switch (action) {
        case JobAction::Pause:
            if (is_over) return "it does not run; restart starts it";
            break;
        case JobAction::Resume:
            if (is_over) return "it does not run; restart starts it";
            if (!is_paused_ && asked_ != JobAction::Pause) return "it is not paused";
            break;
        case JobAction::Restart:
            break;
        case JobAction::Drain:
            if (is_over) return std::nullopt;  // It is drained.
            break;
    }
    if (action == JobAction::Pause && is_paused_ && !asked_) return std::nullopt;
    asked_ = action;
    run_stop_.request_stop();
    wake_.notify();
    return std::nullopt;
}

double Job::run_seconds() const noexcept {
    const std::int64_t until = run_ended_ns_ != 0 ? run_ended_ns_ : runtime::steady_now_ns();
    return static_cast<double>(until - run_started_ns_) / 1e9;
}

void Job::live() {
    runtime::name_thread("job " + definition_.name);
    for (const std::string& warning : definition_.warnings)
        happened(Severity::Warning, "not_durable", warning);
    do {
        live_once();
    } while (wait_for_a_run());
}

// Runs, again after failures that may pass, until the job is over or paused.
void Job::live_once() {
    RestartPolicy restarts;
    for (;;) {
        const std::int64_t started = runtime::steady_now_ns();
        const RunResult result = run_once();
        if (result.end == RunResult::End::Drained && goes_on()) return;
        if (result.end != RunResult::End::Failed) {
            const bool reached = result.end != RunResult::End::Unreachable;
            if (!reached)
                happened(Severity::Error, "given_up", "given up after 30 s: " + result.failure.text,
                         result.failure.where);
            return end(result, reached ? JobState::Stopped : JobState::Failed);
        }
        set_trouble(result.failure.text);
        const auto again = result.failure.may_retry && !definition_.options.until_end
                               ? restarts.after_failure(started, runtime::steady_now_ns())
                               : std::nullopt;
        if (!again) {
            happened(Severity::Error, result.failure.code,
                     "failed for good: " + result.failure.text, result.failure.where);
            return end(result, JobState::Failed);
        }
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*again).count();
        happened(Severity::Error, result.failure.code,
                 result.failure.text + "; starting again in " + std::to_string(seconds) +
                     " s from the last commit",
                 result.failure.where);
        enter(JobState::Starting);
        if (!back_off(*again)) {
            if (!goes_on()) end(result, JobState::Stopped);
            return;
        }
        const std::lock_guard lock(books_);
        ++restarts_;
    }
}

std::stop_token Job::begin_run() {
    auto fresh = std::make_unique<runtime::JobCounters>(definition_.options.pipelines);
    const std::lock_guard lock(books_);
    counters_ = std::move(fresh);
    run_started_ns_ = runtime::steady_now_ns();
    run_ended_ns_ = 0;
    return run_stop_.get_token();
}

RunResult Job::run_once() {
    const std::stop_token stop = begin_run();
    runtime::Coordinator coordinator(definition_.plan, definition_.options, definition_.formats,
                                     definition_.make_ports(wake_.descriptor()), workers_, wake_,
                                     *counters_, *this);
    RunResult result = coordinator.run(stop);
    const std::lock_guard lock(books_);
    run_ended_ns_ = runtime::steady_now_ns();
    return result;
}

// False when the job was asked for something meanwhile.
bool Job::back_off(std::chrono::nanoseconds time) {
    const std::stop_token stop = [this] {
        const std::lock_guard lock(books_);
        return run_stop_.get_token();
    }();
    const std::int64_t until = runtime::steady_now_ns() + time.count();
    for (std::int64_t now = runtime::steady_now_ns(); now < until; now = runtime::steady_now_ns()) {
        wake_.arm();
        if (!stop.stop_requested()) wake_.wait(std::chrono::nanoseconds{until - now});
        wake_.disarm();
        if (stop.stop_requested()) return false;
    }
    return true;
}

// A run is over because something was asked for that does not end the job: shows what comes next.
bool Job::goes_on() {
    std::optional<JobAction> asked;
    {
        const std::lock_guard lock(books_);
        if (!stop_.stop_requested()) asked = asked_;
    }
    if (!asked || asked == JobAction::Drain) return false;
    enter(asked == JobAction::Pause ? JobState::Paused : JobState::Starting);
    return true;
}

// Paused or over: waits until there is something to run. False: stopped for good.
bool Job::wait_for_a_run() {
    for (;;) {
        wake_.arm();
        bool drained = false;
        bool stopped = false;
        {
            const std::lock_guard lock(books_);
            stopped = stop_.stop_requested();
            if (!stopped && asked_) {
                const JobAction action = *std::exchange(asked_, std::nullopt);
                run_stop_ = std::stop_source{};
                is_paused_ = action == JobAction::Pause && !result_;
                drained = action == JobAction::Drain && !result_;
                if (action == JobAction::Restart || action == JobAction::Resume) {
                    result_.reset();
                    trouble_.clear();
                    wake_.disarm();
                    return true;
                }
            }
            drained = drained || (stopped && !result_);
        }
        if (drained) end({RunResult::End::Drained, {}}, JobState::Stopped);
        if (!stopped) wake_.wait(std::chrono::seconds{1});
        wake_.disarm();
        if (stopped) return false;
    }
}

void Job::end(const RunResult& result, JobState state) {
    {
        const std::lock_guard lock(books_);
        result_ = result;
        is_paused_ = false;
        if (result.end == RunResult::End::Unreachable) trouble_ = result.failure.text;
    }
    enter(state);
    events_.ended();
}

void Job::enter(JobState state) {
    const std::lock_guard lock(books_);
    counters_->state.store(state, std::memory_order_relaxed);
    counters_->state_since_us.set(runtime::wall_now_us());
}

void Job::set_trouble(std::string text) {
    const std::lock_guard lock(books_);
    trouble_ = std::move(text);
}

void Job::happened(Severity severity, const std::string& code, const std::string& text,
                   const engine::RecordPlace& where) {
    const JobEvent event{runtime::wall_now_us(), severity, code, text, where};
    {
        const std::lock_guard lock(books_);
        recent_.push_back(event);
        if (recent_.size() > kMostEvents) recent_.pop_front();
    }
    events_.happened(definition_.name, event);
}

void Job::state_changed(JobState state) {
    if (state == JobState::Running) set_trouble({});
    const std::string name(runtime::job_state_name(state));
    happened(Severity::Info, "state_" + name,
             name);  // A code each: none hides the next in the log.
}

void Job::weather(const engine::PortError& error) {
    if (counters_->state.load(std::memory_order_relaxed) == JobState::Starting)
        set_trouble(error.text);
    happened(Severity::Warning, error.code, error.text, error.where);
}

}  // namespace velo::server
