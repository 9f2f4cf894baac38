// The running daemon: jobs, signals, HTTP, and how it ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/environment.hpp"
#include "config/secret.hpp"
#include "server/job/job.hpp"
#include "server/job/reload.hpp"

namespace velo::server {

/// What to run and how; made from the command line and the configuration, which have been judged already.
struct DaemonOptions {
    LoadedJobs loaded;
    LoadJobs load;       // Reads the same files again; not set: there is nothing to reload.
    bool watch = false;  // Reload when files change.
    std::uint32_t workers = 1;
    bool pin_to_cores = false;
    std::optional<std::string> listen;  // nullopt: no HTTP.
    bool is_loopback = true;            // What `listen` is.
    std::optional<config::Secret> admin_token;
    std::chrono::nanoseconds shutdown_deadline = std::chrono::seconds{30};
    bool until_end =
        false;  // End when every job has, with one summary line per job on standard error.
};

/// SIGHUP, --watch and the API reload: jobs that have changed are drained and started anew, the others run on; with any
/// mistake nothing changes. Runs until SIGTERM or SIGINT has drained all jobs (a second one does not wait), or all jobs have ended.
/// Returns the exit code of docs/operations.md: 0, 1 (a job failed), 3 (deadline passed), 69 (unreachable).
/// Errors:  throws Error when the HTTP address cannot be bound.
/// Thread:  the main thread, before any other has been started: it blocks the signals it waits for.
[[nodiscard]] int run_daemon(DaemonOptions options, const config::Environment& environment);

/// `trades: in 5 answered 5 filtered 0 late 0 dead-lettered 0 dropped 0 out 5 seconds 0.01`. Under the table's mutex.
[[nodiscard]] std::string summary_line(const Job& job);

}  // namespace velo::server
