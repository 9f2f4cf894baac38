#include "engine/expression/time_format.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "engine/base/error.hpp"
#include "engine/data/calendar.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/time_names.hpp"

namespace velo::engine {

namespace {

constexpr int kFractionDigits = 6;
constexpr int kMaxFractionDigits = 9;

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct TimeParts {
    CivilDate date;
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t micros = 0;
    std::int64_t zone_minutes = 0;
    bool is_afternoon = false;
    bool is_half_day = false;  // `hour` is 1 to 12.

    [[nodiscard]] std::optional<std::int64_t> time() const noexcept {
        if (date.month < 1 || date.month > 12 || date.day < 1 ||
            date.day > days_in_month(date.year, date.month))
            return std::nullopt;
        if (is_half_day && (hour < 1 || hour > 12)) return std::nullopt;
        const std::int64_t hours = is_half_day ? hour % 12 + (is_afternoon ? 12 : 0) : hour;
        if (hours > 23 || minute > 59 || second > 59) return std::nullopt;
        const std::int64_t minutes =
            (days_from_civil(date) * 24 + hours) * 60 + minute - zone_minutes;
        return (minutes * 60 + second) * kMicrosPerSecond + micros;
    }
};

// Takes `least` to `most` digits off the front of `text`.
std::optional<std::int64_t> take_digits(std::string_view& text, int least, int most) noexcept {
    std::int64_t value = 0;
    int count = 0;
    while (count < most && !text.empty() && is_digit(text.front())) {
        value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
        ++count;
    }
    if (count < least) return std::nullopt;
    return value;
}

bool take_zone(std::string_view& text, TimeParts& parts) noexcept {
    if (text.empty()) return false;
    const char sign = text.front();
    text.remove_prefix(1);
    if (sign == 'Z') return true;
    if (sign != '+' && sign != '-') return false;
    const auto hours = take_digits(text, 2, 2);
    if (!hours || *hours > 18) return false;
    if (text.starts_with(':')) text.remove_prefix(1);
    const auto minutes = text.empty() || !is_digit(text.front()) ? std::optional<std::int64_t>{0}
                                                                 : take_digits(text, 2, 2);
    if (!minutes || *minutes > 59) return false;
    parts.zone_minutes = (*hours * 60 + *minutes) * (sign == '-' ? -1 : 1);
    return true;
}

bool take_fraction(std::string_view& text, int digits, TimeParts& parts) noexcept {
    auto value = take_digits(text, digits, digits);
    if (!value) return false;
    for (int i = digits; i < kFractionDigits; ++i) *value *= 10;
    for (int i = kFractionDigits; i < digits; ++i) *value /= 10;
    parts.micros = *value;
    return true;
}

bool take_number(std::string_view& text, char letter, int digits, TimeParts& parts) noexcept {
    const auto value = take_digits(text, digits, digits == 1 ? 2 : digits);
    if (!value) return false;
    switch (letter) {
        case 'y':
            parts.date.year = *value;
            break;
        case 'M':
            parts.date.month = static_cast<int>(*value);
            break;
        case 'd':
            parts.date.day = static_cast<int>(*value);
            break;
        case 'h':
            parts.is_half_day = true;
            [[fallthrough]];
        case 'H':
            parts.hour = *value;
            break;
        case 'm':
            parts.minute = *value;
            break;
        default:
            parts.second = *value;
            break;
    }
    return true;
}

// Takes a whole name, or its first letters, off the front of `text`; its number in `names`.
std::optional<std::size_t> take_name(std::string_view& text,
                                     std::span<const std::string_view> names, bool is_short) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string_view name = is_short ? names[i].substr(0, kShortName) : names[i];
        if (!equals_ignoring_case(text.substr(0, name.size()), name)) continue;
        text.remove_prefix(name.size());
        return i;
    }
    return std::nullopt;
}

bool take_month(std::string_view& text, bool is_short, TimeParts& parts) {
    const auto month = take_name(text, kMonthNames, is_short);
    if (month) parts.date.month = static_cast<int>(*month) + 1;
    return month.has_value();
}

