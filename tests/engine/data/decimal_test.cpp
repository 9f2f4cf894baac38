#include "engine/data/decimal.hpp"

#include <array>
#include <cmath>
#include <limits>

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/data/type.hpp"
#include "engine/data/wide_integer.hpp"

namespace velo::engine {

namespace {

using Integer = boost::multiprecision::cpp_int;

Integer big(Int128 value) {
    const UInt128 size = magnitude(value);
    Integer result = static_cast<std::uint64_t>(size >> 64);
    result = (result << 64) + static_cast<std::uint64_t>(size);
    return value < 0 ? Integer(-result) : result;
}

Integer ten_to(int n) { return boost::multiprecision::pow(Integer(10), static_cast<unsigned>(n)); }

// dividend / divisor, half away from zero.
Integer divided(Integer dividend, const Integer& divisor) {
    const bool negative = (dividend < 0) != (divisor < 0);
    const Integer size = abs(divisor);
    const Integer quotient = (2 * abs(dividend) + size) / (2 * size);
    return negative ? Integer(-quotient) : quotient;
}

bool agrees(const std::optional<Int128>& result, const Integer& expected) {
    if (abs(expected) >= ten_to(kMaxDecimalDigits)) return !result;
    return result && big(*result) == expected;
}

// Any magnitude is as likely as any other: most uniform 128-bit numbers have 38 digits.
Int128 any_decimal() {
    const int digits = *rc::gen::inRange(0, kMaxDecimalDigits + 1);
    const auto high = *rc::gen::arbitrary<std::uint64_t>();
    const auto low = *rc::gen::arbitrary<std::uint64_t>();
    const UInt128 value =
        ((UInt128{high} << 64) | low) % static_cast<UInt128>(power_of_ten(digits));
    return *rc::gen::arbitrary<bool>() ? -static_cast<Int128>(value) : static_cast<Int128>(value);
}

int any_scale() { return *rc::gen::inRange(0, kMaxDecimalDigits + 1); }

template <class Property>
void check(Property property) {
    const bool holds = rc::check(property);
    CHECK(holds);
}

const Int128 kAllNines = power_of_ten(38) - 1;

std::string parsed(std::string_view text, int precision, int scale) {
    const auto value = parse_decimal(text, precision, scale);
    return value ? decimal_text(*value, scale) : "none";
}

std::string rounded(std::string_view text, int precision, int scale) {
    const auto value = parse_decimal_rounded(text, precision, scale);
    return value ? decimal_text(*value, scale) : "none";
}

}  // namespace

TEST_CASE("256-bit division is exact", "[decimal]") {
    check([] {
        const auto word = [] {
            return *rc::gen::element<std::uint64_t>(0, 1, ~std::uint64_t{0}, std::uint64_t{1} << 63,
                                                    *rc::gen::arbitrary<std::uint64_t>());
        };
        const auto pair = [&] { return (UInt128{word()} << 64) | word(); };
        const UInt256 value{pair(), pair()};
        const UInt128 divisor = pair();
        RC_PRE(divisor != 0);
        const auto [quotient, rest] = divide_wide(value, divisor);
        RC_ASSERT(rest < divisor);
        const UInt256 low = multiply_wide(quotient.low, divisor);
        const UInt128 high = low.high + quotient.high * divisor;
        const UInt128 sum = low.low + rest;
        RC_ASSERT(sum == value.low);
        RC_ASSERT(high + (sum < low.low ? 1U : 0U) == value.high);
    });
}

TEST_CASE("rescaling rounds half away from zero", "[decimal]") {
    CHECK(rescale(125, 2, 1) == 13);
    CHECK(rescale(-125, 2, 1) == -13);
    CHECK(rescale(124, 2, 1) == 12);
    CHECK(rescale(1, 0, 38) == std::nullopt);
    CHECK(rescale(0, 0, 38) == Int128{0});
    CHECK(rescale(kAllNines, 38, 0) == 1);
    check([] {
        const Int128 value = any_decimal();
        const int from = any_scale(), to = any_scale();
        RC_ASSERT(agrees(rescale(value, from, to), divided(big(value) * ten_to(to), ten_to(from))));
    });
}

TEST_CASE("products, quotients and rests agree with unbounded arithmetic", "[decimal]") {
    check([] {
        const Int128 a = any_decimal(), b = any_decimal();
        const int a_scale = any_scale(), b_scale = any_scale(), scale = any_scale();
        RC_ASSERT(agrees(decimal_multiply(a, a_scale, b, b_scale, scale),
                         divided(big(a) * big(b) * ten_to(scale), ten_to(a_scale + b_scale))));
        if (b == 0) {
            RC_ASSERT(!decimal_divide(a, a_scale, b, b_scale, scale));
            RC_ASSERT(!decimal_modulo(a, a_scale, b, b_scale));
            return;
        }
        RC_ASSERT(agrees(decimal_divide(a, a_scale, b, b_scale, scale),
                         divided(big(a) * ten_to(scale + b_scale), big(b) * ten_to(a_scale))));
        const int common = std::max(a_scale, b_scale);
        const Integer rest =
            (big(a) * ten_to(common - a_scale)) % (big(b) * ten_to(common - b_scale));
        RC_ASSERT(agrees(decimal_modulo(a, a_scale, b, b_scale), rest));
    });
    CHECK(decimal_multiply(kAllNines, 38, kAllNines, 38, 38) == kAllNines - 1);
    CHECK(decimal_multiply(kAllNines, 0, 2, 0, 0) == std::nullopt);
    CHECK(decimal_divide(1, 0, 3, 0, 37) == power_of_ten(37) / 3);
    CHECK(decimal_divide(1, 38, kAllNines, 38, 38) == Int128{1});
}

TEST_CASE("decimals of any scales compare exactly", "[decimal]") {
    check([] {
        const Int128 a = any_decimal(), b = any_decimal();
        const int a_scale = any_scale(), b_scale = any_scale();
        const Integer left = big(a) * ten_to(b_scale), right = big(b) * ten_to(a_scale);
        RC_ASSERT(decimal_compare(a, a_scale, b, b_scale) == (left < right    ? -1
                                                              : left == right ? 0
                                                                              : 1));
    });
}

TEST_CASE("a decimal compares with a double as the number that double is", "[decimal]") {
    check([] {
        const Int128 a = any_decimal();
        const int scale = any_scale();
        // Near misses: the nearest double, and its neighbours.
        double b = *rc::gen::arbitrary<bool>() ? decimal_to_double(a, scale)
                                               : *rc::gen::arbitrary<double>();
        const int steps = *rc::gen::inRange(-1, 2);
        if (steps != 0) b = std::nextafter(b, steps * std::numeric_limits<double>::infinity());
        RC_PRE(std::isfinite(b));
        int exponent = 0;
        const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(b, &exponent), 53));
        Integer left = big(a), right = Integer(mantissa) * ten_to(scale);
        exponent -= 53;
        (exponent < 0 ? left : right) <<= static_cast<unsigned>(std::abs(exponent));
        RC_ASSERT(decimal_compare(a, scale, b) == (left < right ? -1 : left == right ? 0 : 1));
    });
    CHECK(decimal_compare(0, 5, -0.0) == 0);
    CHECK(decimal_compare(1, 1, 0.1) == -1);  // The double 0.1 is a little more than a tenth.
    CHECK(decimal_compare(kAllNines, 0, 1e308) == -1);
    CHECK(decimal_compare(1, 38, std::numeric_limits<double>::denorm_min()) == 1);
}

