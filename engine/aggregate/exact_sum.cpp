#include "engine/aggregate/exact_sum.hpp"

#include <array>

#include "engine/data/decimal.hpp"

namespace velo::engine {

namespace {

/// An unsigned number of 256 bits, least word first.
using Magnitude = std::array<std::uint64_t, 4>;

void multiply(Magnitude& number, std::uint64_t factor) noexcept {
    UInt128 carry = 0;
    for (std::uint64_t& word : number) {
        carry += static_cast<UInt128>(word) * factor;
        word = static_cast<std::uint64_t>(carry);
        carry >>= 64U;
    }
}

/// Leaves the quotient in `number` and returns the remainder.
std::uint64_t divide(Magnitude& number, std::uint64_t divisor) noexcept {
    std::uint64_t rest = 0;
    for (std::size_t i = number.size(); i-- > 0;) {
        const UInt128 part = (static_cast<UInt128>(rest) << 64U) | number[i];
        number[i] = static_cast<std::uint64_t>(part / divisor);
        rest = static_cast<std::uint64_t>(part % divisor);
    }
    return rest;
}

}  // namespace

std::optional<Int128> DecimalSum::value() const noexcept {
    if (is_empty()) return Int128{0};
    const Int128 low = low_.value();
    if (top_ != (low < 0 ? -1 : 0) || !fits_precision(low, 38)) return std::nullopt;
    return low;
}

std::optional<Int128> DecimalSum::mean(std::int64_t count, int extra_scale) const noexcept {
    if (is_empty()) return Int128{0};
    const bool negative = top_ < 0;
    auto low = static_cast<UInt128>(low_.value());
    auto top = static_cast<std::uint64_t>(top_);
    if (negative) {
        low = ~low + 1;
        top = ~top + (low == 0 ? 1U : 0U);
    }
    Magnitude number{static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(low >> 64U), top,
                     0};
    multiply(number, static_cast<std::uint64_t>(power_of_ten(extra_scale)));
    const std::uint64_t rest = divide(number, static_cast<std::uint64_t>(count));
    if (number[3] != 0 || number[2] != 0 || number[1] >> 63U != 0) return std::nullopt;
    UInt128 quotient = (static_cast<UInt128>(number[1]) << 64U) | number[0];
    if (rest >= static_cast<std::uint64_t>(count) - rest) ++quotient;
    if (quotient >= static_cast<UInt128>(power_of_ten(38))) return std::nullopt;
    return negative ? -static_cast<Int128>(quotient) : static_cast<Int128>(quotient);
}

}  // namespace velo::engine
