// Calculating with times: adding and counting units, times from fields, names of days and months.
#include <array>
#include <cmath>
#include <optional>

#include "engine/base/error.hpp"
#include "engine/data/calendar.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/time_names.hpp"
#include "engine/expression/time_unit.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kMostYear = 290'000;  // Beyond, microseconds leave 64 bits.

constexpr std::array kUnits{
    TimeUnit{"MICROSECOND", 1},
    TimeUnit{"MILLISECOND", 1'000},
    TimeUnit{"SECOND", kMicrosPerSecond},
    TimeUnit{"MINUTE", kMinute},
    TimeUnit{"HOUR", kHour},
    TimeUnit{"DAY", kMicrosPerDay},
    TimeUnit{"WEEK", 7 * kMicrosPerDay},
    TimeUnit{"MONTH", 0, 1},
    TimeUnit{"QUARTER", 0, 3},
    TimeUnit{"YEAR", 0, 12},
};

struct PreparedUnit : Prepared {
    explicit PreparedUnit(const TimeUnit& which) : unit(which) {}
    const TimeUnit& unit;
};

const TimeUnit& unit_of(const KernelCall& call) {
    return static_cast<const PreparedUnit&>(*call.prepared).unit;
}

bool add_units(std::int64_t time, std::int64_t count, const TimeUnit& unit,
               std::int64_t& out) noexcept {
    std::int64_t amount = 0;
    if (__builtin_mul_overflow(count, unit.micros != 0 ? unit.micros : unit.months, &amount))
        return false;
    if (unit.micros == 0) return add_months(time, amount, out);
    return !__builtin_add_overflow(time, amount, &out);
}

void timestamp_add(const KernelCall& call) {
    const TimeUnit& unit = unit_of(call);
    const Reader<std::int64_t> counts(*call.args[1]);
    const Reader<std::int64_t> times(*call.args[2]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        if (!add_units(times.at(row), counts.at(row), unit, out[row]))
            call.faults.add(row, FaultCode::Overflow);
    });
}

// Whole months from an earlier to a later time.
std::int64_t months_between(std::int64_t from, std::int64_t to) noexcept {
    const CivilDate a = civil_from_days(floor_divide(from, kMicrosPerDay));
    const CivilDate b = civil_from_days(floor_divide(to, kMicrosPerDay));
    std::int64_t months = (b.year - a.year) * 12 + b.month - a.month;
    std::int64_t reached = 0;
    if (!add_months(from, months, reached) || reached > to) --months;
    return months;
}

bool units_between(std::int64_t from, std::int64_t to, const TimeUnit& unit,
                   std::int64_t& out) noexcept {
    if (unit.micros != 0) {
        if (__builtin_sub_overflow(to, from, &out)) return false;
        out /= unit.micros;
        return true;
    }
    out = from <= to ? months_between(from, to) / unit.months
                     : -(months_between(to, from) / unit.months);
    return true;
}

void timestamp_diff(const KernelCall& call) {
    const TimeUnit& unit = unit_of(call);
    const Reader<std::int64_t> froms(*call.args[1]);
    const Reader<std::int64_t> tos(*call.args[2]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        if (!units_between(froms.at(row), tos.at(row), unit, out[row]))
            call.faults.add(row, FaultCode::Overflow);
    });
}

// Of an INTERVAL, or of whole days.
template <int sign, std::int64_t scale>
void date_add(const KernelCall& call) {
    check_binary<std::int64_t, std::int64_t, std::int64_t>(
        call,
        [](std::int64_t time, std::int64_t amount, std::int64_t& out) {
            std::int64_t micros = 0;
            return !__builtin_mul_overflow(amount, sign * scale, &micros) &&
                   !__builtin_add_overflow(time, micros, &out);
        },
        [](std::int64_t, std::int64_t) { return FaultCode::Overflow; });
}

template <int sign>
Resolved resolve_date_shift(Types types) {
    if (types.size() == 2 && types[1] == kBigint)
        return resolve_fixed(types, {kTimestamp, kBigint}, kTimestamp,
                             date_add<sign, kMicrosPerDay>);
    return resolve_fixed(types, {kTimestamp, kInterval}, kTimestamp, date_add<sign, 1>);
}

