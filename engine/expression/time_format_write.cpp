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

void TimeFormat::write(std::int64_t local, std::int64_t offset, std::string& out) const {
    const std::int64_t day = floor_divide(local, kMicrosPerDay);
    const std::int64_t clock = floor_modulo(local, kMicrosPerDay);
    const CivilDate date = civil_from_days(day);
    const std::int64_t hour = clock / kHour;
    for (const Element& element : elements_) {
        switch (element.letter) {
            case 0:
                out += element.literal;
                break;
            case 'y':
                append_number(out, element.digits == 2 ? floor_modulo(date.year, 100) : date.year,
                              element.digits);
                break;
            case 'M':
                if (element.digits > 2) {
                    append_name(out, month_name(date.month), element.digits);
                } else {
                    append_number(out, date.month, element.digits);
                }
                break;
            case 'd':
                append_number(out, date.day, element.digits);
                break;
            case 'D':
                append_number(out, day - days_from_civil({date.year, 1, 1}) + 1, element.digits);
                break;
            case 'E':
                append_name(out, day_name(day), element.digits);
                break;
            case 'H':
                append_number(out, hour, element.digits);
                break;
            case 'h':
                append_number(out, (hour + 11) % 12 + 1, element.digits);
                break;
            case 'a':
                out += hour < 12 ? "AM" : "PM";
                break;
            case 'm':
                append_number(out, clock % kHour / kMinute, element.digits);
                break;
            case 's':
                append_number(out, clock % kMinute / kMicrosPerSecond, element.digits);
                break;
            case 'S':
                append_fraction(out, clock % kMicrosPerSecond, element.digits);
                break;
            default:
                write_zone(element, offset, out);
                break;
        }
    }
}

}  // namespace velo::engine
