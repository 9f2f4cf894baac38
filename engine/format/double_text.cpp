// The shortest decimal of a double, fast where doubles in rows lie.
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/base/int128.hpp"
#include "engine/format/json_text.hpp"

namespace velo::engine {

namespace {

// digits / 10^places.
struct Decimal {
    std::uint64_t digits = 0;
    int places = 0;
};

constexpr int kMostPlaces = 22;
constexpr std::array<UInt128, kMostPlaces + 1> kPowers = [] {
    std::array<UInt128, kMostPlaces + 1> powers{};
    UInt128 power = 1;
    for (UInt128& entry : powers) {
        entry = power;
        power *= 10;
    }
    return powers;
}();

// Decimals of at most 15 digits are told apart by doubles, so one that reads back as `value` is the only one that short,
// and the shortest. digits / 100 rounds once, which is how it would be read back.
bool try_cents(double value, Decimal& decimal) noexcept {
    constexpr double kTold = 1e15;
    const double scaled = value * 100;
    if (!(scaled < kTold)) return false;
    decimal = {static_cast<std::uint64_t>(scaled + 0.5), 2};
    return static_cast<double>(decimal.digits) / 100 == value;
}

// The shortest decimal between the halves of the way to the neighbours of value = mantissa / 2^bits, and of several the
// nearest. At 10^-places, which is below the neighbours' distance and above a tenth of it, at most one multiple of ten
// lies between, and if none does, the nearest integer; all of it exactly, in 128 bits: mantissa * 10^22 has 127.
// Source: R. Giulietti, "The Schubfach way to render doubles", 2020, without its rounded powers of ten.
Decimal shortest(std::uint64_t mantissa, int bits) noexcept {
    const int places =
        bits == 0 ? 0 : (bits * 78'913 >> 18) + 1;  // The logarithm of 2^bits, rounded up.
    const UInt128 power = kPowers[static_cast<std::size_t>(places)];
    const UInt128 twice = 2 * mantissa * power;  // Of the value, so that the halves are whole.
    const UInt128 low = twice - power;
    const UInt128 high = twice + power;
    const bool ends_count = mantissa % 2 == 0;  // Reading rounds to even.
    const auto is_between = [&](std::uint64_t digits) {
        const UInt128 scaled = static_cast<UInt128>(digits) << (bits + 1);
        return ends_count ? low <= scaled && scaled <= high : low < scaled && scaled < high;
    };
    const auto floor = static_cast<std::uint64_t>(twice >> (bits + 1));
    const std::uint64_t tens = floor / 10;
    if (is_between(tens * 10)) return {tens, places - 1};
    if (is_between(tens * 10 + 10)) return {tens + 1, places - 1};
    const UInt128 rest = twice - (static_cast<UInt128>(floor) << (bits + 1));
    const UInt128 half = static_cast<UInt128>(1) << bits;
    const bool up = rest > half || (rest == half && floor % 2 != 0);
    return {floor + (up ? 1U : 0U), places};
}

void drop_zeros(Decimal& decimal) noexcept {
    while (decimal.places > 0 && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        --decimal.places;
    }
}

char* write_decimal_digits(char* out, Decimal decimal) noexcept {
    drop_zeros(decimal);
    if (decimal.places <= 0) {
        out = std::to_chars(out, out + kNumberSize, decimal.digits).ptr;
        if (decimal.places < 0) *out++ = '0';
        return out;
    }
    char* const end = std::to_chars(out + 1, out + kNumberSize, decimal.digits).ptr;
    const auto count = static_cast<int>(end - out) - 1;
    if (count > decimal.places) {  // The digits before the point move into its place.
        const int whole = count - decimal.places;
        std::memmove(out, out + 1, static_cast<std::size_t>(whole));
        out[whole] = '.';
        return end;
    }
    const auto zeros = static_cast<std::size_t>(decimal.places - count);
    std::memmove(out + 2 + zeros, out + 1, static_cast<std::size_t>(count));
    std::memcpy(out, "0.", 2);
    std::memset(out + 2, '0', zeros);
    return out + 2 + zeros + static_cast<std::size_t>(count);
}

}  // namespace

char* write_double(char* out, double value) noexcept {
    constexpr double kLeastPlain = 1e-6;
    constexpr double kMostPlain = 9007199254740992.0;  // 2^53
    constexpr int kFractionBits = std::numeric_limits<double>::digits - 1;
    constexpr std::uint64_t kFirstBit = std::uint64_t{1} << kFractionBits;
    constexpr int kExponentOfOne = 1023;
    if (std::signbit(value)) {
        *out++ = '-';
        value = -value;
        if (value == 0) {
            std::memcpy(out, "0.0", 3);
            return out + 3;
        }
    }
    Decimal decimal;
    if (try_cents(value, decimal)) return write_decimal_digits(out, decimal);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t fraction = bits & (kFirstBit - 1);
    const bool plain = value >= kLeastPlain && value <= kMostPlain;
    if (!plain || value == kMostPlain ||
        fraction == 0) {  // Below a power of two the neighbour is nearer.
        return std::to_chars(out, out + kNumberSize, value,
                             plain ? std::chars_format::fixed : std::chars_format::scientific)
            .ptr;
    }
    const auto exponent = static_cast<int>(bits >> kFractionBits) - kExponentOfOne;
    return write_decimal_digits(out, shortest(fraction | kFirstBit, kFractionBits - exponent));
}

}  // namespace velo::engine
