// EXTRACT, its short forms (YEAR, MONTH …) and DATE_TRUNC. All in UTC; a DATE is its midnight.
//
// WEEK is that of ISO 8601: it starts on Monday, and week 1 holds the year's first Thursday. DOW counts from Sunday = 0 (as
// in PostgreSQL), DAYOFWEEK() from Sunday = 1 (as in Flink), ISODOW from Monday = 1. MILLISECOND, MICROSECOND and NANOSECOND are what stands after the whole second, EPOCH the whole
// seconds since 1970, ISOYEAR the year that the ISO week belongs to. Of an INTERVAL: DAY and smaller fields as in `3 days 04:05:06`, EPOCH all of it in seconds.
#include <algorithm>
#include <array>

#include "engine/base/error.hpp"
#include "engine/data/calendar.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/prepared_zone.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr std::int64_t kDaysPerWeek = 7;

// Monday is 0. 1970-01-01 was a Thursday.
constexpr std::int64_t weekday(std::int64_t days) noexcept {
    return floor_modulo(days + 3, kDaysPerWeek);
}

constexpr std::int64_t day_of_year(std::int64_t days) noexcept {
    return days - days_from_civil({civil_from_days(days).year, 1, 1}) + 1;
}

constexpr std::int64_t iso_week(std::int64_t days) noexcept {
    const std::int64_t thursday = days - weekday(days) + 3;
    return (day_of_year(thursday) - 1) / kDaysPerWeek + 1;
}

// Fields of the day, of a time or of an INTERVAL (whose parts keep its sign): `rest` is what is left of whole days.
template <TimeField field>
constexpr std::int64_t clock_field(std::int64_t rest) noexcept {
    if constexpr (field == TimeField::Hour) return rest / kMicrosPerHour;
    if constexpr (field == TimeField::Minute) return rest % kMicrosPerHour / kMicrosPerMinute;
    if constexpr (field == TimeField::Second) return rest % kMicrosPerMinute / kMicrosPerSecond;
    if constexpr (field == TimeField::Millisecond) return rest % kMicrosPerSecond / 1'000;
    if constexpr (field == TimeField::Microsecond) return rest % kMicrosPerSecond;
    if constexpr (field == TimeField::Nanosecond) return rest % kMicrosPerSecond * 1'000;
}

constexpr bool is_clock_field(TimeField field) noexcept {
    return field >= TimeField::Hour && field <= TimeField::Nanosecond;
}

template <TimeField field>
constexpr std::int64_t field_of_time(std::int64_t time) noexcept {
    if constexpr (field == TimeField::Epoch) return floor_divide(time, kMicrosPerSecond);
    if constexpr (is_clock_field(field))
        return clock_field<field>(floor_modulo(time, kMicrosPerDay));
    const std::int64_t days = floor_divide(time, kMicrosPerDay);
    if constexpr (field == TimeField::Year) return civil_from_days(days).year;
    if constexpr (field == TimeField::IsoYear)
        return civil_from_days(days - weekday(days) + 3).year;  // Of its week's Thursday.
    if constexpr (field == TimeField::Quarter) return (civil_from_days(days).month + 2) / 3;
    if constexpr (field == TimeField::Month) return civil_from_days(days).month;
    if constexpr (field == TimeField::Week) return iso_week(days);
    if constexpr (field == TimeField::Day) return civil_from_days(days).day;
    if constexpr (field == TimeField::DayOfWeek) return (weekday(days) + 1) % kDaysPerWeek;
    if constexpr (field == TimeField::DayOfWeekFromOne)
        return (weekday(days) + 1) % kDaysPerWeek + 1;
    if constexpr (field == TimeField::IsoDayOfWeek) return weekday(days) + 1;
    if constexpr (field == TimeField::DayOfYear) return day_of_year(days);
}

template <TimeField field>
void extract(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, field_of_time<field>);
}

// A TIME is an INTERVAL since midnight here.
template <TimeField field>
void extract_interval(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, [](std::int64_t interval) {
        if constexpr (field == TimeField::Epoch) return interval / kMicrosPerSecond;
        if constexpr (field == TimeField::Day) return interval / kMicrosPerDay;
        if constexpr (is_clock_field(field)) return clock_field<field>(interval % kMicrosPerDay);
    });
}

