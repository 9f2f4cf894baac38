// The signals that end or reload the program, as a descriptor to wait on.
#pragma once

#include <chrono>

#include "server/runtime/wake.hpp"

namespace velo::server {

/// SIGTERM, SIGINT and SIGHUP; SIGPIPE is ignored from now on.
/// Thread:  made by the main thread before any other is started: they inherit what is blocked.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Waits for a signal, a wake or a file that changes (-1: none); returns the signal's number, or 0.
    [[nodiscard]] int wait(runtime::Wake& wake, int files, std::chrono::milliseconds timeout) const;

private:
    int descriptor_ = -1;
};

}  // namespace velo::server