bool is_date(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
    return year >= -kMostYear && year <= kMostYear && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, static_cast<int>(month));
}

std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
    return days_from_civil({year, static_cast<int>(month), static_cast<int>(day)});
}

void make_date(const KernelCall& call) {
    const Reader<std::int64_t> years(*call.args[0]);
    const Reader<std::int64_t> months(*call.args[1]);
    const Reader<std::int64_t> days(*call.args[2]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        if (is_date(years.at(row), months.at(row), days.at(row))) {
            out[row] = days_of(years.at(row), months.at(row), days.at(row));
        } else {
            call.faults.add(row, FaultCode::BadArgument);
        }
    });
}

// A clock's time as microseconds since midnight; nullopt: no clock shows it.
std::optional<std::int64_t> clock_time(std::int64_t hour, std::int64_t minute, double second) {
    const bool is_time =
        hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    if (!is_time) return std::nullopt;
    return hour * kHour + minute * kMinute +
           std::llround(second * static_cast<double>(kMicrosPerSecond));
}

void make_time(const KernelCall& call) {
    const Reader<std::int64_t> hours(*call.args[0]);
    const Reader<std::int64_t> minutes(*call.args[1]);
    const Reader<double> seconds(*call.args[2]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        const auto time = clock_time(hours.at(row), minutes.at(row), seconds.at(row));
        out[row] = time.value_or(0);
        if (!time || *time >= kMicrosPerDay) call.faults.add(row, FaultCode::BadArgument);
    });
}

void make_timestamp(const KernelCall& call) {
    std::array<Reader<std::int64_t>, 5> fields{
        Reader<std::int64_t>(*call.args[0]), Reader<std::int64_t>(*call.args[1]),
        Reader<std::int64_t>(*call.args[2]), Reader<std::int64_t>(*call.args[3]),
        Reader<std::int64_t>(*call.args[4])};
    const Reader<double> seconds(*call.args[5]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        const auto field = [&](std::size_t i) { return fields[i].at(row); };
        const auto time = clock_time(field(3), field(4), seconds.at(row));
        if (!time || !is_date(field(0), field(1), field(2))) {
            call.faults.add(row, FaultCode::BadArgument);
            return;
        }
        out[row] = days_of(field(0), field(1), field(2)) * kMicrosPerDay + *time;
    });
}

void last_day(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, [](std::int64_t time) {
        CivilDate date = civil_from_days(floor_divide(time, kMicrosPerDay));
        date.day = days_in_month(date.year, date.month);
        return days_from_civil(date);
    });
}

void day_name_kernel(const KernelCall& call) {
    map_unary<std::int64_t, std::string_view>(
        call, [](std::int64_t time) { return day_name(floor_divide(time, kMicrosPerDay)); });
}

void month_name_kernel(const KernelCall& call) {
    map_unary<std::int64_t, std::string_view>(call, [](std::int64_t time) {
        return month_name(civil_from_days(floor_divide(time, kMicrosPerDay)).month);
    });
}

void date_bin(const KernelCall& call) {
    const Reader<std::int64_t> sizes(*call.args[0]);
    const Reader<std::int64_t> times(*call.args[1]);
    const Column* const origins = call.args.size() == 3 ? call.args[2] : nullptr;
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        const std::int64_t size = sizes.at(row);
        const std::int64_t time = times.at(row);
        const std::int64_t origin = origins == nullptr ? 0 : Reader<std::int64_t>(*origins).at(row);
        std::int64_t since = 0;
        if (size <= 0) {
            call.faults.add(row, FaultCode::BadArgument);
        } else if (__builtin_sub_overflow(time, origin, &since) ||
                   __builtin_sub_overflow(time, floor_modulo(since, size), &out[row])) {
            call.faults.add(row, FaultCode::Overflow);
        }
    });
}

}  // namespace

