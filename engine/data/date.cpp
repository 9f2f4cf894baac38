#include "engine/data/date.hpp"

#include <array>
#include <charconv>

#include "engine/data/calendar.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kYearDigits = 4;

std::optional<int> read_digits(std::string_view text) noexcept {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

char* write_two(char* out, int value) noexcept {
    *out++ = static_cast<char>('0' + value / 10);
    *out++ = static_cast<char>('0' + value % 10);
    return out;
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text) noexcept {
    constexpr std::size_t kSize = 10;  // 2024-01-15
    if (text.size() != kSize || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = read_digits(text.substr(0, 4));
    const auto month = read_digits(text.substr(5, 2));
    const auto day = read_digits(text.substr(8, 2));
    if (!year || !month || !day || *month < 1 || *month > 12) return std::nullopt;
    if (*day < 1 || *day > days_in_month(*year, *month)) return std::nullopt;
    return days_from_civil({*year, *month, *day});
}

char* write_date(char* out, std::int64_t days) noexcept {
    const CivilDate date = civil_from_days(days);
    if (date.year < 0 || date.year > 9999) *out++ = date.year < 0 ? '-' : '+';
    std::array<char, 20> year{};
    const char* end = std::to_chars(year.data(), year.data() + year.size(),
                                    date.year < 0 ? -date.year : date.year)
                          .ptr;
    for (auto digits = end - year.data(); digits < kYearDigits; ++digits) *out++ = '0';
    for (const char* c = year.data(); c != end; ++c) *out++ = *c;
    *out++ = '-';
    out = write_two(out, date.month);
    *out++ = '-';
    return write_two(out, date.day);
}

std::string date_text(std::int64_t days) {
    std::array<char, kDateSize> text{};
    return {text.data(), write_date(text.data(), days)};
}

}  // namespace velo::engine
