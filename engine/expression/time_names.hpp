// English names of days and months.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/data/calendar.hpp"

namespace velo::engine {

inline constexpr std::array<std::string_view, 7> kDayNames{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
inline constexpr std::array<std::string_view, 12> kMonthNames{
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::size_t kShortName = 3;  // Letters of `Mon` and `Jan`.

/// Of a day counted from 1970-01-01, which was a Thursday.
[[nodiscard]] constexpr std::string_view day_name(std::int64_t day) noexcept {
    return kDayNames[static_cast<std::size_t>(floor_modulo(day + 3, 7))];
}
/// `month` is 1 to 12.
[[nodiscard]] constexpr std::string_view month_name(int month) noexcept {
    return kMonthNames[static_cast<std::size_t>(month) - 1];
}

}  // namespace velo::engine
