// What the service manager is told: the protocol of sd_notify(3), without its library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/environment.hpp"

namespace velo::server {

/// Sends datagrams to $NOTIFY_SOCKET; without one, nothing.
/// Thread:  one.
class ServiceNotice {
public:
    explicit ServiceNotice(const config::Environment& environment);
    ~ServiceNotice();
    ServiceNotice(const ServiceNotice&) = delete;
    ServiceNotice& operator=(const ServiceNotice&) = delete;

    void ready();
    void reloading();
    void stopping();
    /// One line for `systemctl status`; sent when it is due, every 10 s.
    [[nodiscard]] bool status_is_due(std::int64_t now_ns) const noexcept;
    void status(std::string_view line, std::int64_t now_ns);
    /// Keeps the watchdog quiet if `oldest_heartbeat_ns` is younger than half its interval. Call at least once a second.
    void beat(std::int64_t now_ns, std::int64_t oldest_heartbeat_ns);

private:
    void send(const std::string& text) const;

    int socket_ = -1;
    std::string address_;           // As in sockaddr_un: an abstract one begins with a zero byte.
    std::int64_t watchdog_ns_ = 0;  // 0: there is none.
    std::int64_t next_beat_ns_ = 0;
    std::int64_t next_status_ns_ = 0;
};

}  // namespace velo::server
