// How much is logged, and in which form: said in the server file, by an environment variable or on the command line.
#pragma once

#include <cstdint>
#include <span>

#include "config/choice.hpp"

namespace velo::config {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
enum class LogFormat : std::uint8_t { Text, Json };

[[nodiscard]] std::span<const Choice<LogLevel>> log_levels() noexcept;
[[nodiscard]] std::span<const Choice<LogFormat>> log_formats() noexcept;

}  // namespace velo::config
