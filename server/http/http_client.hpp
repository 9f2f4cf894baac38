// Asks a running daemon.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace velo::server {

struct HttpQuestion {
    std::string url;     // `http://127.0.0.1:8080`, without a path
    std::string method;  // `GET`
    std::string target;  // `/api/v1/jobs`
    std::string token;   // Empty: none is sent.
    std::chrono::seconds deadline{30};
};

struct HttpAnswer {
    unsigned status = 0;
    std::string body;
};

/// Waits for the answer; the error says why there is none. At most 64 MiB are read.
[[nodiscard]] std::expected<HttpAnswer, std::string> ask_http(const HttpQuestion& question);

/// Calls `take` with each piece of the answer as it comes, until the daemon ends it or `take` returns false; the body of
/// what is returned is empty then. An answer of another status than 200 is returned whole. An error: there was no answer,
/// or the connection broke. `deadline` is for the connection and the head alone.
[[nodiscard]] std::expected<HttpAnswer, std::string> stream_http(
    const HttpQuestion& question, const std::function<bool(std::string_view)>& take);

}  // namespace velo::server
