// ROUND and TRUNC to digits, CEIL and FLOOR. ROUND goes half away from zero.
//
// A DOUBLE is rounded as it is written: ROUND(2.675, 2) is 2.68, though the nearest double lies a little below 2.675.
// A DECIMAL(p,s) rounded to a literal count of digits d < s keeps d digits after the point; with any other count it keeps
// its type and gets zeros.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/data/decimal.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

enum class Rounding { Half, Truncate, Up, Down };

Int128 round_units(Int128 value, Int128 unit, Rounding rounding) noexcept {
    const Int128 rest = value % unit;
    const Int128 cut = value - rest;
    const Int128 away = value < 0 ? cut - unit : cut + unit;
    const Int128 size = rest < 0 ? -rest : rest;
    switch (rounding) {
        case Rounding::Half:
            return size >= unit - size ? away : cut;
        case Rounding::Truncate:
            return cut;
        case Rounding::Up:
            return rest > 0 ? away : cut;
        case Rounding::Down:
            return rest < 0 ? away : cut;
    }
    std::unreachable();
}

// `value` of `scale` with the digits after the `digits`-th one zero; still of `scale`.
Int128 round_at(Int128 value, int scale, std::int64_t digits, Rounding rounding) noexcept {
    if (digits >= scale) return value;
    if (digits < scale - kMaxDecimalDigits) return 0;
    return round_units(value, power_of_ten(scale - static_cast<int>(digits)), rounding);
}

// A DOUBLE as it is written, cut at a digit after the point.
double round_text(double value, std::int64_t digits, Rounding rounding) noexcept {
    std::array<char, 32> text{};
    char* const end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
            .ptr;
    // `-1.2345e+02`: read the digits as an integer and the exponent beside it.
    const char* const e = std::find(text.data(), end, 'e');
    int exponent = 0;
    std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
    Int128 mantissa = 0;
    int fraction = -1;
    for (const char* c = text.data(); c != e; ++c) {
        if (*c == '.') fraction = 0;
        if (*c < '0' || *c > '9') continue;
        mantissa = mantissa * 10 + (*c - '0');
        if (fraction >= 0) ++fraction;
    }
    if (value < 0) mantissa = -mantissa;
    const int scale = std::max(fraction, 0) - exponent;  // value = mantissa * 10^-scale
    if (digits >= scale) return value;
    const Int128 rounded = round_at(mantissa, scale, digits, rounding);
    char* out = write_decimal(text.data(), rounded, 0);
    *out++ = 'e';
    out = std::to_chars(out, text.data() + text.size(), -scale).ptr;
    double result = 0;
    if (std::from_chars(text.data(), out, result).ec != std::errc{})
        return std::numeric_limits<double>::infinity();
    return result;
}

// The same without a text, where value * 10^digits is so far from where the rounding turns that its own error does not
// matter. Whole numbers below 2^53 divided by such powers are the nearest double to what they write as.
double round_double(double value, std::int64_t digits, Rounding rounding) noexcept {
    constexpr std::array kUnits{1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    constexpr double kLargest = 1e12;   // Leaves 13 bits of 53 after the point, of which …
    constexpr double kNearTurn = 1e-3;  // … the last few may be wrong.
    const bool is_fast = digits >= 0 && static_cast<std::size_t>(digits) < kUnits.size();
    if (!is_fast) return round_text(value, digits, rounding);
    const double unit = kUnits[static_cast<std::size_t>(digits)];
    const double scaled = std::fabs(value) * unit;
    if (!(scaled < kLargest)) return round_text(value, digits, rounding);
    const double whole = std::floor(scaled);
    const double rest = scaled - whole;
    const double turn = rounding == Rounding::Half ? 0.5 : 1.0;
    if (std::fabs(rest - turn) < kNearTurn || (rounding != Rounding::Half && rest < kNearTurn))
        return round_text(value, digits, rounding);
    const double result = (rest > turn ? whole + 1 : whole) / unit;
    return value < 0 ? 0.0 - result : result;
}

// To whole numbers.

template <Rounding rounding>
void round_whole_double(const KernelCall& call) {
    map_unary<double, double>(call, [](double value) {
        constexpr double kNoMinus = 0.0;  // -0.0 + 0.0 is 0.0: nobody wants to read `-0`.
        if constexpr (rounding == Rounding::Half) return std::round(value) + kNoMinus;
        if constexpr (rounding == Rounding::Truncate) return std::trunc(value) + kNoMinus;
        if constexpr (rounding == Rounding::Up) return std::ceil(value) + kNoMinus;
        if constexpr (rounding == Rounding::Down) return std::floor(value) + kNoMinus;
    });
}

void keep_bigint(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, [](std::int64_t value) { return value; });
}

