// + - * / % over numbers, and over times and intervals.
//
// Exact numbers stay exact: BIGINT with BIGINT is BIGINT, anything with a DOUBLE is DOUBLE, the rest is DECIMAL (a BIGINT
// counts as DECIMAL(19,0), a literal has the digits it is written with). For DECIMAL(p1,s1) and DECIMAL(p2,s2):
//
//   +  -   scale max(s1,s2), precision max(p1-s1, p2-s2) + scale + 1, at most 38
//   *      scale s1+s2, precision p1+p2; over 38 digits the scale gives way, down to min(scale, 6), by rounding
//   /      scale max(6, s1+p2+1), p1-s1+s2 whole digits; over 38 digits the same
//   %      scale max(s1,s2), min(p1-s1, p2-s2) whole digits; the sign of the left side
//
// A result that its type cannot hold is an overflow fault, so is a DOUBLE beyond its range; / and % by zero are faults.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/data/calendar.hpp"
#include "engine/data/decimal.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

constexpr int kLeastQuotientScale = 6;

bool is_finite(double value) noexcept {
    return std::fabs(value) <= std::numeric_limits<double>::max();
}

template <class T, class F>
void check_overflow(const KernelCall& call, F f) {
    check_binary<T, T, T>(call, f, [](const T&, const T&) { return FaultCode::Overflow; });
}

template <class T, class F>
void check_quotient(const KernelCall& call, F f) {
    check_binary<T, T, T>(call, f, [](const T&, const T& b) {
        return b == T{} ? FaultCode::DivisionByZero : FaultCode::Overflow;
    });
}

// BIGINT, and what lies in memory as one.

void add_integers(const KernelCall& call) {
    check_overflow<std::int64_t>(call, [](std::int64_t a, std::int64_t b, std::int64_t& out) {
        return !__builtin_add_overflow(a, b, &out);
    });
}

void subtract_integers(const KernelCall& call) {
    check_overflow<std::int64_t>(call, [](std::int64_t a, std::int64_t b, std::int64_t& out) {
        return !__builtin_sub_overflow(a, b, &out);
    });
}

void multiply_integers(const KernelCall& call) {
    check_overflow<std::int64_t>(call, [](std::int64_t a, std::int64_t b, std::int64_t& out) {
        return !__builtin_mul_overflow(a, b, &out);
    });
}

void divide_integers(const KernelCall& call) {
    check_quotient<std::int64_t>(call, [](std::int64_t a, std::int64_t b, std::int64_t& out) {
        if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) return false;
        out = a / b;
        return true;
    });
}

void modulo_integers(const KernelCall& call) {
    check_quotient<std::int64_t>(call, [](std::int64_t a, std::int64_t b, std::int64_t& out) {
        if (b == 0) return false;
        out = b == -1 ? 0 : a % b;  // The smallest integer % -1 traps.
        return true;
    });
}

void negate_integers(const KernelCall& call) {
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::Overflow, [](std::int64_t a, std::int64_t& out) {
            return !__builtin_sub_overflow(std::int64_t{0}, a, &out);
        });
}

// Of clocks: what leaves the day comes in at its other end, as in PostgreSQL.
template <bool subtract>
void turn_clock(const KernelCall& call) {
    map_binary<std::int64_t, std::int64_t, std::int64_t>(
        call, [](std::int64_t time, std::int64_t interval) {
            const std::int64_t turn = interval % kMicrosPerDay;
            return floor_modulo(subtract ? time - turn : time + turn, kMicrosPerDay);
        });
}

void turn_clock_by(const KernelCall& call) {
    const std::array<const Column*, 2> swapped{call.args[1], call.args[0]};
    turn_clock<false>({swapped, call.rows, call.out, call.arena, call.faults, call.prepared});
}

// DOUBLE.

void add_doubles(const KernelCall& call) {
    check_overflow<double>(call,
                           [](double a, double b, double& out) { return is_finite(out = a + b); });
}

void subtract_doubles(const KernelCall& call) {
    check_overflow<double>(call,
                           [](double a, double b, double& out) { return is_finite(out = a - b); });
}

void multiply_doubles(const KernelCall& call) {
    check_overflow<double>(call,
                           [](double a, double b, double& out) { return is_finite(out = a * b); });
}

void divide_doubles(const KernelCall& call) {
    check_quotient<double>(call,
                           [](double a, double b, double& out) { return is_finite(out = a / b); });
}

void modulo_doubles(const KernelCall& call) {
    check_quotient<double>(call, [](double a, double b, double& out) {
        if (b == 0.0) return false;
        out = std::fmod(a, b);
        return true;
    });
}

void negate_doubles(const KernelCall& call) {
    map_unary<double, double>(call, [](double a) { return 0.0 - a; });  // Of 0.0 no -0.0.
}

// DECIMAL.

struct Scales {
    explicit Scales(const KernelCall& call) noexcept
        : a(call.args[0]->type().scale),
          b(call.args[1]->type().scale),
          out(call.out.type().scale),
          precision(call.out.type().precision) {}
    int a;
    int b;
    int out;
    int precision;
};