// The start of the unit that holds a time; false when it lies before all times.
template <TimeField unit>
bool start_of(std::int64_t time, std::int64_t& out) noexcept {
    const auto start_of_day = [&](std::int64_t days) {
        return !__builtin_mul_overflow(days, kMicrosPerDay, &out);
    };
    const auto floor_by = [&](std::int64_t size) {
        return !__builtin_sub_overflow(time, floor_modulo(time, size), &out);
    };
    if constexpr (unit == TimeField::Microsecond) return floor_by(1);
    if constexpr (unit == TimeField::Millisecond) return floor_by(1'000);
    if constexpr (unit == TimeField::Second) return floor_by(kMicrosPerSecond);
    if constexpr (unit == TimeField::Minute) return floor_by(kMicrosPerMinute);
    if constexpr (unit == TimeField::Hour) return floor_by(kMicrosPerHour);
    const std::int64_t days = floor_divide(time, kMicrosPerDay);
    if constexpr (unit == TimeField::Day) return start_of_day(days);
    if constexpr (unit == TimeField::Week) return start_of_day(days - weekday(days));
    const CivilDate date = civil_from_days(days);
    if constexpr (unit == TimeField::Month)
        return start_of_day(days_from_civil({date.year, date.month, 1}));
    if constexpr (unit == TimeField::Quarter)
        return start_of_day(days_from_civil({date.year, (date.month - 1) / 3 * 3 + 1, 1}));
    if constexpr (unit == TimeField::Year) return start_of_day(days_from_civil({date.year, 1, 1}));
}

// The first argument is the unit, which chose this kernel.
template <TimeField unit>
void date_trunc(const KernelCall& call) {
    const KernelCall of_time{call.args.subspan(1), call.rows,   call.out,
                             call.arena,           call.faults, call.prepared};
    check_unary<std::int64_t, std::int64_t>(of_time, FaultCode::Overflow, start_of<unit>);
}

// Days and longer begin when clocks in the zone say so; shorter units where its offset at that instant puts them.
template <TimeField unit>
void date_trunc_in_zone(const KernelCall& call) {
    const TimeZone& zone = static_cast<const PreparedZone&>(*call.prepared).zone;
    ZoneClock clock(zone);
    const KernelCall of_time{call.args.subspan(1), call.rows,   call.out,
                             call.arena,           call.faults, call.prepared};
    check_unary<std::int64_t, std::int64_t>(
        of_time, FaultCode::Overflow, [&](std::int64_t time, std::int64_t& out) {
            std::int64_t local = 0;
            if (!to_local(clock, time, local) || !start_of<unit>(local, local)) return false;
            if constexpr (is_clock_field(unit))
                return !__builtin_sub_overflow(local, clock.offset_at(time), &out);
            out = zone.instant_of(local);
            return true;
        });
}

template <Kernel kernel>
void of_second_argument(const KernelCall& call) {
    kernel({call.args.subspan(1), call.rows, call.out, call.arena, call.faults, call.prepared});
}

struct FieldEntry {
    std::string_view name;
    Kernel of_time;
    Kernel of_interval;
    Kernel truncation;
    Kernel truncation_in_zone;
};

template <TimeField field, bool of_intervals, bool truncates>
constexpr FieldEntry entry(std::string_view name) noexcept {
    FieldEntry result{name, of_second_argument<extract<field>>, nullptr, nullptr, nullptr};
    if constexpr (of_intervals) result.of_interval = of_second_argument<extract_interval<field>>;
    if constexpr (truncates) {
        result.truncation = date_trunc<field>;
        result.truncation_in_zone = date_trunc_in_zone<field>;
    }
    return result;
}

constexpr std::array kFields = std::to_array<FieldEntry>({
    entry<TimeField::Year, false, true>("YEAR"),
    entry<TimeField::IsoYear, false, false>("ISOYEAR"),
    entry<TimeField::Quarter, false, true>("QUARTER"),
    entry<TimeField::Month, false, true>("MONTH"),
    entry<TimeField::Week, false, true>("WEEK"),
    entry<TimeField::Day, true, true>("DAY"),
    entry<TimeField::Hour, true, true>("HOUR"),
    entry<TimeField::Minute, true, true>("MINUTE"),
    entry<TimeField::Second, true, true>("SECOND"),
    entry<TimeField::Millisecond, true, true>("MILLISECOND"),
    entry<TimeField::Microsecond, true, true>("MICROSECOND"),
    entry<TimeField::Nanosecond, true, false>("NANOSECOND"),
    entry<TimeField::DayOfWeek, false, false>("DOW"),
    entry<TimeField::IsoDayOfWeek, false, false>("ISODOW"),
    entry<TimeField::DayOfYear, false, false>("DOY"),
    entry<TimeField::Epoch, true, false>("EPOCH"),
});

std::expected<const FieldEntry*, std::string> find_field(const Value* literal,
                                                         Kernel FieldEntry::* needed) {
    std::vector<std::string_view> names;
    std::string list;
    for (const FieldEntry& field : kFields) {
        if (field.*needed == nullptr) continue;
        names.push_back(field.name);
        list += (list.empty() ? "" : ", ") + std::string(field.name);
    }
    if (literal == nullptr || literal->type != kString || literal->is_null()) {
        return std::unexpected("wants the unit as a literal; it is one of " + list);
    }
    const std::string& name = std::get<std::string>(literal->data);
    for (const FieldEntry& field : kFields) {
        if (field.*needed != nullptr && equals_ignoring_case(field.name, name)) return &field;
    }
    const std::string hint = did_you_mean(name, names);
    return std::unexpected("does not know the unit '" + shortened(name) + "'" +
                           (hint.empty() ? "; it is one of " + list : hint));
}

}  // namespace

