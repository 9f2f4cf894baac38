// A request and its answer, without a socket in sight.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace velo::server {

struct HttpRequest {
    std::string_view method;  // `GET`
    std::string_view target;  // `/readyz?strict`
    std::string_view host{};  // What these headers say; empty: they are not there.
    std::string_view origin{};
    std::string_view authorization{};
    std::string_view if_none_match{};
    std::string client{};  // Who asks, for the log: `127.0.0.1:50312`
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
    std::string allow{};  // With 405: the methods that would do.
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string_view route{};  // Which of the table of routes answered, for counting; empty: none.

    /// Set: the answer is a stream; this is called `every` so often for the next server-sent events, the first at once,
    /// `frames` times at most (0: until the client goes). Empty: nothing to send now; nullopt: the end. Thread: the server's.
    std::function<std::optional<std::string>()> next_event{};
    unsigned frames = 0;
    std::chrono::milliseconds every{1000};
};

}  // namespace velo::server
