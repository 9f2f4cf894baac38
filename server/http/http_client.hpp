// Asks a running daemon.
#pragma once

#include <chrono>
#include <expected>
#include <string>

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

}  // namespace velo::server
