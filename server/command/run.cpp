#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "server/command/commands.hpp"
#include "server/daemon.hpp"
#include "server/job/job_builder.hpp"
#include "server/job/job_files.hpp"
#include "server/log.hpp"

namespace velo::server {

namespace {

void log_client_line(connectors::LogLevel level, std::string_view line) {
    const LogFields fields{.code = "kafka_client", .logger = "kafka"};
    switch (level) {
        case connectors::LogLevel::Error:
            return log_error(fields, line);
        case connectors::LogLevel::Warning:
            return log_warning(fields, line);
        case connectors::LogLevel::Info:
            return log_info(fields, line);
        case connectors::LogLevel::Debug:
            return log_debug(fields, line);
    }
}

std::uint32_t worker_count(const RunArguments& arguments, const config::ServerSpec& server) {
    if (arguments.workers) return *arguments.workers;
    return server.workers.value.value_or(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

int run(const RunArguments& arguments, const config::Environment& environment, std::ostream& err) {
    LoadedFiles files =
        load_files({arguments.server_file, arguments.jobs, arguments.until_end}, environment);
    if (!files.mistakes.empty()) {
        err << files.mistakes.text();
        return kExitConfiguration;
    }
    set_up_log(arguments.log_level.value_or(files.server.log.level),
               arguments.log_format.value_or(files.server.log.format));
    DaemonOptions options;
    options.workers = worker_count(arguments, files.server);
    options.pin_to_cores = files.server.core_affinity;
    options.shutdown_deadline = files.server.shutdown_deadline;
    options.until_end = arguments.until_end;
    if (files.server.http || !arguments.until_end)
        options.listen = files.server.http.value_or(config::HttpSpec{}).listen.value.text();
    const BuildContext context{.server = files.server,
                               .environment = environment,
                               .workers = options.workers,
                               .jobs = static_cast<std::uint32_t>(files.jobs.size()),
                               .until_end = arguments.until_end,
                               .client_log = log_client_line};
    for (LoadedJob& job : files.jobs)
        options.jobs.push_back(build_job(job.spec, std::move(job.plan), context));
    return run_daemon(std::move(options));
}

}  // namespace velo::server
