// Days and the Gregorian calendar, for every day that 64-bit microseconds reach.
#pragma once

#include <cstdint>

namespace velo::engine {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct CivilDate {
    std::int64_t year = 1970;
    int month = 1;  // 1 to 12
    int day = 1;    // 1 to 31

    [[nodiscard]] constexpr bool operator==(const CivilDate&) const = default;
};

/// The quotient rounded towards minus infinity. 0 < divisor.
[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t value,
                                                  std::int64_t divisor) noexcept {
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}
[[nodiscard]] constexpr std::int64_t floor_modulo(std::int64_t value,
                                                  std::int64_t divisor) noexcept {
    return value - floor_divide(value, divisor) * divisor;
}

/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", 2014; eras of 400 years from 1 March.
[[nodiscard]] constexpr CivilDate civil_from_days(std::int64_t days) noexcept {
    // Whole eras first, so that no date is too far away to shift.
    const std::int64_t shifted = floor_modulo(days, 146'097) + 719'468;
    const std::int64_t era = floor_divide(days, 146'097) + floor_divide(shifted, 146'097);
    const std::int64_t day_of_era = floor_modulo(shifted, 146'097);
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month = (5 * day_of_year + 2) / 153;  // From March = 0.
    const auto day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
    const auto civil_month = static_cast<int>(month < 10 ? month + 3 : month - 9);
    return {year_of_era + era * 400 + (civil_month <= 2 ? 1 : 0), civil_month, day};
}

[[nodiscard]] constexpr std::int64_t days_from_civil(CivilDate date) noexcept {
    const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    const std::int64_t era = floor_divide(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

[[nodiscard]] constexpr bool is_leap_year(std::int64_t year) noexcept {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

[[nodiscard]] constexpr int days_in_month(std::int64_t year, int month) noexcept {
    if (month == 2) return is_leap_year(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

}  // namespace velo::engine
