// A folder of a test's own that is gone after it, and the descriptor a connector wakes.
#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include <poll.h>

namespace velo::tests {

class ScratchFolder {
public:
    ScratchFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "velostream-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), name);
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const {
        return (path_ / name).string();
    }

    /// Makes the file and returns its path.
    [[nodiscard]] std::string write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
        return path(name);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(path_ / name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }

private:
    std::filesystem::path path_;
};

class WakeDescriptor {
public:
    WakeDescriptor() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~WakeDescriptor() { ::close(descriptor_); }
    WakeDescriptor(const WakeDescriptor&) = delete;
    WakeDescriptor& operator=(const WakeDescriptor&) = delete;

    [[nodiscard]] int get() const noexcept { return descriptor_; }

    /// Waits for a wake and takes all that came; false: none came in time.
    [[nodiscard]] bool woken(int timeout_ms = 0) const {
        pollfd poller{.fd = descriptor_, .events = POLLIN, .revents = 0};
        if (::poll(&poller, 1, timeout_ms) <= 0) return false;
        std::uint64_t wakes = 0;
        return ::read(descriptor_, &wakes, sizeof wakes) == sizeof wakes;
    }

private:
    int descriptor_;
};

}  // namespace velo::tests