TEST_CASE("a decimal becomes the nearest double", "[decimal]") {
    CHECK(decimal_to_double(1, 1) == 0.1);
    CHECK(decimal_to_double(-12345, 2) == -123.45);
    CHECK(decimal_to_double(kAllNines, 0) == 1e38);
    CHECK(decimal_to_double(kAllNines, 38) == 1.0);
    check([] {
        const Int128 a = any_decimal();
        const int scale = any_scale();
        const double result = decimal_to_double(a, scale);
        // No neighbour is nearer.
        const double up = std::nextafter(result, std::numeric_limits<double>::infinity());
        const double down = std::nextafter(result, -std::numeric_limits<double>::infinity());
        constexpr int kShift = 1130;  // The smallest double is 2^52 * 2^-1126.
        const auto distance = [&](double x) {
            int exponent = 0;
            const auto mantissa =
                static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
            exponent -= 53;
            // |a / 10^scale - m * 2^e| * 10^scale * 2^1130
            return Integer(abs((big(a) << kShift) - ((Integer(mantissa) * ten_to(scale))
                                                     << static_cast<unsigned>(kShift + exponent))));
        };
        RC_ASSERT(distance(result) <= distance(up));
        RC_ASSERT(distance(result) <= distance(down));
    });
}

TEST_CASE("a double becomes the decimal that it is written as", "[decimal]") {
    CHECK(double_to_decimal(0.1, 20) == power_of_ten(19));
    CHECK(double_to_decimal(2.675, 2) == 268);
    CHECK(double_to_decimal(-2.5, 0) == -3);
    CHECK(double_to_decimal(1e38, 0) == std::nullopt);
    CHECK(double_to_decimal(1e-300, 38) == Int128{0});
    CHECK(double_to_decimal(1e300, 2) == std::nullopt);
    CHECK(double_to_decimal(1.5e37, 0) == 15 * power_of_ten(36));
}

