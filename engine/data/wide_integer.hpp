// 256-bit intermediate results: what a product of two 128-bit numbers needs before it is divided back.
#pragma once

#include <bit>
#include <cstdint>

#include "engine/base/int128.hpp"

namespace velo::engine {

struct UInt256 {
    UInt128 high = 0;
    UInt128 low = 0;

    [[nodiscard]] constexpr bool operator==(const UInt256&) const = default;
    [[nodiscard]] constexpr bool operator<(const UInt256& other) const noexcept {
        return high != other.high ? high < other.high : low < other.low;
    }
};

/// |value|, right for the smallest Int128 too.
[[nodiscard]] constexpr UInt128 magnitude(Int128 value) noexcept {
    return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

/// How many bits `value` takes; 0 for 0.
[[nodiscard]] constexpr int bit_length(UInt128 value) noexcept {
    const auto high = static_cast<std::uint64_t>(value >> 64);
    return high != 0 ? 128 - std::countl_zero(high)
                     : 64 - std::countl_zero(static_cast<std::uint64_t>(value));
}

[[nodiscard]] constexpr UInt256 multiply_wide(UInt128 a, UInt128 b) noexcept {
    constexpr UInt128 kLow = ~std::uint64_t{0};
    const UInt128 a0 = a & kLow, a1 = a >> 64, b0 = b & kLow, b1 = b >> 64;
    const UInt128 low = a0 * b0;
    const UInt128 middle = a1 * b0 + (low >> 64);
    const UInt128 other = a0 * b1 + (middle & kLow);
    return {a1 * b1 + (middle >> 64) + (other >> 64), (other << 64) | (low & kLow)};
}

/// value * 2^bits for 0 <= bits < 256; what leaves 256 bits is lost.
[[nodiscard]] constexpr UInt256 shift_left(UInt256 value, int bits) noexcept {
    if (bits == 0) return value;
    if (bits >= 128) return {value.low << (bits - 128), 0};
    return {(value.high << bits) | (value.low >> (128 - bits)), value.low << bits};
}

struct WideQuotient {
    UInt256 quotient;
    UInt128 rest;
};

/// Knuth's algorithm D (The Art of Computer Programming, volume 2, 4.3.1) with 64-bit digits. 0 < divisor.
[[nodiscard]] WideQuotient divide_wide(UInt256 value, UInt128 divisor) noexcept;

}  // namespace velo::engine
