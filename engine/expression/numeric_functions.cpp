// ABS, SIGN, and the functions of a DOUBLE. What is not a number (SQRT(-1), LN(0)) or beyond DOUBLE is a fault.
#include <cmath>
#include <limits>

#include "engine/expression/double_function.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

void abs_bigint(const KernelCall& call) {
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::Overflow, [](std::int64_t value, std::int64_t& out) {
            out = value;
            return value >= 0 || !__builtin_sub_overflow(std::int64_t{0}, value, &out);
        });
}

void abs_double(const KernelCall& call) {
    map_unary<double, double>(call, [](double value) { return std::fabs(value); });
}

void abs_decimal(const KernelCall& call) {
    map_unary<Int128, Int128>(call, [](Int128 value) { return value < 0 ? -value : value; });
}

template <class T>
void sign(const KernelCall& call) {
    map_unary<T, std::int64_t>(
        call, [](T value) { return std::int64_t{value > T{}} - std::int64_t{value < T{}}; });
}

double square_root(double value) noexcept { return std::sqrt(value); }
double exponential(double value) noexcept { return std::exp(value); }
// The pole at 0 is no overflow.
double natural_logarithm(double value) noexcept {
    return value > 0 ? std::log(value) : std::numeric_limits<double>::quiet_NaN();
}
double common_logarithm(double value) noexcept {
    return value > 0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
}

void power(const KernelCall& call) {
    check_binary<double, double, double>(
        call,
        [](double base, double exponent, double& out) {
            out = std::pow(base, exponent);
            return std::isfinite(out);
        },
        [](double base, double exponent) {
            const bool is_undefined =
                (base == 0 && exponent < 0) || std::isnan(std::pow(base, exponent));
            return is_undefined ? FaultCode::BadArgument : FaultCode::Overflow;
        });
}

struct NumberKernels {
    Kernel bigint;
    Kernel of_double;
    Kernel decimal;
};

// One argument, taken as it is; `result` is its own type where that is Null.
Resolved resolve_number(Types types, const NumberKernels& kernels, Type result = kNullType) {
    if (types.size() != 1) return std::unexpected(wrong_count(1, 1, types.size()));
    const Type type = types[0].kind == TypeKind::Null ? kBigint : types[0];
    if (!type.is_numeric()) return std::unexpected(wrong_types("a number", types));
    const Kernel kernel = type.kind == TypeKind::Bigint   ? kernels.bigint
                          : type.kind == TypeKind::Double ? kernels.of_double
                                                          : kernels.decimal;
    return Signature{
        .args = {type}, .result = result.kind == TypeKind::Null ? type : result, .kernel = kernel};
}

}  // namespace

Resolved resolve_abs(Types types, Literals) {
    return resolve_number(types, {abs_bigint, abs_double, abs_decimal});
}
Resolved resolve_sign(Types types, Literals) {
    return resolve_number(types, {sign<std::int64_t>, sign<double>, sign<Int128>}, kBigint);
}
Resolved resolve_sqrt(Types types, Literals) {
    return resolve_fixed(types, {kDouble}, kDouble, of_double<square_root>);
}
Resolved resolve_power(Types types, Literals) {
    return resolve_fixed(types, {kDouble, kDouble}, kDouble, power);
}
Resolved resolve_exp(Types types, Literals) {
    return resolve_fixed(types, {kDouble}, kDouble, of_double<exponential>);
}
Resolved resolve_ln(Types types, Literals) {
    return resolve_fixed(types, {kDouble}, kDouble, of_double<natural_logarithm>);
}
Resolved resolve_log10(Types types, Literals) {
    return resolve_fixed(types, {kDouble}, kDouble, of_double<common_logarithm>);
}

}  // namespace velo::engine
