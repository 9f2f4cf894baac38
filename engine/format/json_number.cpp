#include "engine/format/json_number.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <system_error>

#include "engine/data/decimal.hpp"

namespace velo::engine {

namespace {

constexpr int kMaxDigits = 19;  // What 64 bits take whatever the digits are.
constexpr std::int64_t kFarExponent =
    1'000'000'000'000;  // Beyond any record's size: only its sign matters.

using detail::is_digit;

constexpr std::array<std::uint64_t, 20> kPowers = [] {
    std::array<std::uint64_t, 20> powers{};
    std::uint64_t power = 1;
    for (std::uint64_t& entry : powers) {
        entry = power;
        power *= 10;
    }
    return powers;
}();

// Takes digits one after another; counts those that do not fit into the exponent.
const char* take_digits(const char* from, const char* end, JsonNumber& number,
                        int& count) noexcept {
    for (; from != end && is_digit(*from); ++from) {
        if (count < kMaxDigits) {
            number.digits = number.digits * 10 + static_cast<std::uint64_t>(*from - '0');
            count += number.digits != 0 ? 1 : 0;
        } else {
            ++number.exponent;
            number.exact = number.exact && *from == '0';
        }
    }
    return from;
}

const char* take_exponent(const char* from, const char* end, JsonNumber& number) noexcept {
    const bool negative = from != end && *from == '-';
    if (from != end && (*from == '-' || *from == '+')) ++from;
    if (from == end || !is_digit(*from)) return nullptr;
    std::int64_t exponent = 0;
    for (; from != end && is_digit(*from); ++from) {
        if (exponent < kFarExponent) exponent = exponent * 10 + (*from - '0');
    }
    number.exponent += negative ? -exponent : exponent;
    return from;
}

// False: 64 bits do not hold it.
bool signed_value(std::uint64_t magnitude, bool negative, std::int64_t& value) noexcept {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (magnitude > kMost + (negative ? 1U : 0U)) return false;
    value = static_cast<std::int64_t>(negative ? std::uint64_t{0} - magnitude : magnitude);
    return true;
}

}  // namespace

namespace detail {

JsonNumber scan_any_number(const char* from, const char* end) noexcept {
    JsonNumber number;
    number.negative = *from == '-';
    if (number.negative) ++from;
    if (from == end || !is_digit(*from)) return {};
    int count = 0;
    if (*from == '0') {
        ++from;
        if (from != end && is_digit(*from)) return {};
    } else {
        from = take_digits(from, end, number, count);
    }
    if (from != end && *from == '.') {
        const char* const fraction = from + 1;
        from = take_digits(fraction, end, number, count);
        if (from == fraction) return {};
        number.exponent -= from - fraction;
    }
    number.end =
        from != end && is_exponent_mark(*from) ? take_exponent(from + 1, end, number) : from;
    return number;
}

NumberFit to_any_integer(const JsonNumber& number, std::int64_t& value) noexcept {
    std::uint64_t magnitude = number.digits;
    value = 0;
    if (magnitude == 0) return NumberFit::Fits;
    if (!number.exact) return number.exponent > 0 ? NumberFit::OutOfRange : NumberFit::Fraction;
    if (number.exponent < 0) {
        if (number.exponent < -kMaxDigits) return NumberFit::Fraction;
        const std::uint64_t power = kPowers[static_cast<std::size_t>(-number.exponent)];
        if (magnitude % power != 0) return NumberFit::Fraction;
        magnitude /= power;
    } else if (number.exponent > 0) {
        if (number.exponent > kMaxDigits) return NumberFit::OutOfRange;
        const std::uint64_t power = kPowers[static_cast<std::size_t>(number.exponent)];
        if (__builtin_mul_overflow(magnitude, power, &magnitude)) return NumberFit::OutOfRange;
    }
    return signed_value(magnitude, number.negative, value) ? NumberFit::Fits
                                                           : NumberFit::OutOfRange;
}

NumberFit to_any_double(const JsonNumber& number, const char* from, double& value) noexcept {
    const auto result = std::from_chars(from, number.end, value);
    if (result.ec == std::errc{}) return NumberFit::Fits;
    if (number.digits != 0 && number.exponent > 0) return NumberFit::OutOfRange;
    value = number.negative ? -0.0 : 0.0;  // Nearer to zero than to any other double.
    return NumberFit::Fits;
}

}  // namespace detail

NumberFit to_decimal(const JsonNumber& number, const char* from, Type type,
                     Int128& value) noexcept {
    const std::int64_t by = number.exponent + type.scale;
    if (number.exact && by >= 0 && by <= kMaxDigits) {  // Two factors below 10^19 stay below 10^38.
        value = static_cast<Int128>(number.digits) *
                static_cast<Int128>(kPowers[static_cast<std::size_t>(by)]);
        if (!fits_precision(value, type.precision)) return NumberFit::OutOfRange;
        if (number.negative) value = -value;
        return NumberFit::Fits;
    }
    const auto parsed = parse_decimal({from, static_cast<std::size_t>(number.end - from)},
                                      type.precision, type.scale);
    if (!parsed) return NumberFit::OutOfRange;
    value = *parsed;
    return NumberFit::Fits;
}

}  // namespace velo::engine
