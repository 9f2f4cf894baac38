// Exact sums of integers and decimals, wide enough that no order of rows can overflow them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "engine/base/int128.hpp"

namespace velo::engine {

/// A 128-bit integer in two words: at home at any address that is a multiple of 8.
struct Words128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    Words128() = default;
    explicit Words128(Int128 value) noexcept
        : low(static_cast<std::uint64_t>(value)),
          high(static_cast<std::uint64_t>(static_cast<UInt128>(value) >> 64U)) {}
    [[nodiscard]] Int128 value() const noexcept {
        return static_cast<Int128>((static_cast<UInt128>(high) << 64U) | low);
    }
};

/// The sum of any number of BIGINTs: 2^63 rows of 2^63 stay below 2^126, so the least Int128 is free to mean "no rows".
class BigintSum {
public:
    void add(std::int64_t value) noexcept {
        sum_ = Words128{(is_empty() ? 0 : sum_.value()) + value};
    }
    void add(const BigintSum& other) noexcept {
        if (other.is_empty()) return;
        sum_ = Words128{(is_empty() ? 0 : sum_.value()) + other.sum_.value()};
    }
    [[nodiscard]] bool is_empty() const noexcept { return sum_.high == kEmpty; }
    /// Zero when empty.
    [[nodiscard]] Int128 value() const noexcept { return is_empty() ? 0 : sum_.value(); }
    /// Whether so many BIGINTs as can have been (2^53) add up to `value`.
    [[nodiscard]] static bool is_sum(Int128 value) noexcept {
        return value >= -kLargest && value <= kLargest;
    }
    [[nodiscard]] static BigintSum of(Int128 value) noexcept {
        BigintSum sum;
        sum.sum_ = Words128{value};
        return sum;
    }

private:
    static constexpr Int128 kLargest = static_cast<Int128>(1) << 116U;
    static constexpr std::uint64_t kEmpty = std::uint64_t{1} << 63U;
    Words128 sum_{static_cast<Int128>(static_cast<UInt128>(kEmpty) << 64U)};
};

/// The sum of any number of DECIMALs of one scale: 192 bits, so that a sum may leave 38 digits and come back.
class DecimalSum {
public:
    void add(Int128 value) noexcept {
        if (is_empty()) top_ = 0;
        add_wide(static_cast<UInt128>(value), value < 0 ? -1 : 0);
    }
    void add(const DecimalSum& other) noexcept {
        if (other.is_empty()) return;
        if (is_empty()) top_ = 0;
        add_wide(static_cast<UInt128>(other.low_.value()), other.top_);
    }
    [[nodiscard]] bool is_empty() const noexcept { return top_ == kEmpty; }
    /// The sum, or nullopt when it has more than 38 digits. Zero when empty.
    [[nodiscard]] std::optional<Int128> value() const noexcept;
    /// sum * 10^extra_scale / count, rounded half away from zero; nullopt when that has more than 38 digits.
    /// 0 <= extra_scale <= 18, 0 < count.
    [[nodiscard]] std::optional<Int128> mean(std::int64_t count, int extra_scale) const noexcept;

    [[nodiscard]] std::int64_t top() const noexcept { return top_; }
    [[nodiscard]] Int128 low() const noexcept { return low_.value(); }
    /// Whether so many DECIMALs as can have been (2^53) add up to a sum with these upper 64 bits.
    [[nodiscard]] static bool is_top(std::int64_t top) noexcept {
        return top >= -kLargestTop && top <= kLargestTop;
    }
    [[nodiscard]] static DecimalSum of(std::int64_t top, Int128 low) noexcept {
        DecimalSum sum;
        sum.top_ = top;
        sum.low_ = Words128{low};
        return sum;
    }

private:
    static constexpr std::int64_t kLargestTop = std::int64_t{1} << 53U;
    static constexpr std::int64_t kEmpty = std::numeric_limits<std::int64_t>::min();
    void add_wide(UInt128 low, std::int64_t top) noexcept {
        const auto before = static_cast<UInt128>(low_.value());
        const UInt128 after = before + low;
        low_ = Words128{static_cast<Int128>(after)};
        top_ += top + (after < before ? 1 : 0);
    }

    Words128 low_;
    std::int64_t top_ = kEmpty;
};

}  // namespace velo::engine