bool store(const std::optional<Int128>& value, int precision, Int128& out) noexcept {
    if (!value || !fits_precision(*value, precision)) return false;
    out = *value;
    return true;
}

// Operands are below 10^38, so no sum leaves 127 bits.
template <bool subtract>
void add_decimals(const KernelCall& call) {
    const Scales scales(call);
    const Int128 limit = power_of_ten(scales.precision);
    const auto add = [limit](Int128 a, Int128 b, Int128& out) {
        out = subtract ? a - b : a + b;
        return out < limit && out > -limit;
    };
    if (scales.a == scales.b) {
        check_overflow<Int128>(call, add);
        return;
    }
    check_overflow<Int128>(call, [scales, add](Int128 a, Int128 b, Int128& out) {
        const auto left = rescale(a, scales.a, scales.out);
        const auto right = rescale(b, scales.b, scales.out);
        return left && right && add(*left, *right, out);
    });
}

void multiply_decimals(const KernelCall& call) {
    const Scales scales(call);
    check_overflow<Int128>(call, [scales](Int128 a, Int128 b, Int128& out) {
        return store(decimal_multiply(a, scales.a, b, scales.b, scales.out), scales.precision, out);
    });
}

void divide_decimals(const KernelCall& call) {
    const Scales scales(call);
    check_quotient<Int128>(call, [scales](Int128 a, Int128 b, Int128& out) {
        return store(decimal_divide(a, scales.a, b, scales.b, scales.out), scales.precision, out);
    });
}

void modulo_decimals(const KernelCall& call) {
    const Scales scales(call);
    check_quotient<Int128>(call, [scales](Int128 a, Int128 b, Int128& out) {
        return store(decimal_modulo(a, scales.a, b, scales.b), scales.precision, out);
    });
}

void negate_decimals(const KernelCall& call) {
    map_unary<Int128, Int128>(call, [](Int128 a) { return -a; });
}

// Types.

struct Operands {
    Type a;
    Type b;
};

// A bare NULL becomes what the other side is.
Operands typed(Types types) noexcept {
    Operands operands{types[0], types[1]};
    if (operands.a.kind == TypeKind::Null) operands.a = operands.b;
    if (operands.b.kind == TypeKind::Null) operands.b = operands.a;
    if (operands.a.kind == TypeKind::Null) operands = {kBigint, kBigint};
    return operands;
}

struct NumberKernels {
    Kernel integers;
    Kernel doubles;
    Kernel decimals;
    Type (*decimal_result)(Type a, Type b) noexcept;
};

// Both operands are numbers.
Signature resolve_numbers(Operands types, Literals literals, const NumberKernels& kernels) {
    if (types.a.kind == TypeKind::Double || types.b.kind == TypeKind::Double) {
        return {.args = {kDouble, kDouble}, .result = kDouble, .kernel = kernels.doubles};
    }
    if (types.a.kind == TypeKind::Bigint && types.b.kind == TypeKind::Bigint) {
        return {.args = {kBigint, kBigint}, .result = kBigint, .kernel = kernels.integers};
    }
    const Type a = as_decimal(types.a, literals[0]);
    const Type b = as_decimal(types.b, literals[1]);
    return {.args = {a, b}, .result = kernels.decimal_result(a, b), .kernel = kernels.decimals};
}

int whole_digits(Type type) noexcept { return type.precision - type.scale; }

Type sum_type(Type a, Type b) noexcept {
    const int scale = std::max(a.scale, b.scale);
    return decimal_type(
        std::min(std::max(whole_digits(a), whole_digits(b)) + scale + 1, kMaxDecimalDigits), scale);
}

Type product_type(Type a, Type b) noexcept {
    return bounded_decimal(whole_digits(a) + whole_digits(b), a.scale + b.scale);
}

Type quotient_type(Type a, Type b) noexcept {
    return bounded_decimal(whole_digits(a) + b.scale,
                           std::max(kLeastQuotientScale, a.scale + b.precision + 1));
}

Type rest_type(Type a, Type b) noexcept {
    const int scale = std::max(a.scale, b.scale);
    return decimal_type(
        std::clamp(std::min(whole_digits(a), whole_digits(b)) + scale, 1, kMaxDecimalDigits),
        scale);
}

bool is_day_or_time(Type type) noexcept {
    return type.kind == TypeKind::Timestamp || type.kind == TypeKind::Date;
}

bool is_factor(Type type) noexcept {
    return type.kind == TypeKind::Bigint || type.kind == TypeKind::Null;
}

Signature over_times(Type a, Type b, Type result, Kernel kernel) {
    return {.args = {a, b}, .result = result, .kernel = kernel};
}

