#include "engine/data/decimal.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/data/type.hpp"
#include "engine/data/wide_integer.hpp"

namespace velo::engine {

namespace {

constexpr std::array<Int128, kMaxDecimalDigits + 1> kPowers = [] {
    std::array<Int128, kMaxDecimalDigits + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

constexpr UInt128 kLimit =
    static_cast<UInt128>(kPowers[kMaxDecimalDigits]);  // 10^38: the first that does not fit.

constexpr UInt128 power(int n) noexcept {
    return static_cast<UInt128>(kPowers[static_cast<std::size_t>(n)]);
}

std::optional<Int128> signed_result(UInt128 value, bool negative) noexcept {
    if (value >= kLimit) return std::nullopt;
    const auto result = static_cast<Int128>(value);
    return negative ? -result : result;
}

// value / divisor, half away from zero.
UInt128 divide_rounded(UInt128 value, UInt128 divisor) noexcept {
    const UInt128 rest = value % divisor;
    return value / divisor + (rest >= divisor - rest ? 1U : 0U);
}

std::optional<Int128> divide_rounded(UInt256 value, UInt128 divisor, bool negative) noexcept {
    const auto [quotient, rest] = divide_wide(value, divisor);
    if (quotient.high != 0 || quotient.low >= kLimit) return std::nullopt;
    return signed_result(quotient.low + (rest >= divisor - rest ? 1U : 0U), negative);
}

// value * 10^(to - from), in magnitude and with up to 76 digits more than `value`; half away from zero downwards.
std::optional<Int128> rescale_magnitude(UInt128 value, int by, bool negative) noexcept {
    if (value == 0) return Int128{0};
    if (by < -kMaxDecimalDigits) return Int128{0};
    if (by < 0) return signed_result(divide_rounded(value, power(-by)), negative);
    if (by > kMaxDecimalDigits || value >= kLimit / power(by)) return std::nullopt;
    return signed_result(value * power(by), negative);
}

int order(UInt256 a, UInt256 b) noexcept { return a < b ? -1 : a == b ? 0 : 1; }

constexpr int kDoubleDigits = 53;

// a / 10^scale against b, both positive, b finite.
int compare_magnitudes(UInt128 a, int scale, double b) noexcept {
    int exponent = 0;
    const double fraction = std::frexp(b, &exponent);
    const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, kDoubleDigits));
    exponent -= kDoubleDigits;  // b == mantissa * 2^exponent
    const UInt256 scaled = multiply_wide(mantissa, power(scale));
    if (exponent >= 0) {
        if (exponent + kDoubleDigits > 128) return -1;  // a < 2^127 <= b
        return order({0, a}, shift_left(scaled, exponent));
    }
    if (bit_length(a) - exponent > 255) return 1;  // b * 10^scale < 2^181
    return order(shift_left({0, a}, -exponent), scaled);
}

}  // namespace

Int128 power_of_ten(int n) noexcept { return kPowers[static_cast<std::size_t>(n)]; }

bool fits_precision(Int128 value, int precision) noexcept {
    return magnitude(value) < power(precision);
}

std::optional<Int128> rescale(Int128 value, int from, int to) noexcept {
    return rescale_magnitude(magnitude(value), to - from, value < 0);
}

std::optional<Int128> decimal_multiply(Int128 a, int a_scale, Int128 b, int b_scale,
                                       int scale) noexcept {
    Int128 product = 0;
    const int by = scale - a_scale - b_scale;
    if (!__builtin_mul_overflow(a, b, &product)) {
        if (by == 0) return signed_result(magnitude(product), product < 0);
        return rescale_magnitude(magnitude(product), by, product < 0);
    }
    if (by > 0) return std::nullopt;  // Already over 2^127.
    const bool negative = (a < 0) != (b < 0);
    const UInt256 wide = multiply_wide(magnitude(a), magnitude(b));
    if (-by <= kMaxDecimalDigits) return divide_rounded(wide, power(-by), negative);
    // Two steps: what the first one cuts never decides whether the digits left are a half or more.
    const UInt256 quotient = divide_wide(wide, power(kMaxDecimalDigits)).quotient;
    if (quotient.high != 0) return std::nullopt;
    const UInt128 divisor = power(-by - kMaxDecimalDigits);
    return signed_result(divide_rounded(quotient.low, divisor), negative);
}

