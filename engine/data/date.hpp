// DATE values, days since 1970-01-01, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace velo::engine {

/// `2024-01-15`: four digits, two, two; a day that exists. nullopt = not such a text.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text) noexcept;

/// As parse_date reads it; years outside 0000..9999 with a sign. Room for kDateSize bytes; returns the end.
inline constexpr std::size_t kDateSize = 32;
char* write_date(char* out, std::int64_t days) noexcept;
[[nodiscard]] std::string date_text(std::int64_t days);

}  // namespace velo::engine
