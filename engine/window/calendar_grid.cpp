#include "engine/window/calendar_grid.hpp"

#include "engine/data/calendar.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kFirstMonday =
    -3;  // 1969-12-29: weeks begin then, in days since 1970-01-01.
constexpr std::int64_t kWeek = 7;

std::int64_t first_day(const CalendarGrid& grid) noexcept {
    return grid.count % kWeek == 0 ? kFirstMonday : 0;
}

}  // namespace

std::int64_t CalendarGrid::period_at(EventTime time) const {
    const std::int64_t instant = time.time_since_epoch().count();
    const std::int64_t local = instant + zone.period_at(instant).offset - offset.count();
    const std::int64_t day = floor_divide(local, kMicrosPerDay);
    std::int64_t period = 0;
    if (unit == Unit::Day) {
        period = floor_divide(day - first_day(*this), count);
    } else {
        const CivilDate date = civil_from_days(day);
        period = floor_divide((date.year - 1970) * 12 + date.month - 1, count);
    }
    // Clocks that go back over a start show the time before it once more.
    while (start_of(period + 1) <= time) ++period;
    while (start_of(period) > time) --period;
    return period;
}

EventTime CalendarGrid::start_of(std::int64_t period) const {
    std::int64_t day = 0;
    if (unit == Unit::Day) {
        day = period * count + first_day(*this);
    } else {
        const std::int64_t month = period * count;
        day = days_from_civil(
            {1970 + floor_divide(month, 12), static_cast<int>(floor_modulo(month, 12)) + 1, 1});
    }
    return EventTime{Duration{zone.instant_of(day * kMicrosPerDay + offset.count())}};
}

}  // namespace velo::engine