TEST_CASE("parsing is exact: digits that do not fit are refused, not rounded", "[decimal]") {
    CHECK(parsed("-12.5", 10, 2) == "-12.50");
    CHECK(parsed("+7", 10, 0) == "7");
    CHECK(parsed("1e3", 10, 0) == "1000");
    CHECK(parsed("1.5E+2", 10, 1) == "150.0");
    CHECK(parsed("125e-2", 10, 2) == "1.25");
    CHECK(parsed("1.230", 10, 2) == "1.23");
    CHECK(parsed("1.234", 10, 2) == "none");
    CHECK(parsed("100", 2, 0) == "none");
    CHECK(parsed("99.99", 4, 2) == "99.99");
    CHECK(parsed("100.00", 4, 2) == "none");
    CHECK(parsed("0e999999999999999999999", 4, 2) == "0.00");
    CHECK(parsed("1e999999999999999999999", 38, 0) == "none");
    CHECK(parsed("1e-999999999999999999999", 38, 38) == "none");
    CHECK(parsed("0.000000000000000000000000000000000000000001e42", 38, 0) == "1");
    CHECK(parsed("99999999999999999999999999999999999999", 38, 0) ==
          "99999999999999999999999999999999999999");
    CHECK(parsed("100000000000000000000000000000000000000", 38, 0) == "none");
    CHECK(parsed("1" + std::string(50, '0') + "e-50", 38, 0) == "1");
    CHECK(parsed("9999999999999999999", 19, 0) == "9999999999999999999");
    CHECK(parsed("-0", 5, 2) == "0.00");
    for (const std::string_view wrong : {"", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", " 1", "1 ",
                                         "--1", "0x1", "1,5", "nan", "-.", "1-"}) {
        CHECK(parsed(wrong, 38, 10) == "none");
    }
}

TEST_CASE("parsing with rounding goes half away from zero, however many digits there are",
          "[decimal]") {
    CHECK(rounded("1.235", 10, 2) == "1.24");
    CHECK(rounded("-1.235", 10, 2) == "-1.24");
    CHECK(rounded("1.2349999", 10, 2) == "1.23");
    CHECK(rounded("99.995", 4, 2) == "none");
    CHECK(rounded("0." + std::string(60, '3'), 38, 38) == "0." + std::string(38, '3'));
    CHECK(rounded("0." + std::string(60, '6'), 38, 38) == "0." + std::string(37, '6') + "7");
    CHECK(rounded("0." + std::string(38, '9') + "5", 38, 38) == "none");
    CHECK(rounded("0.0004", 10, 2) == "0.00");
    CHECK(rounded("5e-3", 10, 2) == "0.01");
    CHECK(rounded("1e-999999", 10, 2) == "0.00");
    CHECK(rounded("1" + std::string(37, '0') + ".00000005", 38, 0) == "1" + std::string(37, '0'));
    CHECK(rounded("123456789012345678901234567890123456789", 38, 0) == "none");
    CHECK(rounded("12345678901234567890123456789012345678.5", 38, 0) ==
          "12345678901234567890123456789012345679");
    CHECK(rounded("x", 38, 0) == "none");
}

TEST_CASE("what is written is read back", "[decimal]") {
    CHECK(decimal_text(-1250, 2) == "-12.50");
    CHECK(decimal_text(5, 3) == "0.005");
    CHECK(decimal_text(0, 0) == "0");
    CHECK(decimal_text(-kAllNines, 38) == "-0." + std::string(38, '9'));
    CHECK(decimal_text(kAllNines, 0) == std::string(38, '9'));
    check([] {
        const Int128 value = any_decimal();
        const int scale = any_scale();
        const std::string text = decimal_text(value, scale);
        RC_ASSERT(text.size() <= kDecimalSize);
        RC_ASSERT(parse_decimal(text, kMaxDecimalDigits, scale) == value);
        RC_ASSERT(parse_decimal_rounded(text, kMaxDecimalDigits, scale) == value);
    });
}

TEST_CASE("precision counts digits", "[decimal]") {
    CHECK(fits_precision(99, 2));
    CHECK(fits_precision(-99, 2));
    CHECK_FALSE(fits_precision(100, 2));
    CHECK_FALSE(fits_precision(-100, 2));
    CHECK(fits_precision(0, 1));
}

}  // namespace velo::engine
