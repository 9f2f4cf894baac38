// Decimals from text and to text.
#include <array>
#include <charconv>
#include <cstring>

#include "engine/data/decimal.hpp"
#include "engine/data/type.hpp"
#include "engine/data/wide_integer.hpp"

namespace velo::engine {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A number as it stands in a text: digits * 10^exponent, the digits without zeros at either end.
struct Number {
    UInt128 digits = 0;
    int count = 0;  // How many digits that are.
    std::int64_t exponent = 0;
    bool negative = false;
    bool cut = false;          // More than 38 digits stood there …
    bool cut_is_half = false;  // … and those left out are a half of the last one or more.
};

// Takes digits one after another; zeros wait until a digit after them shows that they count.
class DigitReader {
public:
    explicit DigitReader(Number& number) noexcept : number_(number) {}

    void add(char c, bool after_point) noexcept {
        if (after_point) --number_.exponent;
        if (c == '0') {
            if (number_.count != 0) ++zeros_;
            return;
        }
        if (number_.cut || number_.count + zeros_ + 1 > kMaxDecimalDigits) {
            cut(c);
            return;
        }
        for (; zeros_ > 0; --zeros_) append(0);
        append(static_cast<unsigned>(c - '0'));
    }
    // What is left of the waiting zeros only moves the point.
    void finish() noexcept { number_.exponent += zeros_ + dropped_; }

private:
    void append(unsigned digit) noexcept {
        number_.digits = number_.digits * 10 + digit;
        ++number_.count;
    }
    void cut(char c) noexcept {
        if (!number_.cut) {
            for (; number_.count < kMaxDecimalDigits; --zeros_) append(0);
            number_.cut = true;
            number_.cut_is_half = zeros_ == 0 && c >= '5';
        }
        dropped_ += zeros_ + 1;
        zeros_ = 0;
    }

    Number& number_;
    std::int64_t zeros_ = 0;
    std::int64_t dropped_ = 0;
};

constexpr std::int64_t kFarExponent =
    1'000'000'000;  // Beyond any text's length: only the sign of it matters.

// The exponent after an `e`; false unless it is one and ends the text.
bool read_exponent(std::string_view text, std::int64_t& exponent) noexcept {
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    if (text.empty()) return false;
    std::int64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        if (value < kFarExponent) value = value * 10 + (c - '0');
    }
    exponent += negative ? -value : value;
    return true;
}

std::optional<Number> read_number(std::string_view text) noexcept {
    Number number;
    std::size_t i = 0;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) number.negative = text[i++] == '-';
    DigitReader digits(number);
    bool after_point = false;
    bool any = false;
    for (; i < text.size(); ++i) {
        if (is_digit(text[i])) {
            any = true;
            digits.add(text[i], after_point);
        } else if (text[i] == '.' && !after_point) {
            after_point = true;
        } else {
            break;
        }
    }
    if (!any) return std::nullopt;
    digits.finish();
    if (i < text.size()) {
        if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
        if (!read_exponent(text.substr(i + 1), number.exponent)) return std::nullopt;
    }
    return number;
}

std::optional<Int128> scaled(const Number& number, int precision, int scale) noexcept {
    if (number.digits == 0) return Int128{0};
    const std::int64_t by = number.exponent + scale;
    if (by < 0 || number.count + by > precision) return std::nullopt;
    const Int128 value = static_cast<Int128>(number.digits) * power_of_ten(static_cast<int>(by));
    return number.negative ? -value : value;
}

// The common case on its own: up to 18 digits, no exponent. nullopt: try the long way.
std::optional<Int128> parse_short(std::string_view text, int precision, int scale) noexcept {
    constexpr std::size_t kShort = 19;
    if (text.empty() || text.size() > kShort) return std::nullopt;
    std::size_t i = text.front() == '-' ? 1 : 0;
    std::uint64_t value = 0;
    std::size_t point = text.size();
    for (; i < text.size(); ++i) {
        if (is_digit(text[i])) {
            value = value * 10 + static_cast<std::uint64_t>(text[i] - '0');
        } else if (text[i] == '.' && point == text.size()) {
            point = i;
        } else {
            return std::nullopt;
        }
    }
    const int fraction = point == text.size() ? 0 : static_cast<int>(text.size() - point) - 1;
    if (fraction > scale || point == 0 || (point + 1 == text.size()) ||
        (text.front() == '-' && point <= 1))
        return std::nullopt;
    const int by = scale - fraction;
    constexpr int kProduct = kMaxDecimalDigits - 19;  // Powers that cannot take 19 digits over 38.
    if (by > kProduct) return std::nullopt;
    const Int128 result = static_cast<Int128>(value) * power_of_ten(by);
    if (!fits_precision(result, precision)) return std::nullopt;
    return text.front() == '-' ? -result : result;
}

char* write_unsigned(char* out, UInt128 value) noexcept {
    constexpr std::uint64_t kPart = 10'000'000'000'000'000'000ULL;  // 10^19
    constexpr std::size_t kPartDigits = 19;
    if (value < kPart)
        return std::to_chars(out, out + kPartDigits, static_cast<std::uint64_t>(value)).ptr;
    char* end = write_unsigned(out, value / kPart);
    std::array<char, kPartDigits + 1> part{};
    const char* part_end = std::to_chars(part.data(), part.data() + part.size(),
                                         static_cast<std::uint64_t>(value % kPart))
                               .ptr;
    const auto size = static_cast<std::size_t>(part_end - part.data());
    std::memset(end, '0', kPartDigits - size);
    std::memcpy(end + kPartDigits - size, part.data(), size);
    return end + kPartDigits;
}

}  // namespace

std::optional<Int128> parse_decimal(std::string_view text, int precision, int scale) noexcept {
    if (const auto value = parse_short(text, precision, scale)) return value;
    const auto number = read_number(text);
    if (!number || number->cut) return std::nullopt;
    return scaled(*number, precision, scale);
}

std::optional<Int128> parse_decimal_rounded(std::string_view text, int precision,
                                            int scale) noexcept {
    const auto number = read_number(text);
    if (!number) return std::nullopt;
    const std::int64_t by = number->exponent + scale;
    if (by >= 0 && !number->cut) return scaled(*number, precision, scale);
    if (by > 0) return std::nullopt;  // Over 38 digits already.
    UInt128 value = number->digits;
    if (by < -number->count) return Int128{0};
    if (by < 0) {
        const auto divisor = static_cast<UInt128>(power_of_ten(static_cast<int>(-by)));
        const UInt128 rest = value % divisor;
        value = value / divisor + (rest >= divisor - rest ? 1U : 0U);
    } else {
        value += number->cut_is_half ? 1U : 0U;
    }
    const auto result = static_cast<Int128>(value);
    if (!fits_precision(result, precision)) return std::nullopt;
    return number->negative ? -result : result;
}

char* write_decimal(char* out, Int128 value, int scale) noexcept {
    if (value < 0) *out++ = '-';
    const UInt128 digits = magnitude(value);
    if (scale == 0) return write_unsigned(out, digits);
    const auto unit = static_cast<UInt128>(power_of_ten(scale));
    out = write_unsigned(out, digits / unit);
    // The fraction with a one before it keeps its zeros; the point then takes the place of the one.
    char* point = out;
    out = write_unsigned(out, digits % unit + unit);
    *point = '.';
    return out;
}

std::string decimal_text(Int128 value, int scale) {
    std::array<char, kDecimalSize> text{};
    return {text.data(), write_decimal(text.data(), value, scale)};
}

}  // namespace velo::engine
