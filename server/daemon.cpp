#include "server/daemon.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "server/command/command_line.hpp"
#include "server/http/http_server.hpp"
#include "server/http/routes.hpp"
#include "server/job/file_watch.hpp"
#include "server/job/job_table.hpp"
#include "server/log.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/counters.hpp"
#include "server/runtime/wake.hpp"
#include "server/service_notice.hpp"
#include "server/signals.hpp"

namespace velo::server {

namespace {

/// What happens to jobs goes to the log, and wakes the main loop.
class LoggedEvents final : public JobEvents {
public:
    explicit LoggedEvents(runtime::Wake& wake) : wake_(wake) {}
    void happened(const std::string& job, const JobEvent& event) override {
        const std::string& text = event.text;
        const LogFields fields{.job = job,
                               .code = event.code,
                               .topic = event.where.topic,
                               .partition = event.where.partition,
                               .offset = event.where.offset};
        switch (event.severity) {
            case Severity::Info:
                log_info(fields, text);
                break;
            case Severity::Warning:
                log_warning(fields, text);
                break;
            case Severity::Error:
                log_error(fields, text);
                break;
        }
    }
    void ended() override { wake_.notify(); }

private:
    runtime::Wake& wake_;
};

int exit_code(const JobTable& jobs) {
    int code = kExitOk;
    jobs.visit([&](const Job& job) {
        if (!job.result()) return;
        if (job.result()->end == runtime::RunResult::End::Failed) code = kExitFailed;
        if (job.result()->end == runtime::RunResult::End::Unreachable && code == kExitOk)
            code = kExitUnreachable;
    });
    return code;
}

void print_summaries(const JobTable& jobs) {
    jobs.visit([](const Job& job) { std::fprintf(stderr, "%s\n", summary_line(job).c_str()); });
}

}  // namespace

std::string summary_line(const Job& job) {
    const runtime::Law law = runtime::law_of(job.counters());
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%.2f", job.run_seconds());
    return job.definition().name + ": in " + std::to_string(law.in) + " answered " +
           std::to_string(law.answered) + " filtered " + std::to_string(law.filtered) + " late " +
           std::to_string(law.late) + " dead-lettered " + std::to_string(law.dead_lettered) +
           " dropped " + std::to_string(law.dropped) + " out " +
           std::to_string(job.counters().out_records.get()) + " seconds " + seconds.data();
}

namespace {

constexpr std::int64_t kSettleFiles = 1'000'000'000;  // Several writes are one change.

/// The daemon's main thread, once everything has started.
class MainLoop {
public:
    MainLoop(DaemonOptions options, const config::Environment& environment)
        : options_(std::move(options)),
          notice_(environment),
          events_(wake_),
          desk_(wake_),
          jobs_(options_.workers, options_.pin_to_cores, events_),
          doors_{.jobs = jobs_,
                 .health = health_,
                 .admin_token = options_.admin_token ? &*options_.admin_token : nullptr,
                 .is_loopback = options_.is_loopback,
                 .reload = [this] { return desk_.ask(std::chrono::seconds{20}); }} {
        wake_.arm();  // For good: every event wakes the loop.
        health_.control_beat_ns = runtime::steady_now_ns();
        health_.last_reload_success_us = runtime::wall_now_us();
        if (options_.listen) {
            http_ = std::make_unique<HttpServer>(
                *options_.listen,
                [this](const HttpRequest& request) { return answer(request, doors_); },
                doors_.requests);
        }
        if (options_.watch) files_.watch(options_.loaded.folders);
        for (JobDefinition& job : options_.loaded.jobs) jobs_.deploy(std::move(job));
        options_.loaded.jobs.clear();
        health_.started = true;
        if (http_) log_info({}, "listening on port " + std::to_string(http_->port()));
        notice_.ready();
    }

    [[nodiscard]] int run() {
        for (;;) {
            const int signal_number = signals_.wait(wake_, files_.descriptor(), patience());
            now_ns_ = runtime::steady_now_ns();
            health_.control_beat_ns = now_ns_;
            if (signal_number == SIGHUP) {
                log_reload(reload());
            } else if (signal_number != 0) {
                stop();
            }
            look_at_files();
            desk_.serve([this] {
                ReloadOutcome outcome = reload();
                log_reload(outcome);
                return outcome;
            });
            jobs_.settle();
            tell_service_manager();
            if ((options_.until_end || deadline_ns_ != 0) && jobs_.all_ended()) break;
            if (deadline_ns_ != 0 && now_ns_ > deadline_ns_) {
                log_error({},
                          "shutdown_deadline has passed; what was not committed is read again at "
                          "the next start");
                std::fflush(nullptr);
                _exit(kExitDeadline);
            }
        }
        http_.reset();
        if (options_.until_end) print_summaries(jobs_);
        return options_.until_end ? exit_code(jobs_) : kExitOk;
    }

private:
    [[nodiscard]] std::chrono::milliseconds patience() const {
        std::int64_t wait_ns = 1'000'000'000;
        if (reload_due_ns_ != 0)
            wait_ns = std::clamp<std::int64_t>(reload_due_ns_ - now_ns_, 0, wait_ns);
        return std::chrono::milliseconds{wait_ns / 1'000'000 + 1};
    }

