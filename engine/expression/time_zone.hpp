// Time zones: what clocks on a wall show at an instant. By the IANA database of the system.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>

namespace velo::engine {

/// An IANA zone (`Europe/Berlin`), `UTC` or a fixed offset (`+02:00`, at most 18 hours).
/// Units:  microseconds; instants since 1970 UTC, local times as if the clock on the wall showed UTC.
/// Thread: constant; shared by all.
class TimeZone {
public:
    /// The error says what is wrong with the name.
    [[nodiscard]] static std::expected<TimeZone, std::string> find(std::string_view name);

    /// What is added to instants of [from, until).
    struct Period {
        std::int64_t from = std::numeric_limits<std::int64_t>::min();
        std::int64_t until = std::numeric_limits<std::int64_t>::max();
        std::int64_t offset = 0;
    };
    [[nodiscard]] Period period_at(std::int64_t instant) const;

    /// The instant at which clocks show a local time: the earlier of two, and where they skip it, as much after the gap.
    [[nodiscard]] std::int64_t instant_of(std::int64_t local) const;

private:
    const void* zone_ = nullptr;  // Of the database; null pointer: `offset_` always.
    std::int64_t offset_ = 0;
};

/// A zone beside the period that was asked for last: neighbouring rows are mostly of one.
class ZoneClock {
public:
    explicit ZoneClock(const TimeZone& zone) : zone_(zone), period_(zone.period_at(0)) {}

    [[nodiscard]] std::int64_t offset_at(std::int64_t instant) {
        if (instant < period_.from || instant >= period_.until) period_ = zone_.period_at(instant);
        return period_.offset;
    }
    [[nodiscard]] const TimeZone& zone() const noexcept { return zone_; }

private:
    const TimeZone& zone_;
    TimeZone::Period period_;
};

/// local = instant + offset; false where that leaves 64 bits.
[[nodiscard]] inline bool to_local(ZoneClock& clock, std::int64_t instant, std::int64_t& local) {
    return !__builtin_add_overflow(instant, clock.offset_at(instant), &local);
}

}  // namespace velo::engine
