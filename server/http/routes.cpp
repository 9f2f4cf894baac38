#include "server/http/routes.hpp"

#include <algorithm>
#include <array>

#include "server/metrics/exporter.hpp"
#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

constexpr std::int64_t kStuckAfter =
    30'000'000'000;  // A thread that has not come by for so long hangs.

HttpResponse livez(const JobTable& jobs, const DaemonHealth& health) {
    const std::int64_t now = runtime::steady_now_ns();
    if (now - health.control_beat_ns.load() > kStuckAfter)
        return {.status = 503, .body = "the control loop is stuck\n"};
    if (now - jobs.oldest_heartbeat_ns() > kStuckAfter)
        return {.status = 503, .body = "a worker is stuck\n"};
    return {.body = "ok\n"};
}

HttpResponse readyz(const JobTable& jobs, const DaemonHealth& health, bool strict) {
    std::string body;
    bool ready = true;
    if (health.draining.load()) {
        ready = false;
        body += "draining\n";
    }
    jobs.visit([&](const Job& job) {
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

constexpr std::string_view kIndex =
    "Velostream Job Server\n\n"
    "/metrics   Prometheus metrics\n"
    "/livez     200 while the daemon's threads run\n"
    "/readyz    200 when every job runs; ?strict counts failed jobs too\n";

}  // namespace

HttpResponse answer(const HttpRequest& request, const JobTable& jobs, const DaemonHealth& health) {
    const std::size_t question = request.target.find('?');
    const std::string_view path = request.target.substr(0, question);
    const std::string_view query = question == std::string_view::npos
                                       ? std::string_view{}
                                       : request.target.substr(question + 1);
    static constexpr std::array<std::string_view, 5> kPaths{"/", "/metrics", "/livez", "/readyz",
                                                            "/healthz"};
    if (std::ranges::find(kPaths, path) == kPaths.end()) {
        return {.status = 404, .body = "no such path; / lists what there is\n"};
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return {.status = 405, .body = "this path only answers GET\n", .allow = "GET, HEAD"};
    }
    if (path == "/metrics")
        return {.content_type = kMetricsContentType, .body = metrics_text(jobs)};
    if (path == "/livez") return livez(jobs, health);
    if (path == "/readyz" || path == "/healthz")
        return readyz(jobs, health, query == "strict" || query.starts_with("strict="));
    return {.body = std::string(kIndex)};
}

}  // namespace velo::server
