// Event time and durations, in microseconds and UTC, and their texts.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace velo {

using Duration = std::chrono::microseconds;
/// Microseconds since 1970-01-01T00:00:00Z; may be before it.
using EventTime = std::chrono::sys_time<Duration>;

inline constexpr EventTime kBeforeAllTime = EventTime::min();  // The watermark before any row.
inline constexpr EventTime kAfterAllTime =
    EventTime::max();  // The watermark of an input that has ended.

/// The largest multiple of `step` at or before `time`; right for times before 1970 too. 0 < step.
[[nodiscard]] constexpr EventTime floor_to(EventTime time, Duration step) noexcept {
    const auto rest = time.time_since_epoch() % step;
    return time - (rest < Duration::zero() ? rest + step : rest);
}

/// `1m30s`, `500ms`, `7d`, `0s`: numbers with units us, ms, s, m, h, d, w, added up. The error says what is wrong.
[[nodiscard]] std::expected<Duration, std::string> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back: `1m30s`.
[[nodiscard]] std::string duration_text(Duration duration);

/// RFC 3339 date-time: `2024-01-15T10:00:00.25Z`, `… 10:00:00+02:00` (T, t or one space; 0 to 9 fraction digits, cut to
/// microseconds; leap second 60 is refused), years 0000 to 9999. nullopt = not such a text. Allocates nothing.
[[nodiscard]] std::optional<EventTime> parse_rfc3339(std::string_view text) noexcept;

/// As interface: `2024-01-15T10:00:00.000Z`, six digits when the microseconds are not whole milliseconds. `out` has
/// room for kRfc3339Size bytes; returns the end of what was written. Years outside 0000..9999 are written with a sign.
inline constexpr std::size_t kRfc3339Size = 40;
char* write_rfc3339(char* out, EventTime time) noexcept;
[[nodiscard]] std::string rfc3339_text(EventTime time);

}  // namespace velo
