// One line of the log, as text for people or JSON for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/log_choice.hpp"
#include "engine/base/time.hpp"

namespace velo::server {

/// What a line is about. What is empty is not written. `code` comes from a fixed list, never from data.
struct LogFields {
    std::string_view job = {};
    std::string_view code = {};
    std::string_view logger = "server";
    std::string_view topic = {};
    std::optional<std::int64_t> pipeline = {};
    std::optional<std::int64_t> partition = {};
    std::optional<std::int64_t> offset = {};
    std::string_view error = {};
};

/// `2024-01-15T10:00:00.123456Z warn  trades: broker is away (code=broker_down, suppressed=7)`; line breaks become spaces.
[[nodiscard]] std::string text_line(EventTime time, config::LogLevel level, const LogFields& fields,
                                    std::string_view message, std::uint64_t suppressed);

/// {"ts":…,"level":…,"logger":…,"msg":…,"job_name":…,"pipeline":…,"topic":…,"partition":…,"offset":…,"code":…,"err":…,"suppressed":…}
[[nodiscard]] std::string json_line(EventTime time, config::LogLevel level, const LogFields& fields,
                                    std::string_view message, std::uint64_t suppressed);

}  // namespace velo::server
