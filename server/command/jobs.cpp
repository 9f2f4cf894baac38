// Lists the jobs of a running daemon, and changes them: pause, resume, restart, drain; reset.cpp has the rest.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/command/commands.hpp"
#include "server/command/daemon_client.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kAskEvery{100};

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string lag_text(const JsonValue& job) {
    const JsonValue* lag = job.find("lag");
    if (lag == nullptr || lag->kind != JsonValue::Kind::Number) return "-";
    return short_count(job.number_of("lag"));
}

void write_table(const std::vector<const JsonValue*>& jobs, std::ostream& out) {
    std::size_t widest = 3;
    for (const JsonValue* job : jobs) widest = std::max(widest, job->text_of("name").size());
    out << fmt::format("{:<{}}  {:<10}  {:>8}  {:>8}  {:>8}  {:>6}  {:>6}  {}\n", "JOB", widest,
                       "STATE", "IN", "OUT", "LAG", "LATE", "DLQ", "WATERMARK");
    for (const JsonValue* job : jobs) {
        out << fmt::format("{:<{}}  {:<10}  {:>8}  {:>8}  {:>8}  {:>6}  {:>6}  {}\n",
                           job->text_of("name"), widest, job->text_of("state"),
                           short_count(job->number_of("records_in")),
                           short_count(job->number_of("records_out")), lag_text(*job),
                           short_count(job->number_of("records_late")),
                           short_count(job->number_of("records_dead_lettered")),
                           or_dash(job->text_of("watermark")));
        const std::string trouble = job->text_of("trouble");
        if (!trouble.empty()) out << "    " << trouble << '\n';
    }
}

int list(const DaemonClient& daemon, const JobsArguments& arguments, std::ostream& out,
         std::ostream& err) {
    const auto answer =
        daemon.get("/api/v1/jobs" + (arguments.name.empty() ? "" : "/" + arguments.name));
    if (!answer) {
        err << "velostream: " << answer.error() << '\n';
        return kExitFailed;
    }
    if (arguments.json) {
        out << *answer;
        return kExitOk;
    }
    const auto json = parse_json(*answer);
    if (!json) {
        err << "velostream: what answers there is no daemon of this program\n";
        return kExitFailed;
    }
    std::vector<const JsonValue*> jobs;
    if (const JsonValue* all = json->find("jobs")) {
        for (const JsonValue& job : all->items) jobs.push_back(&job);
    } else {
        jobs.push_back(&*json);
    }
    write_table(jobs, out);
    return kExitOk;
}

/// Whether a job that was asked for `action` has come to where that leads.
bool has_arrived(const std::string& action, const std::string& state) {
    if (state == "failed") return true;
    if (action == "pause") return state == "paused" || state == "stopped";
    if (action == "drain") return state == "stopped";
    // A job may end up in any of its working states: running, standing by, waiting for room.
    return state != "paused" && state != "draining" && state != "starting" && state != "restoring";
}

int change(const DaemonClient& daemon, const JobsArguments& arguments, std::ostream& out,
           std::ostream& err) {
    const std::string path = "/api/v1/jobs/" + arguments.name;
    const auto fail = [&](const std::string& text) {
        err << "velostream: " << text << '\n';
        return kExitFailed;
    };
    const auto before = daemon.get(path);
    if (!before) return fail(before.error());
    const auto asked = daemon.post(path + "/" + arguments.action);
    if (!asked) return fail(asked.error());
    const std::string since = parse_json(*before).value_or(JsonValue{}).text_of("since");
    runtime::Wake pause;  // Nobody wakes it: it paces the questions.
    std::string state;
    std::string trouble;
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
        const auto now = daemon.get(path);
        if (!now) return fail(now.error());
        const JsonValue job = parse_json(*now).value_or(JsonValue{});
        state = job.text_of("state");
        trouble = job.text_of("trouble");
        // A restart leads to where it began; only the time tells them apart.
        const bool moved = arguments.action != "restart" || job.text_of("since") != since;
        if (moved && has_arrived(arguments.action, state)) break;
        pause.arm();
        pause.wait(kAskEvery);
        pause.disarm();
    }
    if (arguments.json) {
        out << fmt::format("{{\"name\":\"{}\",\"state\":\"{}\"}}\n", arguments.name, state);
    } else {
        out << fmt::format("{}: {}\n", arguments.name, state);
        if (!trouble.empty()) out << "    " << trouble << '\n';
    }
    return has_arrived(arguments.action, state) && state != "failed" ? kExitOk : kExitFailed;
}

}  // namespace

int jobs(const JobsArguments& arguments, const config::Environment& environment, std::ostream& out,
         std::ostream& err) {
    if (arguments.action == "reset") return reset(arguments, environment, out, err);
    const DaemonClient daemon(arguments.daemon, environment);
    if (arguments.action == "list") return list(daemon, arguments, out, err);
    return change(daemon, arguments, out, err);
}

}  // namespace velo::server