Resolved resolve_extract(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const bool of_clock = types[1] == kTime;
    const bool of_interval = of_clock || types[1] == kInterval;
    const auto field =
        find_field(literals[0], of_interval ? &FieldEntry::of_interval : &FieldEntry::of_time);
    if (!field) return std::unexpected(field.error());
    if (of_clock && (*field)->name == "DAY")
        return std::unexpected(
            std::string("finds no DAY in a TIME; take it from a TIMESTAMP or DATE"));
    return resolve_fixed(types, {kString, of_interval ? types[1] : kTimestamp}, kBigint,
                         of_interval ? (*field)->of_interval : (*field)->of_time);
}

template <TimeField field>
Resolved resolve_time_field(Types types, Literals) {
    if constexpr (is_clock_field(field)) {
        if (types.size() == 1 && types[0] == kTime)
            return resolve_fixed(types, {kTime}, kBigint, extract_interval<field>);
    }
    return resolve_fixed(types, {kTimestamp}, kBigint, extract<field>);
}

template Resolved resolve_time_field<TimeField::Year>(Types, Literals);
template Resolved resolve_time_field<TimeField::Quarter>(Types, Literals);
template Resolved resolve_time_field<TimeField::Month>(Types, Literals);
template Resolved resolve_time_field<TimeField::Week>(Types, Literals);
template Resolved resolve_time_field<TimeField::Day>(Types, Literals);
template Resolved resolve_time_field<TimeField::Hour>(Types, Literals);
template Resolved resolve_time_field<TimeField::Minute>(Types, Literals);
template Resolved resolve_time_field<TimeField::Second>(Types, Literals);
template Resolved resolve_time_field<TimeField::Millisecond>(Types, Literals);
template Resolved resolve_time_field<TimeField::DayOfWeekFromOne>(Types, Literals);
template Resolved resolve_time_field<TimeField::DayOfYear>(Types, Literals);

Resolved resolve_date_trunc(Types types, Literals literals) {
    if (types.size() != 2 && types.size() != 3)
        return std::unexpected(wrong_count(2, 3, types.size()));
    const auto field = find_field(literals[0], &FieldEntry::truncation);
    if (!field) return std::unexpected(field.error());
    if (types.size() == 2)
        return resolve_fixed(types, {kString, kTimestamp}, kTimestamp, (*field)->truncation);
    if (literals[2] == nullptr) return std::unexpected(std::string(kZoneWanted));
    return resolve_fixed(types, {kString, kTimestamp, kString}, kTimestamp,
                         (*field)->truncation_in_zone);
}

PreparedResult prepare_date_trunc(Types, Literals literals) {
    if (literals.size() < 3 || literals[2]->is_null()) return nullptr;
    const auto zone = TimeZone::find(std::get<std::string>(literals[2]->data));
    if (!zone) return std::unexpected(zone.error());
    return std::make_shared<const PreparedZone>(*zone);
}

}  // namespace velo::engine
