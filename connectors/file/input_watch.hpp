// Wakes a thread when a pipe or terminal has something to read, without a thread that waits for it.
#pragma once

#include <linux/aio_abi.h>
#include <optional>
#include <string>

namespace velo::connectors {

/// Whether reading `descriptor` can block for long: pipes, sockets and terminals can, files cannot.
[[nodiscard]] bool can_block(int descriptor) noexcept;

/// Whether a read would return at once: with bytes, with the end or with an error.
[[nodiscard]] bool is_readable(int descriptor) noexcept;

/// Lets the kernel write to the wake descriptor once `descriptor` is readable (IOCB_CMD_POLL, Linux 4.18).
/// Thread:  owned by one reader.
class InputWatch {
public:
    InputWatch(int descriptor, int wake_descriptor)
        : descriptor_(descriptor), wake_descriptor_(wake_descriptor) {}
    ~InputWatch();
    InputWatch(const InputWatch&) = delete;
    InputWatch& operator=(const InputWatch&) = delete;

    /// Asks for one wake, unless one is asked for already. Returns what is wrong if the system does not do that.
    [[nodiscard]] std::optional<std::string> ask();

private:
    const int descriptor_;
    const int wake_descriptor_;
    aio_context_t context_ = 0;
    iocb request_{};
    bool asked_ = false;
};

}  // namespace velo::connectors
