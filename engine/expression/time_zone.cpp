#include "engine/expression/time_zone.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <date/tz.h>

#include "engine/base/error.hpp"
#include "engine/data/calendar.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMinute = 60 * kMicrosPerSecond;
// The years that the database's calendar can hold: beyond them clocks stay as they are there.
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31

const date::time_zone& zone_of(const void* zone) {
    return *static_cast<const date::time_zone*>(zone);
}

std::int64_t seconds_of(std::int64_t micros) noexcept {
    return std::clamp(floor_divide(micros, kMicrosPerSecond), kFirstSecond, kLastSecond);
}

std::int64_t micros_of(date::sys_seconds time) noexcept {
    return time.time_since_epoch().count() * kMicrosPerSecond;
}

// At the ends of time, the end.
std::int64_t difference(std::int64_t local, std::int64_t offset) noexcept {
    std::int64_t instant = 0;
    if (!__builtin_sub_overflow(local, offset, &instant)) return instant;
    return offset > 0 ? std::numeric_limits<std::int64_t>::min()
                      : std::numeric_limits<std::int64_t>::max();
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// `+02:00`, `-0330`, `+2`
bool read_offset(std::string_view text, std::int64_t& micros) noexcept {
    if (text.size() < 2 || (text.front() != '+' && text.front() != '-')) return false;
    const std::int64_t sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto take = [&](std::size_t most) {
        std::int64_t value = 0;
        for (; most > 0 && !text.empty() && is_digit(text.front()); --most) {
            value = value * 10 + (text.front() - '0');
            text.remove_prefix(1);
        }
        return value;
    };
    if (!is_digit(text.front())) return false;
    const std::int64_t hours = take(2);
    const bool pointed = text.starts_with(':');
    if (pointed) text.remove_prefix(1);
    if (pointed ? text.size() != 2 : !text.empty() && text.size() != 2) return false;
    const std::int64_t minutes = take(2);
    if (!text.empty() || hours > 18 || minutes > 59) return false;
    micros = sign * (hours * 60 + minutes) * kMinute;
    return true;
}

std::string hint_for(std::string_view name) {
    std::vector<std::string_view> names;
    for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
    return did_you_mean(name, names);
}

}  // namespace

std::expected<TimeZone, std::string> TimeZone::find(std::string_view name) {
    TimeZone found;
    if (equals_ignoring_case(name, "UTC") || equals_ignoring_case(name, "Z") ||
        read_offset(name, found.offset_))
        return found;
    try {
        found.zone_ = date::locate_zone(name);
        static_cast<void>(found.period_at(0));  // Reads its file, so that no row has to.
        return found;
    } catch (const std::runtime_error&) {
        const std::string hint = hint_for(name);
        return std::unexpected("does not know the time zone '" + shortened(name) + "'" +
                               (hint.empty() ? "; write a name such as 'Europe/Berlin', 'UTC' or "
                                               "an offset such as '+02:00'"
                                             : hint));
    }
}

TimeZone::Period TimeZone::period_at(std::int64_t instant) const {
    if (zone_ == nullptr) return {.offset = offset_};
    const date::sys_seconds time{std::chrono::seconds{seconds_of(instant)}};
    const date::sys_info info = zone_of(zone_).get_info(time);
    Period period{.offset = info.offset.count() * kMicrosPerSecond};
    const date::sys_seconds first{std::chrono::seconds{kFirstSecond}};
    const date::sys_seconds last{std::chrono::seconds{kLastSecond}};
    if (info.begin > first) period.from = micros_of(info.begin);
    if (info.end <= last) period.until = micros_of(info.end);
    return period;
}

std::int64_t TimeZone::instant_of(std::int64_t local) const {
    if (zone_ == nullptr) return difference(local, offset_);
    const date::local_seconds time{std::chrono::seconds{seconds_of(local)}};
    const date::local_info info = zone_of(zone_).get_info(time);
    // Of two the first is the earlier one; in a gap it is the offset from before it that leads behind it.
    return difference(local, info.first.offset.count() * kMicrosPerSecond);
}

}  // namespace velo::engine
