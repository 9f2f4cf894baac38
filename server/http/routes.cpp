#include "server/http/routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/format/json_writer.hpp"
#include "server/http/api.hpp"
#include "server/http/page.hpp"
#include "server/metrics/exporter.hpp"
#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

constexpr std::int64_t kStuckAfter =
    30'000'000'000;  // A thread that has not come by for so long hangs.

HttpResponse livez(const HttpRequest&, DaemonDoors& doors, std::string_view) {
    const std::int64_t now = runtime::steady_now_ns();
    if (now - doors.health.control_beat_ns.load() > kStuckAfter)
        return {.status = 503, .body = "the control loop is stuck\n"};
    if (now - doors.jobs.oldest_heartbeat_ns() > kStuckAfter)
        return {.status = 503, .body = "a worker is stuck\n"};
    return {.body = "ok\n"};
}

HttpResponse readyz(const HttpRequest& request, DaemonDoors& doors, std::string_view) {
    const std::size_t question = request.target.find('?');
    const std::string_view query = question == std::string_view::npos
                                       ? std::string_view{}
                                       : request.target.substr(question + 1);
    const bool strict = query == "strict" || query.starts_with("strict=");
    std::string body;
    bool ready = true;
    if (!doors.health.started.load()) {
        ready = false;
        body += "starting\n";
    }
    if (doors.health.draining.load()) {
        ready = false;
        body += "draining\n";
    }
    doors.jobs.visit([&](const Job& job) {
        const runtime::JobState state = job.counters().state.load(std::memory_order_relaxed);
        const bool starting =
            state == runtime::JobState::Starting || state == runtime::JobState::Restoring;
        const bool failed = state == runtime::JobState::Failed;
        const bool away = job.counters().world_away.get() != 0;
        if (starting || away || (failed && strict)) ready = false;
        if (!starting && !failed && !away) return;
        body += "job " + job.definition().name + ": ";
        body += away && !starting ? "broker away" : runtime::job_state_name(state);
        if (!job.trouble().empty()) body += ": " + job.trouble();
        body += '\n';
    });
    if (ready) body += "ok\n";
    return {.status = ready ? 200U : 503U, .body = std::move(body)};
}

HttpResponse metrics(const HttpRequest&, DaemonDoors& doors, std::string_view) {
    return {.content_type = kMetricsContentType,
            .body = metrics_text(doors.jobs, doors.health, doors.requests)};
}

HttpResponse page(const HttpRequest& request, DaemonDoors&, std::string_view) {
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    const PageFile& file = *std::ranges::find(page_files(), path, &PageFile::path);
    HttpResponse response{.content_type = std::string(file.content_type)};
    response.headers = {
        {"ETag", file.etag},
        {"Cache-Control", "no-cache"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy",
         "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"}};
    if (request.if_none_match == file.etag) {
        response.status = 304;
    } else {
        response.body = file.content;
    }
    return response;
}

constexpr std::array kRoutes{
    Route{"GET", "/", "The status page.", false, page},
    Route{"GET", "/app.js", "The status page's program.", false, page},
    Route{"GET", "/tail.js", "The part of it that shows records.", false, page},
    Route{"GET", "/style.css", "The status page's looks.", false, page},
    Route{"GET", "/metrics", "Prometheus metrics.", false, metrics},
    Route{"GET", "/livez", "200 while the daemon's threads run.", false, livez},
    Route{"GET", "/readyz", "200 when every job runs; ?strict counts failed jobs too.", false,
          readyz},
    Route{"GET", "/healthz", "As /readyz.", false, readyz},
    Route{"GET", "/api/v1", "This list.", false, api_index},
    Route{"GET", "/api/v1/version", "Which build this is.", false, api_version},
    Route{"GET", "/api/v1/jobs", "All jobs, one summary each.", false, api_jobs},
    Route{"GET", "/api/v1/jobs/{name}", "One job with all there is to know.", false, api_job},
    Route{"GET", "/api/v1/jobs/{name}/tap",
          "Samples of its records as server-sent events; ?point=source, sink or dlq.", false,
          api_tap},
    Route{"POST", "/api/v1/jobs/{name}/pause", "Drain the job and keep what is committed.", true,
          api_pause},
    Route{"POST", "/api/v1/jobs/{name}/resume", "Go on with a paused job.", true, api_resume},
    Route{"POST", "/api/v1/jobs/{name}/restart", "Drain the job if it runs, and start it anew.",
          true, api_restart},
    Route{"POST", "/api/v1/jobs/{name}/drain", "Drain the job and stop it.", true, api_drain},
    Route{"POST", "/api/v1/reload", "Read the configuration again, and change what differs.", true,
          api_reload},
    Route{"GET", "/api/v1/events", "A snapshot of all jobs each second, as server-sent events.",
          false, api_events},
};

