// Starts of windows as a calendar has them: whole days, weeks, months and years of a time zone.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.hpp"
#include "engine/expression/time_zone.hpp"

namespace velo::engine {

/// Periods of `count` days or months; the n-th begins at the instant start_of(n). Days are counted from 1970-01-01, whole
/// weeks from a Monday, months from January 1970. A day has 23 to 25 hours where clocks change.
/// Errors: none; the binder has seen to 0 < count and that `offset` is shorter than a period.
struct CalendarGrid {
    enum class Unit : std::uint8_t { Day, Month };
    Unit unit = Unit::Day;
    std::int32_t count = 1;
    std::int32_t periods = 1;  // Of a window: more than one where it is hopping.
    std::string zone_name = "UTC";
    TimeZone zone{};
    Duration offset{};  // On the clock of the zone, from where a period would start.

    /// The period that holds `time`.
    [[nodiscard]] std::int64_t period_at(EventTime time) const;
    [[nodiscard]] EventTime start_of(std::int64_t period) const;
};

}  // namespace velo::engine
