#include "server/service_notice.hpp"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

constexpr std::int64_t kStatusEvery = 10'000'000'000;

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

ServiceNotice::ServiceNotice(const config::Environment& environment) {
    address_ = environment("NOTIFY_SOCKET").value_or("");
    if (address_.empty() || (address_[0] != '/' && address_[0] != '@') ||
        address_.size() >= sizeof(sockaddr_un::sun_path)) {
        address_.clear();
        return;
    }
    if (address_[0] == '@') address_[0] = '\0';
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto watched = environment("WATCHDOG_PID");
    if (!watched || number(*watched) == getpid())
        watchdog_ns_ = number(environment("WATCHDOG_USEC").value_or("0")) * 1000;
}

ServiceNotice::~ServiceNotice() {
    if (socket_ >= 0) close(socket_);
}

void ServiceNotice::send(const std::string& text) const {
    if (socket_ < 0) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // A manager that does not read is its own problem, and seen by it.
    static_cast<void>(!sendto(socket_, text.data(), text.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), size));
}

void ServiceNotice::ready() { send("READY=1"); }

void ServiceNotice::reloading() {
    // systemd 253 wants the time with it, older ones ignore it.
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(runtime::steady_now_ns() / 1000));
}

void ServiceNotice::stopping() { send("STOPPING=1"); }

bool ServiceNotice::status_is_due(std::int64_t now_ns) const noexcept {
    return socket_ >= 0 && now_ns >= next_status_ns_;
}

void ServiceNotice::status(std::string_view line, std::int64_t now_ns) {
    next_status_ns_ = now_ns + kStatusEvery;
    send("STATUS=" + std::string(line));
}

void ServiceNotice::beat(std::int64_t now_ns, std::int64_t oldest_heartbeat_ns) {
    if (watchdog_ns_ <= 0 || now_ns < next_beat_ns_) return;
    if (now_ns - oldest_heartbeat_ns > watchdog_ns_ / 2) return;
    next_beat_ns_ = now_ns + watchdog_ns_ / 4;
    send("WATCHDOG=1");
}

}  // namespace velo::server
