#include "connectors/file/input_watch.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include <poll.h>

namespace velo::connectors {

bool can_block(int descriptor) noexcept {
    struct stat status{};
    return ::fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode);
}

bool is_readable(int descriptor) noexcept {
    pollfd poller{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&poller, 1, 0) != 0;
}

InputWatch::~InputWatch() {
    if (context_ != 0) ::syscall(SYS_io_destroy, context_);  // Takes back what has been asked.
}

std::optional<std::string> InputWatch::ask() {
    const auto failure = [] { return std::generic_category().message(errno); };
    if (context_ == 0 && ::syscall(SYS_io_setup, 1U, &context_) != 0) return failure();
    if (asked_) {
        io_event event{};
        timespec at_once{};
        if (::syscall(SYS_io_getevents, context_, 0L, 1L, &event, &at_once) != 1)
            return std::nullopt;
        asked_ = false;
    }
    request_ = {};
    request_.aio_lio_opcode = IOCB_CMD_POLL;
    request_.aio_fildes = static_cast<__u32>(descriptor_);
    request_.aio_buf = POLLIN;
    request_.aio_flags = IOCB_FLAG_RESFD;
    request_.aio_resfd = static_cast<__u32>(wake_descriptor_);
    iocb* requests[] = {&request_};
    if (::syscall(SYS_io_submit, context_, 1L, requests) != 1) return failure();
    asked_ = true;
    return std::nullopt;
}

}  // namespace velo::connectors
