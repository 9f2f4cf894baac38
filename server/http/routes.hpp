// What each path answers, without a socket in sight.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "config/secret.hpp"
#include "server/http/http_counts.hpp"
#include "server/http/message.hpp"
#include "server/http/tap_desk.hpp"
#include "server/job/job_table.hpp"
#include "server/job/reload.hpp"
#include "server/metrics/daemon_health.hpp"

namespace velo::server {

/// The daemon as its answers need it.
struct DaemonDoors {
    JobTable& jobs;
    const DaemonHealth& health;
    /// Who sends it may change jobs; null pointer: nobody may.
    const config::Secret* admin_token = nullptr;
    /// Only this machine reaches the listener: then names other than its own in Host are an attack through a browser.
    bool is_loopback = true;
    /// Reloads and waits for the outcome; nullopt when the main loop does not come to it.
    std::function<std::optional<ReloadOutcome>()> reload;
    TapDesk taps{jobs};
    HttpCounts requests{};
};

/// One line of the API: the same table answers, lists itself at /api/v1 and is held against docs/openapi.yaml.
struct Route {
    std::string_view method;
    std::string_view path;  // `{name}` stands for one segment.
    std::string_view does;
    bool changes;  // Needs the token.
    HttpResponse (*answer)(const HttpRequest&, DaemonDoors&, std::string_view name);
};
[[nodiscard]] std::span<const Route> routes() noexcept;

/// Nothing when the request shows the admin token; else the refusal.
[[nodiscard]] std::optional<HttpResponse> refuse_without_token(const HttpRequest& request,
                                                               const DaemonDoors& doors);

/// Answers one request. Thread: the server's.
[[nodiscard]] HttpResponse answer(const HttpRequest& request, DaemonDoors& doors);

}  // namespace velo::server