/// Whether `path` is one of the pattern's, and what stands for {name}.
bool matches(std::string_view pattern, std::string_view path, std::string_view& name) {
    const std::size_t open = pattern.find('{');
    if (open == std::string_view::npos) return pattern == path;
    const std::string_view after = pattern.substr(pattern.find('}') + 1);
    if (path.size() <= open + after.size() || !path.starts_with(pattern.substr(0, open)) ||
        !path.ends_with(after))
        return false;
    name = path.substr(open, path.size() - open - after.size());
    return name.find('/') == std::string_view::npos;
}

std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

// A page of another site that resolves its own name to 127.0.0.1 would read all this otherwise.
bool is_own_host(std::string_view authority) {
    const std::string_view host = host_of(authority);
    return host.empty() || host == "localhost" || host.starts_with('[') ||
           host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_own_origin(const HttpRequest& request) {
    if (request.origin.empty()) return true;
    const std::size_t scheme = request.origin.find("://");
    return scheme != std::string_view::npos && request.origin.substr(scheme + 3) == request.host;
}

// Nothing when the request may change something.
std::optional<HttpResponse> refuse_change(const HttpRequest& request, const DaemonDoors& doors) {
    if (!is_own_origin(request)) return api_error(403, "this request comes from another site");
    if (doors.admin_token == nullptr)
        return api_error(403,
                         "nothing can be changed over HTTP: no http.admin_token is configured");
    return refuse_without_token(request, doors);
}

HttpResponse not_found(std::string_view path) {
    if (path.starts_with("/api/"))
        return api_error(404, "no such path; /api/v1 lists what there is");
    return {.status = 404, .body = "no such path; /api/v1 lists what there is\n"};
}

}  // namespace

std::span<const Route> routes() noexcept { return kRoutes; }

std::optional<HttpResponse> refuse_without_token(const HttpRequest& request,
                                                 const DaemonDoors& doors) {
    static constexpr std::string_view kBearer = "Bearer ";
    const bool right = doors.admin_token != nullptr && request.authorization.starts_with(kBearer) &&
                       doors.admin_token->equals(request.authorization.substr(kBearer.size()));
    if (right) return std::nullopt;
    HttpResponse response =
        api_error(401, request.authorization.empty()
                           ? "this needs the header Authorization: Bearer with the admin token"
                           : "the token is not the right one");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"velostream\"");
    return response;
}

HttpResponse answer(const HttpRequest& request, DaemonDoors& doors) {
    if (doors.is_loopback && !is_own_host(request.host)) {
        return {.status = 421,
                .body = "this listener is for this machine alone; ask it as localhost\n"};
    }
    std::string_view path = request.target.substr(0, request.target.find('?'));
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    std::string allow;
    std::string_view known;
    const auto counted = [&known](HttpResponse response) {
        response.route = known;
        return response;
    };
    for (const Route& route : kRoutes) {
        std::string_view name;
        if (!matches(route.path, path, name)) continue;
        known = route.path;
        const bool head = request.method == "HEAD" && route.method == "GET";
        if (request.method != route.method && !head) {
            allow += route.method == "GET" ? "GET, HEAD" : std::string(route.method);
            continue;
        }
        if (route.changes) {
            if (auto refusal = refuse_change(request, doors)) return counted(std::move(*refusal));
        }
        return counted(route.answer(request, doors, name));
    }
    if (allow.empty()) return not_found(path);
    HttpResponse response{.status = 405, .body = "this path only answers " + allow + "\n"};
    if (path.starts_with("/api/")) response = api_error(405, "this path only answers " + allow);
    response.allow = allow;
    return counted(std::move(response));
}

}  // namespace velo::server
