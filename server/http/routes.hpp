// What each path answers, without a socket in sight.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "server/job/job_table.hpp"

namespace velo::server {

struct HttpRequest {
    std::string_view method;  // `GET`
    std::string_view target;  // `/readyz?strict`
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
    std::string allow{};  // With 405: the methods that would do.
};

/// What the daemon as a whole is doing, for the health answers.
struct DaemonHealth {
    std::atomic<bool> draining{false};
    std::atomic<std::int64_t> control_beat_ns{
        0};  // When the main loop last came by (steady clock).
};

/// Answers one request. Thread: any.
[[nodiscard]] HttpResponse answer(const HttpRequest& request, const JobTable& jobs,
                                  const DaemonHealth& health);

}  // namespace velo::server