std::optional<Int128> decimal_divide(Int128 a, int a_scale, Int128 b, int b_scale,
                                     int scale) noexcept {
    if (b == 0) return std::nullopt;
    if (a == 0) return Int128{0};
    const bool negative = (a < 0) != (b < 0);
    const UInt128 dividend = magnitude(a);
    const UInt128 divisor = magnitude(b);
    const int by = scale - a_scale + b_scale;  // The quotient is a * 10^by / b.
    if (by < 0) {
        // a / (b * 10^-by): a divisor of 2^128 or more leaves less than one half.
        const UInt256 wide =
            -by > kMaxDecimalDigits ? UInt256{1, 0} : multiply_wide(divisor, power(-by));
        if (wide.high != 0) return Int128{0};
        return signed_result(divide_rounded(dividend, wide.low), negative);
    }
    if (by <= kMaxDecimalDigits)
        return divide_rounded(multiply_wide(dividend, power(by)), divisor, negative);
    // Over 38 digits more: divide in two steps, bringing the rest down as in long division.
    const auto [high, rest] =
        divide_wide(multiply_wide(dividend, power(kMaxDecimalDigits)), divisor);
    const int more = by - kMaxDecimalDigits;
    if (more > kMaxDecimalDigits || high.high != 0) return std::nullopt;
    const UInt256 shifted = multiply_wide(high.low, power(more));
    if (shifted.high != 0 || shifted.low >= kLimit) return std::nullopt;
    const auto [low, last] = divide_wide(multiply_wide(rest, power(more)), divisor);
    return signed_result(shifted.low + low.low + (last >= divisor - last ? 1U : 0U), negative);
}

std::optional<Int128> decimal_modulo(Int128 a, int a_scale, Int128 b, int b_scale) noexcept {
    if (b == 0) return std::nullopt;
    UInt128 rest = 0;
    if (a_scale >= b_scale) {
        const UInt256 divisor = multiply_wide(magnitude(b), power(a_scale - b_scale));
        rest = divisor.high != 0 ? magnitude(a) : magnitude(a) % divisor.low;
    } else {
        rest =
            divide_wide(multiply_wide(magnitude(a), power(b_scale - a_scale)), magnitude(b)).rest;
    }
    return signed_result(rest, a < 0);
}

int decimal_compare(Int128 a, int a_scale, Int128 b, int b_scale) noexcept {
    if (a_scale == b_scale) return a < b ? -1 : a == b ? 0 : 1;
    if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
    const bool negative = a < 0;
    const int common = a_scale > b_scale ? a_scale : b_scale;
    const int result = order(multiply_wide(magnitude(a), power(common - a_scale)),
                             multiply_wide(magnitude(b), power(common - b_scale)));
    return negative ? -result : result;
}

int decimal_compare(Int128 a, int a_scale, double b) noexcept {
    if (b == 0.0) return a < 0 ? -1 : a == 0 ? 0 : 1;
    if (a == 0) return b > 0 ? -1 : 1;
    if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
    const int result = compare_magnitudes(magnitude(a), a_scale, std::fabs(b));
    return a < 0 ? -result : result;
}

double decimal_to_double(Int128 value, int scale) noexcept {
    constexpr UInt128 kExact = UInt128{1} << kDoubleDigits;
    constexpr int kExactPowers =
        22;  // 10^22 is the largest power of ten that a double holds exactly.
    if (magnitude(value) < kExact && scale <= kExactPowers) {
        return static_cast<double>(static_cast<std::int64_t>(value)) /
               static_cast<double>(kPowers[static_cast<std::size_t>(scale)]);
    }
    std::array<char, kDecimalSize + 8> text{};
    char* end = write_decimal(text.data(), value, 0);
    *end++ = 'e';
    end = std::to_chars(end, text.data() + text.size(), -scale).ptr;
    double result = 0;
    std::from_chars(text.data(), end, result);
    return result;
}

std::optional<Int128> double_to_decimal(double value, int scale) noexcept {
    std::array<char, 32> text{};
    const auto written =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
    return parse_decimal_rounded({text.data(), static_cast<std::size_t>(written.ptr - text.data())},
                                 kMaxDecimalDigits, scale);
}

}  // namespace velo::engine