bool take_half(std::string_view& text, TimeParts& parts) {
    static constexpr std::array<std::string_view, 2> kHalves{"AM", "PM"};
    const auto half = take_name(text, kHalves, false);
    if (half) parts.is_afternoon = *half == 1;
    return half.has_value();
}

// Whether a run of one letter, so long, means something.
bool is_known(char letter, int count, TimeFormat::Use use) {
    const bool writes = use == TimeFormat::Use::Write;
    switch (letter) {
        case 'y':
            return count == 4 || (writes && count == 2);
        case 'M':
            return count <= 4;
        case 'd':
        case 'H':
        case 'h':
        case 'm':
        case 's':
            return count <= 2;
        case 'S':
            return count <= kMaxFractionDigits;
        case 'E':
            return count == 3 || count == 4;
        case 'a':
            return count == 1;
        case 'X':
            return count <= 3;
        case 'D':
            return writes && (count == 1 || count == 3);
        case 'Z':
            return writes && count == 1;
        default:
            return false;
    }
}

std::string unknown_letters(std::string_view letters, TimeFormat::Use use) {
    return "does not know '" + shortened(letters) + "' in its pattern; it knows " +
           (use == TimeFormat::Use::Write
                ? "yyyy yy MM MMM MMMM dd D EEE EEEE HH hh a mm ss SSS X Z"
                : "yyyy MM MMM dd EEE HH hh a mm ss SSS X") +
           " and 'text'";
}

}  // namespace

std::expected<TimeFormat, std::string> TimeFormat::compile(std::string_view pattern, Use use) {
    TimeFormat format;
    bool quoted = false;
    for (std::size_t i = 0; i < pattern.size();) {
        const char c = pattern[i];
        if (c == '\'') {
            if (i + 1 < pattern.size() && pattern[i + 1] == '\'') {
                format.elements_.push_back({.literal = '\''});
                i += 2;
            } else {
                quoted = !quoted;
                ++i;
            }
            continue;
        }
        if (quoted || !is_letter(c)) {
            format.elements_.push_back({.literal = c});
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < pattern.size() && pattern[end] == c) ++end;
        const auto digits = static_cast<int>(end - i);
        if (!is_known(c, digits, use))
            return std::unexpected(unknown_letters(pattern.substr(i, end - i), use));
        format.elements_.push_back({.letter = c, .digits = digits});
        i = end;
    }
    if (quoted)
        return std::unexpected(
            std::string("has a pattern with an open quote; close it, or write '''' for a quote"));
    return format;
}

std::optional<std::int64_t> TimeFormat::parse(std::string_view text) const noexcept {
    TimeParts parts;
    for (const Element& element : elements_) {
        bool taken = false;
        switch (element.letter) {
            case 0:
                taken = text.starts_with(element.literal);
                if (taken) text.remove_prefix(1);
                break;
            case 'X':
                taken = take_zone(text, parts);
                break;
            case 'E':
                taken = take_name(text, kDayNames, element.digits == 3).has_value();
                break;
            case 'a':
                taken = take_half(text, parts);
                break;
            case 'M':
                taken = element.digits < 3 ? take_number(text, 'M', element.digits, parts)
                                           : take_month(text, element.digits == 3, parts);
                break;
            case 'S':
                taken = take_fraction(text, element.digits, parts);
                break;
            default:
                taken = take_number(text, element.letter, element.digits, parts);
                break;
        }
        if (!taken) return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
    return parts.time();
}

bool TimeFormat::is_of_clock() const noexcept {
    constexpr std::string_view kClock = "HhmsSa";
    return std::ranges::all_of(elements_, [&](const Element& element) {
        return element.letter == 0 || kClock.find(element.letter) != std::string_view::npos;
    });
}

bool TimeFormat::has_zone() const noexcept {
    return std::ranges::find(elements_, 'X', &Element::letter) != elements_.end();
}

}  // namespace velo::engine
