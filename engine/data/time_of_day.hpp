// TIME values, microseconds since midnight, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace velo::engine {

/// `12:34:56.789`: hours 00 to 23, minutes, and where they are written seconds and up to six digits of a fraction.
/// nullopt = not such a text.
[[nodiscard]] std::optional<std::int64_t> parse_time_of_day(std::string_view text) noexcept;

/// `12:34:56`, with three or six digits of a fraction where there is one. Room for kTimeOfDaySize bytes; returns the end.
inline constexpr std::size_t kTimeOfDaySize = 16;
char* write_time_of_day(char* out, std::int64_t micros) noexcept;
[[nodiscard]] std::string time_of_day_text(std::int64_t micros);

}  // namespace velo::engine
