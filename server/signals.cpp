#include "server/signals.hpp"

#include <array>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <poll.h>

#include "engine/base/assert.hpp"

namespace velo::server {

Signals::Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_IGN);
    descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    VELO_ASSERT(descriptor_ >= 0, "a signal descriptor can be made");
}

Signals::~Signals() { close(descriptor_); }

int Signals::wait(runtime::Wake& wake, int files, std::chrono::milliseconds timeout) const {
    std::array<pollfd, 3> pollers{pollfd{descriptor_, POLLIN, 0},
                                  pollfd{wake.descriptor(), POLLIN, 0}, pollfd{files, POLLIN, 0}};
    if (poll(pollers.data(), pollers.size(), static_cast<int>(timeout.count())) <= 0) return 0;
    wake.wait(std::chrono::nanoseconds{0});
    signalfd_siginfo info{};
    return read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
}

}  // namespace velo::server
