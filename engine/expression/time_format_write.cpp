// How a TimeFormat writes.
#include <cstdlib>

#include "engine/data/calendar.hpp"
#include "engine/expression/time_format.hpp"
#include "engine/expression/time_names.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kHour = 60 * kMinute;

void append_number(std::string& out, std::int64_t value, int digits) {
    const std::string text = std::to_string(std::abs(value));
    if (value < 0) out += '-';
    for (auto missing = static_cast<std::size_t>(digits); missing > text.size(); --missing)
        out += '0';
    out += text;
}

void append_name(std::string& out, std::string_view name, int letters) {
    out += letters == 3 ? name.substr(0, kShortName) : name;
}

// The first `digits` digits after the point.
void append_fraction(std::string& out, std::int64_t micros, int digits) {
    std::string text;
    append_number(text, micros, 6);
    text.resize(static_cast<std::size_t>(digits), '0');
    out += text;
}

}  // namespace

// X `+02` (`+0230` where there are minutes), XX `+0200`, XXX `+02:00`, all of them `Z` for UTC; Z `+0200`.
void TimeFormat::write_zone(const Element& element, std::int64_t offset, std::string& out) {
    const std::int64_t minutes = offset / kMinute;
    if (element.letter == 'X' && minutes == 0) {
        out += 'Z';
        return;
    }
    out += minutes < 0 ? '-' : '+';
    append_number(out, std::abs(minutes) / 60, 2);
    const bool is_short = element.letter == 'X' && element.digits == 1;
    if (is_short && minutes % 60 == 0) return;
    if (element.letter == 'X' && element.digits == 3) out += ':';
    append_number(out, std::abs(minutes) % 60, 2);
}

// What a date has for a letter; false: it has nothing.
bool TimeFormat::write_date(const Element& element, std::int64_t day, std::string& out) {
    const CivilDate date = civil_from_days(day);
    const int digits = element.digits;
    switch (element.letter) {
        case 'y':
            append_number(out, digits == 2 ? floor_modulo(date.year, 100) : date.year, digits);
            return true;
        case 'M':
            if (digits > 2) {
                append_name(out, month_name(date.month), digits);
            } else {
                append_number(out, date.month, digits);
            }
            return true;
        case 'd':
            append_number(out, date.day, digits);
            return true;
        case 'D':
            append_number(out, day - days_from_civil({date.year, 1, 1}) + 1, digits);
            return true;
        case 'E':
            append_name(out, day_name(day), digits);
            return true;
        default:
            return false;
    }
}

// What a time of day, in microseconds, has for a letter.
bool TimeFormat::write_clock(const Element& element, std::int64_t clock, std::string& out) {
    const std::int64_t hour = clock / kHour;
    switch (element.letter) {
        case 'H':
            append_number(out, hour, element.digits);
            return true;
        case 'h':
            append_number(out, (hour + 11) % 12 + 1, element.digits);
            return true;
        case 'a':
            out += hour < 12 ? "AM" : "PM";
            return true;
        case 'm':
            append_number(out, clock % kHour / kMinute, element.digits);
            return true;
        case 's':
            append_number(out, clock % kMinute / kMicrosPerSecond, element.digits);
            return true;
        case 'S':
            append_fraction(out, clock % kMicrosPerSecond, element.digits);
            return true;
        default:
            return false;
    }
}

void TimeFormat::write(std::int64_t local, std::int64_t offset, std::string& out) const {
    const std::int64_t day = floor_divide(local, kMicrosPerDay);
    const std::int64_t clock = floor_modulo(local, kMicrosPerDay);
    for (const Element& element : elements_) {
        if (element.letter == 0) {
            out += element.literal;
        } else if (!write_date(element, day, out) && !write_clock(element, clock, out)) {
            write_zone(element, offset, out);
        }
    }
}

}  // namespace velo::engine
