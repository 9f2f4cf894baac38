#include "engine/data/time_of_day.hpp"

#include <array>

#include "engine/data/calendar.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kSecondsPerHour = 3'600;

// Two digits at the front of `text`, which is then shortened; a number less than `end`.
bool take_two(std::string_view& text, std::int64_t end, std::int64_t& value) noexcept {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return false;
    value = (text[0] - '0') * 10 + (text[1] - '0');
    text.remove_prefix(2);
    return value < end;
}

bool take_colon(std::string_view& text) noexcept {
    if (!text.starts_with(':')) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::int64_t> fraction_micros(std::string_view digits) noexcept {
    constexpr std::size_t kMostDigits = 6;
    if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
    std::int64_t micros = 0;
    for (std::size_t i = 0; i < kMostDigits; ++i) {
        const char c = i < digits.size() ? digits[i] : '0';
        if (c < '0' || c > '9') return std::nullopt;
        micros = micros * 10 + (c - '0');
    }
    return micros;
}

char* write_digits(char* out, std::int64_t value, int digits) noexcept {
    for (int i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
    return out + digits;
}

}  // namespace

std::optional<std::int64_t> parse_time_of_day(std::string_view text) noexcept {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t micros = 0;
    if (!take_two(text, 24, hour) || !take_colon(text) || !take_two(text, 60, minute))
        return std::nullopt;
    if (!text.empty()) {
        if (!take_colon(text) || !take_two(text, 60, second)) return std::nullopt;
        if (text.starts_with('.')) {
            const auto fraction = fraction_micros(text.substr(1));
            if (!fraction) return std::nullopt;
            micros = *fraction;
        } else if (!text.empty()) {
            return std::nullopt;
        }
    }
    return (hour * kSecondsPerHour + minute * kSecondsPerMinute + second) * kMicrosPerSecond +
           micros;
}

char* write_time_of_day(char* out, std::int64_t micros) noexcept {
    const std::int64_t seconds = micros / kMicrosPerSecond;
    const std::int64_t fraction = micros % kMicrosPerSecond;
    out = write_digits(out, seconds / kSecondsPerHour, 2);
    *out++ = ':';
    out = write_digits(out, seconds / kSecondsPerMinute % 60, 2);
    *out++ = ':';
    out = write_digits(out, seconds % 60, 2);
    if (fraction == 0) return out;
    *out++ = '.';
    return fraction % 1'000 == 0 ? write_digits(out, fraction / 1'000, 3)
                                 : write_digits(out, fraction, 6);
}

std::string time_of_day_text(std::int64_t micros) {
    std::array<char, kTimeOfDaySize> text{};
    return {text.data(), write_time_of_day(text.data(), micros)};
}

}  // namespace velo::engine
