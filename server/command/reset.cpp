// Makes a job forget its positions and its state. It asks Kafka itself: the job must not run anywhere.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "connectors/kafka/reset_job.hpp"
#include "server/command/commands.hpp"
#include "server/job/job_builder.hpp"
#include "server/job/job_files.hpp"
#include "server/log.hpp"

namespace velo::server {

namespace {

/// The job's own connection where the server file knows the job, else the server file's.
config::JobSpec spec_of(const JobsArguments& arguments, const config::Environment& environment) {
    LoadedFiles files =
        load_files({arguments.daemon.server_file, {}, /*bounded=*/false}, environment);
    const auto found = std::ranges::find_if(
        files.jobs, [&](const LoadedJob& job) { return job.spec.name.value == arguments.name; });
    if (found != files.jobs.end()) return std::move(found->spec);
    config::JobSpec spec;
    spec.name.value = arguments.name;
    return spec;
}

std::string as_json(const std::string& job, const connectors::Forgotten& forgotten) {
    std::string positions;
    for (const auto& each : forgotten.positions) {
        positions +=
            fmt::format("{}{{\"topic\":\"{}\",\"partition\":{},\"offset\":{}}}",
                        positions.empty() ? "" : ",", each.topic, each.partition, each.offset);
    }
    return fmt::format("{{\"name\":\"{}\",\"positions\":[{}],\"state_topic\":\"{}\"}}\n", job,
                       positions, forgotten.state_topic);
}

std::string as_text(const std::string& job, const connectors::Forgotten& forgotten) {
    if (forgotten.positions.empty() && forgotten.state_topic.empty())
        return job + ": there was nothing to forget\n";
    std::string text = job + ": forgotten\n";
    for (const auto& each : forgotten.positions)
        text += fmt::format("    position {} of {} partition {}\n", each.offset, each.topic,
                            each.partition);
    if (!forgotten.state_topic.empty())
        text += fmt::format("    the state log {}: all groups, windows and buffers\n",
                            forgotten.state_topic);
    return text +
           "It begins again where 'start:' says; what it has written stays, and is written "
           "again.\n";
}

}  // namespace

int reset(const JobsArguments& arguments, const config::Environment& environment, std::ostream& out,
          std::ostream& err) {
    LoadedFiles files = load_server_file(arguments.daemon.server_file, environment);
    if (!files.mistakes.empty()) {
        err << files.mistakes.text();
        return kExitConfiguration;
    }
    try {
        const BuildContext context{.server = files.server,
                                   .environment = environment,
                                   .workers = 1,
                                   .jobs = 1,
                                   .until_end = false,
                                   .client_log = {}};
        const auto forgotten = connectors::reset_job(
            client_options(spec_of(arguments, environment), context), arguments.name);
        if (!forgotten) {
            err << "velostream: " << forgotten.error().text << '\n';
            return forgotten.error().fatal ? kExitFailed : kExitUnreachable;
        }
        out << (arguments.json ? as_json(arguments.name, *forgotten)
                               : as_text(arguments.name, *forgotten));
        return kExitOk;
    } catch (const Error& error) {
        for (const Mistake& mistake : error.mistakes()) err << mistake.line() << '\n';
        return kExitConfiguration;
    }
}

}  // namespace velo::server
