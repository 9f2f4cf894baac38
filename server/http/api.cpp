#include "server/http/api.hpp"

#include <charconv>
#include <memory>

#include "engine/format/json_writer.hpp"
#include "server/log.hpp"
#include "server/metrics/job_view.hpp"
#include "server/version.hpp"

namespace velo::server {

namespace {

using engine::JsonWriter;

constexpr std::string_view kJson = "application/json";

HttpResponse json_response(std::string body, unsigned status = 200) {
    return {.status = status,
            .content_type = std::string(kJson),
            .body = std::move(body),
            .headers = {{"Cache-Control", "no-store"}}};
}

std::string_view action_name(JobAction action) {
    switch (action) {
        case JobAction::Pause:
            return "pause";
        case JobAction::Resume:
            return "resume";
        case JobAction::Restart:
            return "restart";
        case JobAction::Drain:
            return "drain";
    }
    return "";
}

HttpResponse change(const HttpRequest& request, DaemonDoors& doors, std::string_view name,
                    JobAction action) {
    if (doors.health.draining.load()) return api_error(503, "the daemon is stopping");
    const auto state = doors.jobs.ask(std::string(name), action);
    if (!state) {
        return api_error(state.error().kind == JobTable::Refusal::NoSuchJob ? 404 : 409,
                         state.error().text);
    }
    log_info({.job = std::string(name), .code = "operator"},
             std::string(action_name(action)) + " asked for by " + request.client);
    std::string body;
    JsonWriter json(body);
    json.begin_object().name("name").text(name);
    json.name("state").text(runtime::job_state_name(*state));
    json.name("asked").text(action_name(action)).end_object();
    return json_response(body + '\n', 202);
}

void write_names(JsonWriter& json, std::string_view what, const std::vector<std::string>& names) {
    json.name(what).begin_array();
    for (const std::string& name : names) json.text(name);
    json.end_array();
}

// What stands behind `name=` in the query of a target; empty when it is not there.
std::string_view text_in_query(std::string_view target, std::string_view name) {
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return {};
    std::string_view query = target.substr(question + 1);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return pair.substr(name.size() + 1);
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
    return {};
}

// As a number; 0 when it is none.
unsigned number_in_query(std::string_view target, std::string_view name) {
    const std::string_view digits = text_in_query(target, name);
    unsigned number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace

HttpResponse api_error(unsigned status, std::string_view text) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().name("error").text(text).end_object();
    return json_response(body + '\n', status);
}

HttpResponse api_index(const HttpRequest&, DaemonDoors&, std::string_view) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().name("routes").begin_array();
    for (const Route& route : routes()) {
        json.begin_object().name("method").text(route.method).name("path").text(route.path);
        json.name("does").text(route.does).name("needs_token").boolean(route.changes);
        json.end_object();
    }
    json.end_array().end_object();
    return json_response(body + '\n');
}

HttpResponse api_version(const HttpRequest&, DaemonDoors&, std::string_view) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().name("version").text(kVersion).name("revision").text(kRevision);
    json.name("build_type").text(kBuildType).name("compiler").text(kCompiler).end_object();
    return json_response(body + '\n');
}

HttpResponse api_jobs(const HttpRequest&, DaemonDoors& doors, std::string_view) {
    return json_response(jobs_json(doors.jobs));
}

HttpResponse api_job(const HttpRequest&, DaemonDoors& doors, std::string_view name) {
    auto body = job_json(doors.jobs, std::string(name));
    if (!body) return api_error(404, "no job '" + std::string(name) + "'; /api/v1/jobs lists them");
    return json_response(std::move(*body));
}

HttpResponse api_pause(const HttpRequest& request, DaemonDoors& doors, std::string_view name) {
    return change(request, doors, name, JobAction::Pause);
}
HttpResponse api_resume(const HttpRequest& request, DaemonDoors& doors, std::string_view name) {
    return change(request, doors, name, JobAction::Resume);
}
HttpResponse api_restart(const HttpRequest& request, DaemonDoors& doors, std::string_view name) {
    return change(request, doors, name, JobAction::Restart);
}
HttpResponse api_drain(const HttpRequest& request, DaemonDoors& doors, std::string_view name) {
    return change(request, doors, name, JobAction::Drain);
}

HttpResponse api_reload(const HttpRequest& request, DaemonDoors& doors, std::string_view) {
    if (doors.health.draining.load()) return api_error(503, "the daemon is stopping");
    log_info({.code = "operator"}, "reload asked for by " + request.client);
    const auto outcome = doors.reload();
    if (!outcome) return api_error(503, "the daemon does not come to it; ask again");
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    if (outcome->refusal) {
        json.name("error").text("the configuration has mistakes; nothing has changed");
        json.name("mistakes").raw(outcome->refusal->mistakes);
        json.name("report").text(outcome->refusal->text);
        json.end_object();
        return json_response(body + '\n', 422);
    }
    write_names(json, "started", outcome->diff.started);
    write_names(json, "restarted", outcome->diff.restarted);
    write_names(json, "stopped", outcome->diff.stopped);
    write_names(json, "unchanged", outcome->diff.unchanged);
    json.name("needs_restart").boolean(outcome->server_changed);
    json.end_object();
    return json_response(body + '\n');
}

// Records are the users' own, more than numbers: whoever is not on this machine shows the token first.
HttpResponse api_tap(const HttpRequest& request, DaemonDoors& doors, std::string_view name) {
    if (!doors.is_loopback) {
        if (auto refusal = refuse_without_token(request, doors)) return std::move(*refusal);
    }
    const std::string_view asked = text_in_query(request.target, "point");
    const auto point = tap_point_of(asked.empty() ? "sink" : asked);
    if (!point) return api_error(400, point.error());
    const std::string job(name);
    if (!doors.jobs.visit(job, [](const Job&) {}))
        return api_error(404, "no job '" + job + "'; /api/v1/jobs lists them");
    HttpResponse response{.content_type = "text/event-stream"};
    response.frames = number_in_query(request.target, "frames");
    response.every = std::chrono::milliseconds{TapDesk::kEveryMs};
    response.next_event = doors.taps.look(job, *point, number_in_query(request.target, "limit"));
    return response;
}

HttpResponse api_events(const HttpRequest& request, DaemonDoors& doors, std::string_view) {
    HttpResponse response{.content_type = "text/event-stream"};
    response.frames = number_in_query(request.target, "frames");
    response.next_event = [&doors,
                           number = std::uint64_t{0}]() mutable -> std::optional<std::string> {
        const std::string begin = number == 0 ? "retry: 1000\n" : "";
        return begin + "id: " + std::to_string(++number) + "\nevent: snapshot\ndata: " +
               snapshot_json(doors.jobs, doors.health.draining.load(),
                             doors.admin_token != nullptr) +
               "\n\n";
    };
    return response;
}

}  // namespace velo::server
