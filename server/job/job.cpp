#include "server/job/job.hpp"

#include <utility>

#include "server/job/restart_policy.hpp"
#include "server/runtime/clock.hpp"

namespace velo::server {

Job::Job(JobDefinition definition, const std::vector<std::unique_ptr<runtime::Worker>>& workers,
         std::mutex& books, JobEvents& events)
    : definition_(std::move(definition)),
      workers_(workers),
      books_(books),
      events_(events),
      counters_(std::make_unique<runtime::JobCounters>(definition_.options.pipelines)),
      run_started_ns_(runtime::steady_now_ns()),
      thread_([this](const std::stop_token& stop) { live(stop); }) {}

Job::~Job() {
    ask_to_stop();
    thread_.join();
}

void Job::ask_to_stop() {
    thread_.request_stop();
    wake_.notify();
}

double Job::run_seconds() const noexcept {
    const std::int64_t until = run_ended_ns_ != 0 ? run_ended_ns_ : runtime::steady_now_ns();
    return static_cast<double>(until - run_started_ns_) / 1e9;
}

void Job::live(const std::stop_token& stop) {
    for (const std::string& warning : definition_.warnings)
        events_.happened(definition_.name, Severity::Warning, "not_durable", warning);
    RestartPolicy restarts;
    for (;;) {
        const std::int64_t started = runtime::steady_now_ns();
        const runtime::RunResult result = run_once(stop);
        if (result.end != runtime::RunResult::End::Failed) {
            const bool reached = result.end != runtime::RunResult::End::Unreachable;
            end(result, reached ? runtime::JobState::Stopped : runtime::JobState::Failed);
            return;
        }
        set_trouble(result.failure.text);
        const auto again = result.failure.may_retry && !definition_.options.until_end
                               ? restarts.after_failure(started, runtime::steady_now_ns())
                               : std::nullopt;
        if (!again) {
            events_.happened(definition_.name, Severity::Error, result.failure.code,
                             "failed for good: " + result.failure.text);
            end(result, runtime::JobState::Failed);
            return;
        }
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*again).count();
        events_.happened(definition_.name, Severity::Error, result.failure.code,
                         result.failure.text + "; starting again in " + std::to_string(seconds) +
                             " s from the last commit");
        if (!pause(*again, stop)) {
            end(result, runtime::JobState::Stopped);
            return;
        }
        const std::lock_guard lock(books_);
        ++restarts_;
    }
}

runtime::RunResult Job::run_once(const std::stop_token& stop) {
    {
        auto fresh = std::make_unique<runtime::JobCounters>(definition_.options.pipelines);
        const std::lock_guard lock(books_);
        counters_ = std::move(fresh);
        run_started_ns_ = runtime::steady_now_ns();
        run_ended_ns_ = 0;
    }
    runtime::Coordinator coordinator(definition_.plan, definition_.options, definition_.formats,
                                     definition_.make_ports(wake_.descriptor()), workers_, wake_,
                                     *counters_, *this);
    runtime::RunResult result = coordinator.run(stop);
    const std::lock_guard lock(books_);
    run_ended_ns_ = runtime::steady_now_ns();
    return result;
}

// False when the job was asked to stop meanwhile.
bool Job::pause(std::chrono::nanoseconds time, const std::stop_token& stop) {
    const std::int64_t until = runtime::steady_now_ns() + time.count();
    for (std::int64_t now = runtime::steady_now_ns(); now < until; now = runtime::steady_now_ns()) {
        wake_.arm();
        if (stop.stop_requested()) return false;
        wake_.wait(std::chrono::nanoseconds{until - now});
        wake_.disarm();
    }
    return !stop.stop_requested();
}

void Job::end(const runtime::RunResult& result, runtime::JobState state) {
    {
        const std::lock_guard lock(books_);
        result_ = result;
        if (result.end == runtime::RunResult::End::Unreachable) trouble_ = result.failure.text;
        counters_->state.store(state, std::memory_order_relaxed);
        counters_->state_since_us.set(runtime::wall_now_us());
    }
    events_.ended();
}

void Job::set_trouble(std::string text) {
    const std::lock_guard lock(books_);
    trouble_ = std::move(text);
}

void Job::state_changed(runtime::JobState state) {
    if (state == runtime::JobState::Running) set_trouble({});
    events_.happened(definition_.name, Severity::Info, "state",
                     std::string(runtime::job_state_name(state)));
}

void Job::weather(const engine::PortError& error) {
    if (counters_->state.load(std::memory_order_relaxed) == runtime::JobState::Starting)
        set_trouble(error.text);
    events_.happened(definition_.name, Severity::Warning, error.code, error.text);
}

}  // namespace velo::server