std::expected<const TimeUnit*, std::string> find_time_unit(const Value* literal) {
    std::vector<std::string_view> names;
    std::string list;
    for (const TimeUnit& unit : kUnits) {
        names.push_back(unit.name);
        list += (list.empty() ? "" : ", ") + std::string(unit.name);
    }
    if (literal == nullptr || literal->type != kString || literal->is_null())
        return std::unexpected("wants its unit as a word; it is one of " + list);
    std::string_view name = std::get<std::string>(literal->data);
    constexpr std::string_view kOdbc = "SQL_TSI_";
    if (name.size() > kOdbc.size() && equals_ignoring_case(name.substr(0, kOdbc.size()), kOdbc))
        name.remove_prefix(kOdbc.size());
    for (const TimeUnit& unit : kUnits) {
        const bool plural = name.size() == unit.name.size() + 1 &&
                            (name.back() == 's' || name.back() == 'S') &&
                            equals_ignoring_case(name.substr(0, unit.name.size()), unit.name);
        if (plural || equals_ignoring_case(unit.name, name)) return &unit;
    }
    const std::string hint = did_you_mean(name, names);
    return std::unexpected("does not know the unit '" + shortened(name) + "'" +
                           (hint.empty() ? "; it is one of " + list : hint));
}

bool add_months(std::int64_t time, std::int64_t months, std::int64_t& out) noexcept {
    constexpr std::int64_t kMost = kMostYear * 24;
    if (months < -kMost || months > kMost) return false;
    CivilDate date = civil_from_days(floor_divide(time, kMicrosPerDay));
    const std::int64_t month = date.year * 12 + date.month - 1 + months;
    date.year = floor_divide(month, 12);
    date.month = static_cast<int>(floor_modulo(month, 12)) + 1;
    if (const int last = days_in_month(date.year, date.month); date.day > last) date.day = last;
    std::int64_t midnight = 0;
    return !__builtin_mul_overflow(days_from_civil(date), kMicrosPerDay, &midnight) &&
           !__builtin_add_overflow(midnight, floor_modulo(time, kMicrosPerDay), &out);
}

Resolved resolve_timestamp_add(Types types, Literals literals) {
    if (types.size() != 3) return std::unexpected(wrong_count(3, 3, types.size()));
    if (const auto unit = find_time_unit(literals[0]); !unit) return std::unexpected(unit.error());
    return resolve_fixed(types, {kString, kBigint, kTimestamp}, kTimestamp, timestamp_add);
}

Resolved resolve_timestamp_diff(Types types, Literals literals) {
    if (types.size() != 3) return std::unexpected(wrong_count(3, 3, types.size()));
    if (const auto unit = find_time_unit(literals[0]); !unit) return std::unexpected(unit.error());
    return resolve_fixed(types, {kString, kTimestamp, kTimestamp}, kBigint, timestamp_diff);
}

PreparedResult prepare_time_unit(Types, Literals literals) {
    const auto unit = find_time_unit(literals[0]);
    if (!unit) return std::unexpected(unit.error());
    return std::make_shared<const PreparedUnit>(**unit);
}

Resolved resolve_date_add(Types types, Literals) { return resolve_date_shift<1>(types); }
Resolved resolve_date_sub(Types types, Literals) { return resolve_date_shift<-1>(types); }

Resolved resolve_make_date(Types types, Literals) {
    return resolve_fixed(types, {kBigint, kBigint, kBigint}, kDate, make_date);
}
Resolved resolve_make_time(Types types, Literals) {
    return resolve_fixed(types, {kBigint, kBigint, kDouble}, kTime, make_time);
}
Resolved resolve_make_timestamp(Types types, Literals) {
    return resolve_fixed(types, {kBigint, kBigint, kBigint, kBigint, kBigint, kDouble}, kTimestamp,
                         make_timestamp);
}
Resolved resolve_last_day(Types types, Literals) {
    return resolve_fixed(types, {kTimestamp}, kDate, last_day);
}
Resolved resolve_day_name(Types types, Literals) {
    return resolve_fixed(types, {kTimestamp}, kString, day_name_kernel);
}
Resolved resolve_month_name(Types types, Literals) {
    return resolve_fixed(types, {kTimestamp}, kString, month_name_kernel);
}
Resolved resolve_date_bin(Types types, Literals) {
    return resolve_optional(types, {kInterval, kTimestamp, kTimestamp}, 1, kTimestamp, date_bin);
}

}  // namespace velo::engine
