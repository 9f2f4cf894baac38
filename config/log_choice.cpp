#include "config/log_choice.hpp"

#include <array>

namespace velo::config {

namespace {

constexpr std::array kLevels{
    Choice<LogLevel>{"debug", LogLevel::Debug},
    Choice<LogLevel>{"info", LogLevel::Info},
    Choice<LogLevel>{"warn", LogLevel::Warning},
    Choice<LogLevel>{"error", LogLevel::Error},
};
constexpr std::array kFormats{
    Choice<LogFormat>{"text", LogFormat::Text},
    Choice<LogFormat>{"json", LogFormat::Json},
};

}  // namespace

std::span<const Choice<LogLevel>> log_levels() noexcept { return kLevels; }
std::span<const Choice<LogFormat>> log_formats() noexcept { return kFormats; }

}  // namespace velo::config
