#include "engine/base/time.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace velo {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

struct Unit {
    std::string_view name;
    std::int64_t micros;
};

constexpr std::array kUnits{
    Unit{"us", 1},
    Unit{"ms", 1'000},
    Unit{"s", kMicrosPerSecond},
    Unit{"m", 60 * kMicrosPerSecond},
    Unit{"h", 3'600 * kMicrosPerSecond},
    Unit{"d", kSecondsPerDay* kMicrosPerSecond},
    Unit{"w", 7 * kSecondsPerDay* kMicrosPerSecond},
};
constexpr std::size_t kDayUnit = 5;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::unexpected<std::string> bad_unit(std::string_view text, std::string_view unit) {
    if (unit == "y" || unit == "mo" || unit == "M") {
        return std::unexpected(fmt::format(
            "'{}' counts months or years, which differ in length; use days: 30d", text));
    }
    if (unit == "ns")
        return std::unexpected(fmt::format("'{}' is finer than a microsecond; use us", text));
    if (unit.empty())
        return std::unexpected(
            fmt::format("'{}' has a number without a unit; use us, ms, s, m, h, d or w", text));
    return std::unexpected(
        fmt::format("'{}' has no duration unit '{}'; use us, ms, s, m, h, d or w", text, unit));
}

// Days from 1970-01-01 to a day of the proleptic Gregorian calendar, and back: H. Hinnant, "chrono-Compatible Low-Level
// Date Algorithms". std::chrono::year ends at 32767, an EventTime does not.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

struct CivilDay {
    std::int64_t year;
    unsigned month;
    unsigned day;
};

constexpr CivilDay civil_from_days(std::int64_t days) noexcept {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted_month = (5 * day_of_year + 2) / 153;
    const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    const std::int64_t year =
        static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
    return {year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

constexpr unsigned days_in_month(unsigned year, unsigned month) noexcept {
    constexpr std::array<unsigned, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : kDays[month - 1];
}

// `count` digits at `at`; false when one of them is none.
bool read_digits(const char* at, std::size_t count, unsigned& value) noexcept {
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(at[i])) return false;
        value = value * 10 + static_cast<unsigned>(at[i] - '0');
    }
    return true;
}

// `Z`, or `+02:00`, and nothing after it.
bool read_zone(std::string_view text, std::int64_t& offset_seconds) noexcept {
    offset_seconds = 0;
    if (text == "Z" || text == "z") return true;
    unsigned hours = 0;
    unsigned minutes = 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    if (!read_digits(text.data() + 1, 2, hours) || !read_digits(text.data() + 4, 2, minutes))
        return false;
    if (hours > 23 || minutes > 59) return false;
    offset_seconds = (static_cast<std::int64_t>(hours) * 60 + minutes) * 60;
    if (text[0] == '-') offset_seconds = -offset_seconds;
    return true;
}

// `.25` at the front of `text`, which is then shortened; digits below a microsecond are cut.
bool read_fraction(std::string_view& text, std::int64_t& micros) noexcept {
    micros = 0;
    if (text.empty() || text[0] != '.') return true;
    std::size_t digits = 0;
    std::int64_t weight = kMicrosPerSecond / 10;
    while (digits + 1 < text.size() && is_digit(text[digits + 1])) {
        micros += weight * (text[digits + 1] - '0');
        weight /= 10;
        ++digits;
    }
    text.remove_prefix(digits + 1);
    return digits >= 1 && digits <= 9;
}

char* write_two(char* out, unsigned value) noexcept {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
    return out + 2;
}

// At least `width` digits.
char* write_padded(char* out, std::uint64_t value, int width) noexcept {
    std::array<char, 20> digits;
    int count = 0;
    while (value != 0 || count < width) {
        digits[static_cast<std::size_t>(count++)] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    while (count > 0) *out++ = digits[static_cast<std::size_t>(--count)];
    return out;
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
    if (text.empty()) return std::unexpected("a duration is empty; write it as 5s, 500ms or 1m30s");
    std::int64_t micros = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == '-')
            return std::unexpected(fmt::format("'{}' is negative; a duration is not", text));
        if (!is_digit(text[at]))
            return std::unexpected(
                fmt::format("'{}' is not a duration; write it as 5s, 500ms or 1m30s", text));
        std::int64_t number = 0;
        bool fits = true;
        for (; at < text.size() && is_digit(text[at]); ++at) {
            fits =
                fits && !__builtin_mul_overflow(number, std::int64_t{10}, &number) &&
                !__builtin_add_overflow(number, static_cast<std::int64_t>(text[at] - '0'), &number);
        }
        if (at < text.size() && text[at] == '.') {
            return std::unexpected(
                fmt::format("'{}' has a fraction; use a smaller unit: 1500ms", text));
        }
        const std::size_t unit_start = at;
        while (at < text.size() && !is_digit(text[at]) && text[at] != '-') ++at;
        const std::string_view name = text.substr(unit_start, at - unit_start);
        const Unit* unit = nullptr;
        for (const Unit& candidate : kUnits) {
            if (candidate.name == name) unit = &candidate;
        }
        if (unit == nullptr) return bad_unit(text, name);
        fits = fits && !__builtin_mul_overflow(number, unit->micros, &number) &&
               !__builtin_add_overflow(micros, number, &micros);
        if (!fits) return std::unexpected(fmt::format("'{}' is longer than 292,000 years", text));
    }
    return Duration{micros};
}

std::string duration_text(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    std::string out;
    auto rest = static_cast<std::uint64_t>(duration.count());
    if (duration < Duration::zero()) {
        out = "-";
        rest = 0 - rest;
    }
    for (std::size_t i = kDayUnit + 1; i-- > 0;) {
        const auto unit = static_cast<std::uint64_t>(kUnits[i].micros);
        if (rest >= unit) out += fmt::format("{}{}", rest / unit, kUnits[i].name);
        rest %= unit;
    }
    return out;
}

std::optional<EventTime> parse_rfc3339(std::string_view text) noexcept {
    constexpr std::size_t kUpToSeconds = 19;  // 2024-01-15T10:00:00
    if (text.size() <= kUpToSeconds) return std::nullopt;
    const char* at = text.data();
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    const bool digits = read_digits(at, 4, year) && read_digits(at + 5, 2, month) &&
                        read_digits(at + 8, 2, day) && read_digits(at + 11, 2, hour) &&
                        read_digits(at + 14, 2, minute) && read_digits(at + 17, 2, second);
    const bool marks = at[4] == '-' && at[7] == '-' &&
                       (at[10] == 'T' || at[10] == 't' || at[10] == ' ') && at[13] == ':' &&
                       at[16] == ':';
    if (!digits || !marks) return std::nullopt;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;

    std::string_view rest = text.substr(kUpToSeconds);
    std::int64_t micros = 0;
    std::int64_t zone = 0;
    if (!read_fraction(rest, micros) || !read_zone(rest, zone)) return std::nullopt;
    const std::int64_t seconds = days_from_civil(year, month, day) * kSecondsPerDay +
                                 static_cast<std::int64_t>(hour * 3'600 + minute * 60 + second) -
                                 zone;
    return EventTime{Duration{seconds * kMicrosPerSecond + micros}};
}

char* write_rfc3339(char* out, EventTime time) noexcept {
    const std::int64_t since = time.time_since_epoch().count();
    std::int64_t seconds = since / kMicrosPerSecond;
    std::int64_t micros = since % kMicrosPerSecond;
    if (micros < 0) {
        micros += kMicrosPerSecond;
        --seconds;
    }
    std::int64_t days = seconds / kSecondsPerDay;
    std::int64_t second_of_day = seconds % kSecondsPerDay;
    if (second_of_day < 0) {
        second_of_day += kSecondsPerDay;
        --days;
    }
    const CivilDay date = civil_from_days(days);
    if (date.year < 0) *out++ = '-';
    if (date.year > 9999) *out++ = '+';
    out = write_padded(out, static_cast<std::uint64_t>(date.year < 0 ? -date.year : date.year), 4);
    *out++ = '-';
    out = write_two(out, date.month);
    *out++ = '-';
    out = write_two(out, date.day);
    *out++ = 'T';
    const auto of_day = static_cast<unsigned>(second_of_day);
    out = write_two(out, of_day / 3'600);
    *out++ = ':';
    out = write_two(out, of_day / 60 % 60);
    *out++ = ':';
    out = write_two(out, of_day % 60);
    *out++ = '.';
    const bool whole = micros % 1'000 == 0;
    out = write_padded(out, static_cast<std::uint64_t>(whole ? micros / 1'000 : micros),
                       whole ? 3 : 6);
    *out++ = 'Z';
    return out;
}

std::string rfc3339_text(EventTime time) {
    std::array<char, kRfc3339Size> text;
    return {text.data(), write_rfc3339(text.data(), time)};
}

}  // namespace velo
