// The daemon's one HTTP listener.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/http/http_counts.hpp"
#include "server/http/message.hpp"

namespace velo::server {

/// Serves requests on a thread of its own until it is destroyed. Bounds: 64 connections, of which 32 may be event streams
/// (503 beyond that), 16 KiB of headers (431), 1 MiB of body (413), 5 s to send a request, 30 s to take the answer.
/// Errors:  the constructor throws Error when `listen` is no address, and std::runtime_error when it is taken; both name
///          the key to change.
/// Thread:  the handler runs on the server's thread, which alone writes `counts`.
class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;
    HttpServer(const std::string& listen, Handler handler, HttpCounts& counts);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// The port it listens on: the one asked for, or the one the system chose for port 0.
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace velo::server
