// DECIMAL(p,s) arithmetic: 128-bit integers times a power of ten, exact, checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/int128.hpp"

namespace velo::engine {

/// 10^n for 0 <= n <= 38.
[[nodiscard]] Int128 power_of_ten(int n) noexcept;

/// |value| < 10^precision.
[[nodiscard]] bool fits_precision(Int128 value, int precision) noexcept;

/// `value` from one scale to another; rounds half away from zero when digits go; nullopt when it leaves 38 digits.
[[nodiscard]] std::optional<Int128> rescale(Int128 value, int from, int to) noexcept;

/// The result at `scale`; nullopt on overflow of 38 digits or division by zero. Quotients round half away from zero.
[[nodiscard]] std::optional<Int128> decimal_multiply(Int128 a, int a_scale, Int128 b, int b_scale,
                                                     int scale) noexcept;
[[nodiscard]] std::optional<Int128> decimal_divide(Int128 a, int a_scale, Int128 b, int b_scale,
                                                   int scale) noexcept;

/// The rest of a / b at the larger of both scales, with the sign of `a`, exact; nullopt on division by zero.
[[nodiscard]] std::optional<Int128> decimal_modulo(Int128 a, int a_scale, Int128 b,
                                                   int b_scale) noexcept;

/// Three-way order of two decimals of any scales, exact (no overflow).
[[nodiscard]] int decimal_compare(Int128 a, int a_scale, Int128 b, int b_scale) noexcept;
/// Exact order of an integer or a decimal against a finite double.
[[nodiscard]] int decimal_compare(Int128 a, int a_scale, double b) noexcept;

/// Nearest double (correctly rounded).
[[nodiscard]] double decimal_to_double(Int128 value, int scale) noexcept;
/// The double's shortest round-trip decimal text, rounded half away from zero to `scale`; nullopt when over 38 digits.
[[nodiscard]] std::optional<Int128> double_to_decimal(double value, int scale) noexcept;

/// Digits with an optional sign, point and exponent (`-12.50`, `1e3`), exact. A text with more digits after the point
/// than `scale` (zeros aside) is refused, not rounded. nullopt = no such number, or it does not fit `precision`.
[[nodiscard]] std::optional<Int128> parse_decimal(std::string_view text, int precision,
                                                  int scale) noexcept;

/// As parse_decimal, but digits beyond `scale` are rounded half away from zero.
[[nodiscard]] std::optional<Int128> parse_decimal_rounded(std::string_view text, int precision,
                                                          int scale) noexcept;

/// Writes `-12.50` (always `scale` digits after the point); room for kDecimalSize bytes; returns the end.
inline constexpr std::size_t kDecimalSize = 48;
char* write_decimal(char* out, Int128 value, int scale) noexcept;
[[nodiscard]] std::string decimal_text(Int128 value, int scale);

}  // namespace velo::engine
