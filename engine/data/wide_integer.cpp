#include "engine/data/wide_integer.hpp"

#include <array>

namespace velo::engine {

namespace {

constexpr UInt128 kDigit = UInt128{1} << 64;

WideQuotient divide_by_one_digit(UInt256 value, std::uint64_t divisor) noexcept {
    const std::array<std::uint64_t, 4> digits{
        static_cast<std::uint64_t>(value.high >> 64), static_cast<std::uint64_t>(value.high),
        static_cast<std::uint64_t>(value.low >> 64), static_cast<std::uint64_t>(value.low)};
    std::array<UInt128, 4> quotient{};
    UInt128 rest = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const UInt128 part = (rest << 64) | digits[i];
        quotient[i] = part / divisor;
        rest = part % divisor;
    }
    return {{(quotient[0] << 64) | quotient[1], (quotient[2] << 64) | quotient[3]}, rest};
}

// One quotient digit of (three leading digits) / (two-digit divisor with its top bit set); leaves the rest in `top`.
std::uint64_t next_digit(std::array<std::uint64_t, 3>& top, UInt128 divisor) noexcept {
    const auto v1 = static_cast<std::uint64_t>(divisor >> 64);
    const auto v0 = static_cast<std::uint64_t>(divisor);
    const UInt128 lead = (UInt128{top[0]} << 64) | top[1];
    UInt128 guess = lead / v1;
    UInt128 rest = lead % v1;
    while (guess >= kDigit || guess * v0 > ((rest << 64) | top[2])) {
        --guess;
        rest += v1;
        if (rest >= kDigit) break;
    }
    // top - guess * divisor, which fits in two digits and may be negative by one divisor.
    const UInt128 low_product = guess * v0;
    const UInt128 low = ((UInt128{top[1]} << 64) | top[2]) - low_product;
    const bool borrow = ((UInt128{top[1]} << 64) | top[2]) < low_product;
    const UInt128 middle_product = guess * v1;
    const UInt128 difference = low - (middle_product << 64);
    const bool second_borrow = low < (middle_product << 64);
    const UInt128 taken = (middle_product >> 64) + (borrow ? 1U : 0U) + (second_borrow ? 1U : 0U);
    UInt128 remainder = difference;
    if (UInt128{top[0]} < taken) {
        --guess;
        remainder += divisor;
    }
    top[1] = static_cast<std::uint64_t>(remainder >> 64);
    top[2] = static_cast<std::uint64_t>(remainder);
    return static_cast<std::uint64_t>(guess);
}

}  // namespace

WideQuotient divide_wide(UInt256 value, UInt128 divisor) noexcept {
    if (value.high == 0) return {{0, value.low / divisor}, value.low % divisor};
    if (divisor < kDigit) return divide_by_one_digit(value, static_cast<std::uint64_t>(divisor));
    const int shift = 128 - bit_length(divisor);
    const UInt128 normal = divisor << shift;
    const auto over = shift == 0 ? UInt128{0} : value.high >> (128 - shift);
    const UInt256 scaled = shift_left(value, shift);
    // Digits of the scaled dividend, five of them, the highest first.
    std::array<std::uint64_t, 3> top{static_cast<std::uint64_t>(over),
                                     static_cast<std::uint64_t>(scaled.high >> 64),
                                     static_cast<std::uint64_t>(scaled.high)};
    const std::array<std::uint64_t, 2> lower{static_cast<std::uint64_t>(scaled.low >> 64),
                                             static_cast<std::uint64_t>(scaled.low)};
    std::array<std::uint64_t, 3> quotient{};
    for (std::size_t i = 0; i < 3; ++i) {
        quotient[i] = next_digit(top, normal);
        if (i < 2) top = {top[1], top[2], lower[i]};
    }
    const UInt128 rest = ((UInt128{top[1]} << 64) | top[2]) >> shift;
    return {{UInt128{quotient[0]}, (UInt128{quotient[1]} << 64) | quotient[2]}, rest};
}

}  // namespace velo::engine