    void stop() {
        if (deadline_ns_ != 0) {
            log_warning({}, "asked to stop a second time; not waiting for the drain");
            std::fflush(nullptr);
            _exit(kExitDeadline);
        }
        log_info({}, "draining: no more is read, what was read is answered and committed");
        notice_.stopping();
        health_.draining = true;
        deadline_ns_ = now_ns_ + options_.shutdown_deadline.count();
        jobs_.ask_all_to_stop();
    }

    void look_at_files() {
        if (files_.take_changes()) reload_due_ns_ = now_ns_ + kSettleFiles;
        if (reload_due_ns_ == 0 || now_ns_ < reload_due_ns_) return;
        reload_due_ns_ = 0;
        log_reload(reload());
    }

    ReloadOutcome reload() {
        if (!options_.load || deadline_ns_ != 0)
            return {.refusal = LoadRefusal{"nothing is reloaded any more\n", "[]"}, .diff = {}};
        notice_.reloading();
        auto loaded = options_.load();
        ReloadOutcome outcome;
        if (!loaded) {
            outcome.refusal = std::move(loaded.error());
            health_.last_reload_successful = false;
            ++health_.reload_failures;
        } else {
            outcome.diff = jobs_.replace_all(std::move(loaded->jobs));
            outcome.server_changed = loaded->server != options_.loaded.server;
            if (options_.watch) files_.watch(loaded->folders);
            health_.last_reload_successful = true;
            health_.last_reload_success_us = runtime::wall_now_us();
        }
        notice_.ready();
        return outcome;
    }

    static void log_reload(const ReloadOutcome& outcome) {
        const LogFields fields{.code = "reload"};
        if (outcome.refusal)
            return log_error(fields, "not reloaded, nothing has changed: " + outcome.refusal->text);
        const JobDiff& diff = outcome.diff;
        const auto count = [](const std::vector<std::string>& names, const char* what) {
            std::string text = std::to_string(names.size()) + " " + what;
            for (std::size_t i = 0; i < names.size() && i < 10; ++i)
                text += (i == 0 ? " (" : ", ") + names[i];
            return text + (names.empty() ? "" : ")");
        };
        log_info(fields, "reloaded: " + count(diff.started, "started") + ", " +
                             count(diff.restarted, "restarted") + ", " +
                             count(diff.stopped, "stopped") + ", " +
                             std::to_string(diff.unchanged.size()) + " unchanged");
        if (outcome.server_changed) {
            log_warning({.code = "reload_server"},
                        "the server file has changed in what only a restart of the daemon changes: "
                        "workers, core_affinity, http, log, shutdown_deadline");
        }
    }

    void tell_service_manager() {
        notice_.beat(now_ns_, jobs_.oldest_heartbeat_ns());
        if (!notice_.status_is_due(now_ns_)) return;
        std::size_t count = 0;
        std::size_t failed = 0;
        std::uint64_t read = 0;
        jobs_.visit([&](const Job& job) {
            ++count;
            if (job.counters().state.load() == runtime::JobState::Failed) ++failed;
            read += runtime::law_of(job.counters()).in;
        });
        std::string line = std::to_string(count) + (count == 1 ? " job" : " jobs");
        if (failed != 0) line += ", " + std::to_string(failed) + " failed";
        notice_.status(line + ", " + std::to_string(read) + " records read since they started",
                       now_ns_);
    }

    DaemonOptions options_;
    const Signals signals_;  // Before any thread: they inherit what is blocked.
    runtime::Wake wake_;
    FileWatch files_;
    ServiceNotice notice_;
    LoggedEvents events_;
    DaemonHealth health_;
    ReloadDesk desk_;
    JobTable jobs_;
    DaemonDoors doors_;
    std::unique_ptr<HttpServer> http_;
    std::int64_t now_ns_ = 0;
    std::int64_t deadline_ns_ = 0;    // Not 0: draining.
    std::int64_t reload_due_ns_ = 0;  // Not 0: files have changed.
};

}  // namespace

int run_daemon(DaemonOptions options, const config::Environment& environment) {
    return MainLoop(std::move(options), environment).run();
}

}  // namespace velo::server
