#include "engine/sql/literal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/data/date.hpp"
#include "engine/data/time_of_day.hpp"

namespace velo::engine::sql {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::unexpected<std::string> too_many_digits() {
    return std::unexpected(fmt::format(
        "the number has more than {} digits; write it as CAST('…' AS DOUBLE)", kMaxDecimalDigits));
}

// digits × 10^-scale. Invariant: `digits` has no leading zero; empty: zero.
struct ExactNumber {
    std::string digits;
    std::int64_t scale = 0;
};

// `12.50e-3`: any digits, with a point or an exponent or not.
ExactNumber read_exact(std::string_view text) {
    ExactNumber number;
    std::size_t at = 0;
    bool after_point = false;
    for (; at < text.size() && (is_digit(text[at]) || text[at] == '.'); ++at) {
        if (text[at] == '.') {
            after_point = true;
            continue;
        }
        if (after_point) ++number.scale;
        if (text[at] != '0' || !number.digits.empty()) number.digits += text[at];
    }
    if (at == text.size()) return number;
    std::string_view exponent = text.substr(at + 1);
    const bool negative = exponent.starts_with('-');
    if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
    constexpr std::int64_t kFarTooLarge = 1'000'000;
    std::int64_t value = 0;
    const auto read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    if (read.ec != std::errc{} || value > kFarTooLarge) value = kFarTooLarge;
    number.scale += negative ? value : -value;
    return number;
}

Int128 integer_of(std::string_view digits) noexcept {
    Int128 value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    return value;
}

struct TimeUnit {
    std::string_view name;
    std::int64_t micros;  // 0: its length varies. -1: too fine.
};

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::array kTimeUnits{
    TimeUnit{"us", 1},
    TimeUnit{"usec", 1},
    TimeUnit{"microsecond", 1},
    TimeUnit{"ms", 1'000},
    TimeUnit{"msec", 1'000},
    TimeUnit{"millisecond", 1'000},
    TimeUnit{"s", kSecond},
    TimeUnit{"sec", kSecond},
    TimeUnit{"second", kSecond},
    TimeUnit{"m", 60 * kSecond},
    TimeUnit{"min", 60 * kSecond},
    TimeUnit{"minute", 60 * kSecond},
    TimeUnit{"h", 3'600 * kSecond},
    TimeUnit{"hr", 3'600 * kSecond},
    TimeUnit{"hour", 3'600 * kSecond},
    TimeUnit{"d", 86'400 * kSecond},
    TimeUnit{"day", 86'400 * kSecond},
    TimeUnit{"w", 7 * 86'400 * kSecond},
    TimeUnit{"week", 7 * 86'400 * kSecond},
    TimeUnit{"month", 0},
    TimeUnit{"quarter", 0},
    TimeUnit{"year", 0},
    TimeUnit{"y", 0},
    TimeUnit{"decade", 0},
    TimeUnit{"century", 0},
    TimeUnit{"ns", -1},
    TimeUnit{"nanosecond", -1},
};

// `MINUTES` and `minute` alike; one-letter units have no plural.
const TimeUnit* find_time_unit(std::string_view word) noexcept {
    for (const TimeUnit& unit : kTimeUnits) {
        if (equals_ignoring_case(unit.name, word)) return &unit;
        const bool plural =
            word.size() == unit.name.size() + 1 && (word.back() == 's' || word.back() == 'S');
        if (plural && unit.name.size() > 2 &&
            equals_ignoring_case(unit.name, word.substr(0, unit.name.size())))
            return &unit;
    }
    return nullptr;
}

bool is_plain_number(std::string_view text) noexcept {
    const auto digits = std::ranges::count_if(text, is_digit);
    const auto points = std::ranges::count(text, '.');
    return digits > 0 && points <= 1 && static_cast<std::size_t>(digits + points) == text.size();
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

}  // namespace

std::expected<Value, std::string> number_value(std::string_view digits, bool negative) {
    constexpr auto kMostDigits = static_cast<std::size_t>(kMaxDecimalDigits);
    ExactNumber number = read_exact(digits);
    const bool whole = std::ranges::all_of(digits, is_digit);
    if (number.scale < 0) {
        if (!number.digits.empty() && number.scale < -kMaxDecimalDigits) return too_many_digits();
        if (!number.digits.empty())
            number.digits.append(static_cast<std::size_t>(-number.scale), '0');
        number.scale = 0;
    }
    // Zeros at the end of a fraction are kept only while there is room for them.
    const auto too_long = [&] {
        return number.digits.size() > kMostDigits || number.scale > kMaxDecimalDigits;
    };
    while (too_long() && number.scale > 0 &&
           (number.digits.empty() || number.digits.back() == '0')) {
        if (number.digits.empty()) {
            number.scale = 0;
        } else {
            number.digits.pop_back();
            --number.scale;
        }
    }
    if (too_long()) return too_many_digits();
    const Int128 value = negative ? -integer_of(number.digits) : integer_of(number.digits);
    const bool fits = value >= std::numeric_limits<std::int64_t>::min() &&
                      value <= std::numeric_limits<std::int64_t>::max();
    if (whole && fits) return Value{kBigint, static_cast<std::int64_t>(value)};
    const auto scale = static_cast<int>(number.scale);
    const int precision = std::max({1, scale, static_cast<int>(number.digits.size())});
    return Value{decimal_type(precision, scale), value};
}

std::expected<Value, std::string> timestamp_value(std::string_view text) {
    auto time = parse_rfc3339(text);
    if (!time) time = parse_rfc3339(std::string(text) + "Z");
    if (!time) time = parse_rfc3339(std::string(text) + "T00:00:00Z");
    if (!time)
        return std::unexpected(
            "this is not a time; write TIMESTAMP '2024-01-15 10:00:00' or "
            "'2024-01-15T10:00:00.250Z'");
    return Value{kTimestamp, std::int64_t{time->time_since_epoch().count()}};
}

std::expected<Value, std::string> time_value(std::string_view text) {
    const auto micros = parse_time_of_day(trimmed(text));
    if (!micros)
        return std::unexpected(
            "this is not a time of day; write TIME '12:34:56.789', from 00:00:00 to "
            "23:59:59.999999");
    return Value{kTime, *micros};
}

std::expected<Value, std::string> date_value(std::string_view text) {
    const auto days = parse_date(text);
    if (!days) return std::unexpected("this is not a date; write DATE '2024-01-15'");
    return Value{kDate, *days};
}

std::expected<Duration, std::string> interval_of(std::string_view number, std::string_view unit) {
    const TimeUnit* known = find_time_unit(unit);
    if (known == nullptr) {
        return std::unexpected(fmt::format(
            "'{}' is not a unit of time; use MILLISECOND, SECOND, MINUTE, HOUR, DAY or WEEK",
            unit));
    }
    if (known->micros == 0)
        return std::unexpected(fmt::format("'{}' has no fixed length; use DAY", unit));
    if (known->micros < 0)
        return std::unexpected(fmt::format(
            "'{}' is finer than a microsecond, the finest unit of time; use MICROSECOND", unit));
    const bool negative = number.starts_with('-');
    const std::string_view digits = number.substr(negative || number.starts_with('+') ? 1 : 0);
    if (!is_plain_number(digits))
        return std::unexpected(
            fmt::format("'{}' is not a number of units; write INTERVAL '5' MINUTE", number));
    const ExactNumber exact = read_exact(digits);
    const auto too_long = [] {
        return std::unexpected("the interval is longer than 292,000 years; use a shorter one");
    };
    if (exact.scale > 18)
        return std::unexpected("the interval is finer than a microsecond; use fewer digits");
    if (exact.digits.size() > 18) return too_long();
    Int128 divisor = 1;
    for (std::int64_t i = 0; i < exact.scale; ++i) divisor *= 10;
    const Int128 scaled = integer_of(exact.digits) * known->micros;
    if (scaled % divisor != 0)
        return std::unexpected("the interval is finer than a microsecond; use fewer digits");
    const Int128 micros = scaled / divisor;
    if (micros > std::numeric_limits<std::int64_t>::max()) return too_long();
    return Duration{static_cast<std::int64_t>(negative ? -micros : micros)};
}

std::expected<Duration, std::string> interval_text(std::string_view text) {
    const std::string_view whole = trimmed(text);
    const std::size_t end = whole.find(' ');
    if (end != std::string_view::npos)
        return interval_of(whole.substr(0, end), trimmed(whole.substr(end)));
    const auto duration = parse_duration(to_lower(whole));
    if (!duration)
        return std::unexpected(fmt::format("'{}' has no unit; write INTERVAL '5' MINUTE", text));
    return *duration;
}

bool is_time_unit(std::string_view word) noexcept { return find_time_unit(word) != nullptr; }

}  // namespace velo::engine::sql
