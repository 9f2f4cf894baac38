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

// What of the server file a reload cannot change.
std::string restart_text(const config::ServerSpec& server) {
    std::string text =
        fmt::format("{} {} {} {} {}", server.workers.value.value_or(0), server.core_affinity,
                    static_cast<int>(server.log.level), static_cast<int>(server.log.format),
                    server.shutdown_deadline.count());
    if (server.http) {
        text += ' ' + server.http->listen.value.text();
        if (server.http->admin_token) text += ' ' + server.http->admin_token->name;
    }
    return text;
}

/// Makes jobs of files that have no mistakes. Throws Error when a secret cannot be read.
LoadedJobs jobs_of(LoadedFiles files, const config::Environment& environment, std::uint32_t workers,
                   bool until_end) {
    const BuildContext context{.server = files.server,
                               .environment = environment,
                               .workers = workers,
                               .jobs = static_cast<std::uint32_t>(files.jobs.size()),
                               .until_end = until_end,
                               .client_log = log_client_line};
    LoadedJobs loaded{.jobs = {}, .folders = files.folders, .server = restart_text(files.server)};
    for (LoadedJob& job : files.jobs)
        loaded.jobs.push_back(build_job(job.spec, std::move(job.plan), context));
    return loaded;
}

/// The same files again, as a reload reads them.
LoadJobs loader(const RunArguments& arguments, const config::Environment& environment,
                std::uint32_t workers) {
    return [=]() -> std::expected<LoadedJobs, LoadRefusal> {
        LoadedFiles files =
            load_files({arguments.server_file, arguments.jobs, arguments.until_end}, environment);
        if (!files.mistakes.empty())
            return std::unexpected(LoadRefusal{files.mistakes.text(), files.mistakes.json()});
        try {
            return jobs_of(std::move(files), environment, workers, arguments.until_end);
        } catch (const Error& error) {
            config::Diagnostics mistakes;
            mistakes.add(error.mistakes());
            return std::unexpected(LoadRefusal{mistakes.text(), mistakes.json()});
        }
    };
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
    options.watch = arguments.watch;
    if (files.server.http || !arguments.until_end) {
        const config::HttpSpec http = files.server.http.value_or(config::HttpSpec{});
        options.listen = http.listen.value.text();
        options.is_loopback = http.listen.value.is_loopback();
        if (http.admin_token) options.admin_token = http.admin_token->read(environment);
    }
    if (!arguments.until_end) options.load = loader(arguments, environment, options.workers);
    options.loaded = jobs_of(std::move(files), environment, options.workers, arguments.until_end);
    return run_daemon(std::move(options), environment);
}

}  // namespace velo::server