// Of one argument or two; the second is how many digits stay after the point.
template <Rounding rounding>
void round_decimal(const KernelCall& call) {
    const int from = call.args[0]->type().scale;
    const Type to = call.out.type();
    const auto round = [from, to](Int128 value, std::int64_t digits, Int128& out) {
        const auto fitted = rescale(round_at(value, from, digits, rounding), from, to.scale);
        if (fitted) out = *fitted;
        return fitted && fits_precision(out, to.precision);
    };
    if (call.args.size() == 1) {
        check_unary<Int128, Int128>(call, FaultCode::Overflow, [round](Int128 value, Int128& out) {
            return round(value, 0, out);
        });
    } else {
        check_binary<Int128, std::int64_t, Int128>(
            call, round, [](Int128, std::int64_t) { return FaultCode::Overflow; });
    }
}

template <Rounding rounding>
void round_digits_double(const KernelCall& call) {
    check_binary<double, std::int64_t, double>(
        call,
        [](double value, std::int64_t digits, double& out) {
            out = round_double(value, digits, rounding);
            return std::isfinite(out);
        },
        [](double, std::int64_t) { return FaultCode::Overflow; });
}

template <Rounding rounding>
void round_digits_bigint(const KernelCall& call) {
    check_binary<std::int64_t, std::int64_t, std::int64_t>(
        call,
        [](std::int64_t value, std::int64_t digits, std::int64_t& out) {
            const Int128 rounded = round_at(value, 0, digits, rounding);
            out = static_cast<std::int64_t>(rounded);
            return rounded == out;
        },
        [](std::int64_t, std::int64_t) { return FaultCode::Overflow; });
}

// Rounding away from zero may need one digit more: 9.9 becomes 10.
Type rounded_type(Type type, std::int64_t digits) noexcept {
    if (digits >= type.scale) return type;
    const int scale = digits < 0 ? 0 : static_cast<int>(digits);
    return decimal_type(std::min(type.precision - type.scale + scale + 1, kMaxDecimalDigits),
                        scale);
}

template <Rounding rounding>
Resolved resolve_whole(Types types) {
    const Type type = types[0].kind == TypeKind::Null ? kBigint : types[0];
    if (type.kind == TypeKind::Bigint)
        return Signature{.args = {type}, .result = type, .kernel = keep_bigint};
    if (type.kind == TypeKind::Double)
        return Signature{.args = {type}, .result = type, .kernel = round_whole_double<rounding>};
    if (type.kind == TypeKind::Decimal)
        return Signature{
            .args = {type}, .result = rounded_type(type, 0), .kernel = round_decimal<rounding>};
    return std::unexpected(wrong_types("a number", types));
}

template <Rounding rounding>
Resolved resolve_digits(Types types, Literals literals) {
    if (types.size() == 1) return resolve_whole<rounding>(types);
    if (types.size() != 2) return std::unexpected(wrong_count(1, 2, types.size()));
    const Type type = types[0].kind == TypeKind::Null ? kBigint : types[0];
    if (!type.is_numeric() || (types[1] != kBigint && types[1].kind != TypeKind::Null)) {
        return std::unexpected(wrong_types("a number and a BIGINT", types));
    }
    Signature signature{.args = {type, kBigint}, .result = type};
    if (type.kind == TypeKind::Bigint) signature.kernel = round_digits_bigint<rounding>;
    if (type.kind == TypeKind::Double) signature.kernel = round_digits_double<rounding>;
    if (type.kind == TypeKind::Decimal) {
        signature.kernel = round_decimal<rounding>;
        if (literals[1] != nullptr && !literals[1]->is_null())
            signature.result = rounded_type(type, std::get<std::int64_t>(literals[1]->data));
    }
    return signature;
}

}  // namespace

Resolved resolve_round(Types types, Literals literals) {
    return resolve_digits<Rounding::Half>(types, literals);
}
Resolved resolve_trunc(Types types, Literals literals) {
    return resolve_digits<Rounding::Truncate>(types, literals);
}

Resolved resolve_ceil(Types types, Literals) {
    return types.size() == 1 ? resolve_whole<Rounding::Up>(types)
                             : std::unexpected(wrong_count(1, 1, types.size()));
}

Resolved resolve_floor(Types types, Literals) {
    return types.size() == 1 ? resolve_whole<Rounding::Down>(types)
                             : std::unexpected(wrong_count(1, 1, types.size()));
}

}  // namespace velo::engine
