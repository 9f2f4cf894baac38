// Numbers as JSON writes them, read once and turned into any SQL type exactly.
#pragma once

#include <array>
#include <bit>
#include <cfloat>
#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/base/int128.hpp"
#include "engine/data/type.hpp"

namespace velo::engine {

/// A number of JSON's grammar: (-1)^negative * digits * 10^exponent.
struct JsonNumber {
    std::uint64_t digits = 0;  // The first 19 significant digits at most.
    std::int64_t exponent = 0;
    bool negative = false;
    bool exact = true;          // False: there were more digits, not all of them zero.
    const char* end = nullptr;  // Where it ends; null pointer: there is no number.
};

/// How a number fits a type.
enum class NumberFit : std::uint8_t { Fits, Fraction, OutOfRange };

/// The number as a DECIMAL, exactly. `from` is where it was read.
[[nodiscard]] NumberFit to_decimal(const JsonNumber& number, const char* from, Type type,
                                   Int128& value) noexcept;

namespace detail {

[[nodiscard]] NumberFit to_any_integer(const JsonNumber& number, std::int64_t& value) noexcept;
[[nodiscard]] NumberFit to_any_double(const JsonNumber& number, const char* from,
                                      double& value) noexcept;

// The powers of ten that are doubles.
inline constexpr std::array<double, 23> kExactPowers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

[[nodiscard]] JsonNumber scan_any_number(const char* from, const char* end) noexcept;

// Eight bytes as one word, the first in the lowest byte, zeros where the text ends before. The word is read from inside
// the text, never behind it.
[[nodiscard]] inline std::uint64_t load_word(const char* from, const char* end) noexcept {
    static_assert(std::endian::native == std::endian::little);
    const char* const last = end - sizeof(std::uint64_t);
    std::uint64_t word = 0;
    if (from <= last) {
        std::memcpy(&word, from, sizeof word);
        return word;
    }
    std::memcpy(&word, last, sizeof word);
    const auto behind = static_cast<unsigned>(from - last);
    return behind >= sizeof word ? 0 : word >> (8 * behind);
}

// How many bytes from the first on are digits. A byte that is none may disturb those after it, never those before.
[[nodiscard]] inline unsigned leading_digits(std::uint64_t word) noexcept {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const std::uint64_t none = ((word + 0x46 * kEach) | (word - 0x30 * kEach)) & (0x80 * kEach);
    return none == 0 ? 8 : static_cast<unsigned>(std::countr_zero(none)) / 8;
}

// The number that the first `count` bytes are, all digits. 0 < count <= 8.
// Source: D. Lemire, "Quickly parsing eight digits", 2018.
[[nodiscard]] inline std::uint64_t digits_value(std::uint64_t word, unsigned count) noexcept {
    word = (word << (64 - 8 * count)) & 0x0F0F0F0F0F0F0F0F;  // Zeros come in front.
    word = (word * 10) + (word >> 8);
    return (((word & 0x000000FF000000FF) * 0x000F424000000064) +
            (((word >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
           32;
}

inline constexpr std::uint64_t kShortPowers[] = {1,       10,        100,        1'000,      10'000,
                                                 100'000, 1'000'000, 10'000'000, 100'000'000};

[[nodiscard]] inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] inline bool is_exponent_mark(char c) noexcept { return (c | 0x20) == 'e'; }

}  // namespace detail

/// Reads the number at `from`, a digit or a minus. The text must begin at least 16 bytes before `end`.
/// What is up to eight bytes long, and whole numbers of up to fifteen digits (times in milliseconds), take no loop.
[[nodiscard, gnu::always_inline]] inline JsonNumber scan_number(const char* from,
                                                                const char* end) noexcept {
    JsonNumber number;
    number.negative = *from == '-';
    const char* const start = from + (number.negative ? 1 : 0);
    const std::uint64_t word = detail::load_word(start, end);
    const unsigned whole = detail::leading_digits(word);
    if (whole == 0 || (whole > 1 && (word & 0xFF) == '0'))
        return detail::scan_any_number(from, end);
    if (whole < 8) {
        const auto after = static_cast<char>(word >> (8 * whole));
        if (after == '.') {  // 123.25: the digits moved together over the point are one number.
            const std::uint64_t pointless =
                word ^ (static_cast<std::uint64_t>('.' ^ '0') << (8 * whole));
            const unsigned size = detail::leading_digits(pointless);
            number.end = start + size;
            const char last = number.end != end ? *number.end : '\0';
            if (size < whole + 2 || detail::is_exponent_mark(last) || detail::is_digit(last))
                return detail::scan_any_number(from, end);
            const std::uint64_t before = (std::uint64_t{1} << (8 * whole)) - 1;
            number.digits =
                detail::digits_value((word & before) | ((word >> 8) & ~before), size - 1);
            number.exponent = std::int64_t{whole} + 1 - size;
            return number;
        }
        if (detail::is_exponent_mark(after)) return detail::scan_any_number(from, end);
        number.digits = detail::digits_value(word, whole);
        number.end = start + whole;
        return number;
    }
    const std::uint64_t more = detail::load_word(start + 8, end);
    const unsigned rest = detail::leading_digits(more);
    const auto last = static_cast<char>(rest < 8 ? more >> (8 * rest) : '.');
    if (last == '.' || detail::is_exponent_mark(last)) return detail::scan_any_number(from, end);
    number.digits = detail::digits_value(word, 8);
    if (rest != 0)
        number.digits =
            number.digits * detail::kShortPowers[rest] + detail::digits_value(more, rest);
    number.end = start + 8 + rest;
    return number;
}

/// The number as a whole one: `5`, `5.0`, `1e2`.
[[nodiscard]] inline NumberFit to_integer(const JsonNumber& number, std::int64_t& value) noexcept {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (number.exponent != 0 || !number.exact || number.digits > kMost)
        return detail::to_any_integer(number, value);
    const auto magnitude = static_cast<std::int64_t>(number.digits);
    value = number.negative ? -magnitude : magnitude;
    return NumberFit::Fits;
}

/// The nearest double; OutOfRange beyond the largest. `from` is where the number was read.
/// Digits and a power of ten that are doubles both give it by one operation, which rounds once (Clinger, "How to read
/// floating point numbers accurately", PLDI 1990).
[[nodiscard]] inline NumberFit to_double(const JsonNumber& number, const char* from,
                                         double& value) noexcept {
    constexpr std::uint64_t kExactDigits = std::uint64_t{1} << std::numeric_limits<double>::digits;
    constexpr auto kMostPower = static_cast<std::int64_t>(detail::kExactPowers.size()) - 1;
    static_assert(FLT_EVAL_METHOD == 0, "doubles must not be computed in a wider format");
    if (!number.exact || number.digits > kExactDigits || number.exponent < -kMostPower ||
        number.exponent > kMostPower) {
        return detail::to_any_double(number, from, value);
    }
    const auto digits = static_cast<double>(number.digits);
    const double magnitude =
        number.exponent < 0
            ? digits / detail::kExactPowers[static_cast<std::size_t>(-number.exponent)]
            : digits * detail::kExactPowers[static_cast<std::size_t>(number.exponent)];
    value = number.negative ? -magnitude : magnitude;
    return NumberFit::Fits;
}

}  // namespace velo::engine