Resolved negation(Types types) {
    switch (types[0].kind) {
        case TypeKind::Null:
            return Signature{.args = {kBigint}, .result = kBigint, .kernel = negate_integers};
        case TypeKind::Bigint:
        case TypeKind::Interval:
            return Signature{.args = {types[0]}, .result = types[0], .kernel = negate_integers};
        case TypeKind::Double:
            return Signature{.args = {types[0]}, .result = types[0], .kernel = negate_doubles};
        case TypeKind::Decimal:
            return Signature{.args = {types[0]}, .result = types[0], .kernel = negate_decimals};
        default:
            return std::unexpected(wrong_types("a number or an INTERVAL", types));
    }
}

}  // namespace

Resolved resolve_add(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const Operands operands = typed(types);
    if (operands.a.is_numeric() && operands.b.is_numeric()) {
        return resolve_numbers(operands, literals,
                               {add_integers, add_doubles, add_decimals<false>, sum_type});
    }
    const bool to_time =
        is_day_or_time(operands.a) && (types[1].kind == TypeKind::Null || operands.b == kInterval);
    const bool from_interval =
        is_day_or_time(operands.b) && (types[0].kind == TypeKind::Null || operands.a == kInterval);
    if (to_time) return over_times(kTimestamp, kInterval, kTimestamp, add_integers);
    if (from_interval) return over_times(kInterval, kTimestamp, kTimestamp, add_integers);
    if (operands.a == kInterval && operands.b == kInterval)
        return over_times(kInterval, kInterval, kInterval, add_integers);
    if (types[0] == kTime && (types[1].kind == TypeKind::Null || operands.b == kInterval))
        return over_times(kTime, kInterval, kTime, turn_clock<false>);
    if (types[1] == kTime && (types[0].kind == TypeKind::Null || operands.a == kInterval))
        return over_times(kInterval, kTime, kTime, turn_clock_by);
    if (types[0] == kDate && types[1] == kTime)
        return over_times(kTimestamp, kTime, kTimestamp, add_integers);
    if (types[0] == kTime && types[1] == kDate)
        return over_times(kTime, kTimestamp, kTimestamp, add_integers);
    return std::unexpected(wrong_types(
        "two numbers, two INTERVALs, a time and an INTERVAL, or a DATE and a TIME", types));
}

Resolved resolve_subtract(Types types, Literals literals) {
    if (types.size() == 1) return negation(types);
    if (types.size() != 2) return std::unexpected(wrong_count(1, 2, types.size()));
    const Operands operands = typed(types);
    if (operands.a.is_numeric() && operands.b.is_numeric()) {
        return resolve_numbers(operands, literals,
                               {subtract_integers, subtract_doubles, add_decimals<true>, sum_type});
    }
    if (is_day_or_time(operands.a) &&
        (types[1].kind == TypeKind::Null || operands.b == kInterval)) {
        return over_times(kTimestamp, kInterval, kTimestamp, subtract_integers);
    }
    if (is_day_or_time(operands.a) && is_day_or_time(operands.b))
        return over_times(kTimestamp, kTimestamp, kInterval, subtract_integers);
    if (operands.a == kInterval && operands.b == kInterval)
        return over_times(kInterval, kInterval, kInterval, subtract_integers);
    if (types[0] == kTime && (types[1].kind == TypeKind::Null || operands.b == kInterval))
        return over_times(kTime, kInterval, kTime, turn_clock<true>);
    if (operands.a == kTime && operands.b == kTime)
        return over_times(kTime, kTime, kInterval, subtract_integers);
    return std::unexpected(
        wrong_types("two numbers, two INTERVALs, two times, or a time and an INTERVAL", types));
}

Resolved resolve_multiply(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const Operands operands = typed(types);
    if (operands.a.is_numeric() && operands.b.is_numeric()) {
        return resolve_numbers(
            operands, literals,
            {multiply_integers, multiply_doubles, multiply_decimals, product_type});
    }
    if (types[0] == kInterval && is_factor(types[1]))
        return over_times(kInterval, kBigint, kInterval, multiply_integers);
    if (types[1] == kInterval && is_factor(types[0]))
        return over_times(kBigint, kInterval, kInterval, multiply_integers);
    return std::unexpected(wrong_types("two numbers, or an INTERVAL and a BIGINT", types));
}

Resolved resolve_divide(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const Operands operands = typed(types);
    if (operands.a.is_numeric() && operands.b.is_numeric()) {
        return resolve_numbers(operands, literals,
                               {divide_integers, divide_doubles, divide_decimals, quotient_type});
    }
    if (types[0] == kInterval && is_factor(types[1])) {
        return over_times(kInterval, kBigint, kInterval, divide_integers);
    }
    return std::unexpected(wrong_types("two numbers, or an INTERVAL and a BIGINT", types));
}

Resolved resolve_modulo(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const Operands operands = typed(types);
    if (!operands.a.is_numeric() || !operands.b.is_numeric())
        return std::unexpected(wrong_types("two numbers", types));
    return resolve_numbers(operands, literals,
                           {modulo_integers, modulo_doubles, modulo_decimals, rest_type});
}

}  // namespace velo::engine
