#include "server/daemon.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

#include <poll.h>

#include "engine/base/assert.hpp"
#include "server/command/command_line.hpp"
#include "server/http/http_server.hpp"
#include "server/http/routes.hpp"
#include "server/job/job_table.hpp"
#include "server/log.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/counters.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

namespace {

/// The signals the daemon waits for, as a descriptor.
class Signals {
public:
    Signals() {
        sigset_t set;
        sigemptyset(&set);
        for (const int number : {SIGTERM, SIGINT}) sigaddset(&set, number);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        signal(SIGPIPE, SIG_IGN);
        descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
        VELO_ASSERT(descriptor_ >= 0, "a signal descriptor can be made");
    }
    ~Signals() { close(descriptor_); }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Waits for a signal or a wake; returns the signal's number, or 0.
    [[nodiscard]] int wait(runtime::Wake& wake, std::chrono::milliseconds timeout) const {
        std::array<pollfd, 2> pollers{pollfd{descriptor_, POLLIN, 0},
                                      pollfd{wake.descriptor(), POLLIN, 0}};
        if (poll(pollers.data(), pollers.size(), static_cast<int>(timeout.count())) <= 0) return 0;
        wake.wait(std::chrono::nanoseconds{0});
        signalfd_siginfo info{};
        return read(descriptor_, &info, sizeof info) == sizeof info
                   ? static_cast<int>(info.ssi_signo)
                   : 0;
    }

private:
    int descriptor_ = -1;
};

/// What happens to jobs goes to the log, and wakes the main loop.
class LoggedEvents final : public JobEvents {
public:
    explicit LoggedEvents(runtime::Wake& wake) : wake_(wake) {}
    void happened(const std::string& job, Severity severity, const std::string& code,
                  const std::string& text) override {
        const LogFields fields{.job = job, .code = code};
        switch (severity) {
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

int run_daemon(DaemonOptions options) {
    const Signals signals;
    runtime::Wake wake;
    wake.arm();  // For good: every event wakes the loop.
    LoggedEvents events(wake);
    DaemonHealth health;
    health.control_beat_ns = runtime::steady_now_ns();
    JobTable jobs(options.workers, options.pin_to_cores, events);
    std::unique_ptr<HttpServer> http;
    if (options.listen) {
        http = std::make_unique<HttpServer>(*options.listen, [&](const HttpRequest& request) {
            return answer(request, jobs, health);
        });
        log_info({}, "listening on port " + std::to_string(http->port()));
    }
    for (JobDefinition& job : options.jobs) jobs.deploy(std::move(job));
    std::int64_t deadline_ns = 0;  // Not 0: draining.
    for (;;) {
        const int signal_number = signals.wait(wake, std::chrono::seconds{1});
        const std::int64_t now_ns = runtime::steady_now_ns();
        health.control_beat_ns = now_ns;
        if (signal_number != 0) {
            if (deadline_ns != 0) {
                log_warning({}, "asked to stop a second time; not waiting for the drain");
                std::fflush(nullptr);
                _exit(kExitDeadline);
            }
            log_info({}, "draining: no more is read, what was read is answered and committed");
            health.draining = true;
            deadline_ns = now_ns + options.shutdown_deadline.count();
            jobs.ask_all_to_stop();
        }
        if ((options.until_end || deadline_ns != 0) && jobs.all_ended()) break;
        if (deadline_ns != 0 && now_ns > deadline_ns) {
            log_error({},
                      "shutdown_deadline has passed; what was not committed is read again at the "
                      "next start");
            std::fflush(nullptr);
            _exit(kExitDeadline);
        }
    }
    http.reset();
    if (options.until_end) print_summaries(jobs);
    return options.until_end ? exit_code(jobs) : kExitOk;
}

}  // namespace velo::server
