// The daemon's log: lines to standard error. Nothing is logged per row.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/log_choice.hpp"
#include "server/log_line.hpp"

namespace velo::server {

/// From now on. Thread: main, before any other has been started. Until then: info, text.
void set_up_log(config::LogLevel level, config::LogFormat format);

/// Writes one line, or counts it when the same code was logged for the same job a moment ago (log_rate.hpp).
/// Thread: any; not a data thread, since it may wait for the terminal.
void log(config::LogLevel level, const LogFields& fields, std::string_view message);

/// How many messages there were of each level since the start, in the order of config::LogLevel; those held back count.
/// Thread: any.
[[nodiscard]] std::array<std::uint64_t, 4> log_messages();

inline void log_debug(const LogFields& fields, std::string_view message) {
    log(config::LogLevel::Debug, fields, message);
}
inline void log_info(const LogFields& fields, std::string_view message) {
    log(config::LogLevel::Info, fields, message);
}
inline void log_warning(const LogFields& fields, std::string_view message) {
    log(config::LogLevel::Warning, fields, message);
}
inline void log_error(const LogFields& fields, std::string_view message) {
    log(config::LogLevel::Error, fields, message);
}

}  // namespace velo::server
