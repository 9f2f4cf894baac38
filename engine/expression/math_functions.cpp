// Roots, logarithms and angles: functions of DOUBLEs. Angles are in radians.
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/expression/double_function.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kDegreesPerRadian = 180.0 / std::numbers::pi;
constexpr double kNoMinus = 0.0;  // -0.0 + 0.0 is 0.0: nobody wants to read `-0`.

// The library's may miss whole roots by the last bit.
double cube_root(double value) noexcept {
    const double root = std::cbrt(value);
    const double whole = std::round(root);
    return (whole * whole * whole == value ? whole : root) + kNoMinus;
}
double binary_logarithm(double value) noexcept { return value > 0 ? std::log2(value) : kNone; }
double sine(double value) noexcept { return std::sin(value) + kNoMinus; }
double cosine(double value) noexcept { return std::cos(value); }
double tangent(double value) noexcept { return std::tan(value) + kNoMinus; }
double cotangent(double value) noexcept {
    return std::sin(value) == 0 ? kNone : std::cos(value) / std::sin(value);
}
double arc_sine(double value) noexcept { return std::asin(value) + kNoMinus; }
double arc_cosine(double value) noexcept { return std::acos(value); }
double arc_tangent(double value) noexcept { return std::atan(value) + kNoMinus; }
double hyperbolic_sine(double value) noexcept { return std::sinh(value) + kNoMinus; }
double hyperbolic_cosine(double value) noexcept { return std::cosh(value); }
double hyperbolic_tangent(double value) noexcept { return std::tanh(value) + kNoMinus; }
double degrees(double value) noexcept { return value * kDegreesPerRadian; }
double radians(double value) noexcept { return value / kDegreesPerRadian; }

// Bases 2 and 10 have functions of their own, which are exact where the result is whole.
bool logarithm(double base, double value, double& out) noexcept {
    if (!(base > 0) || base == 1 || !(value > 0)) return false;
    out = base == 2    ? std::log2(value)
          : base == 10 ? std::log10(value)
                       : std::log(value) / std::log(base);
    return true;
}

void logarithm_kernel(const KernelCall& call) {
    check_binary<double, double, double>(call, logarithm,
                                         [](double, double) { return FaultCode::BadArgument; });
}

void angle_of_point(const KernelCall& call) {
    map_binary<double, double, double>(
        call, [](double y, double x) { return std::atan2(y, x) + kNoMinus; });
}

template <auto function>
Resolved resolve_double(Types types) {
    return resolve_fixed(types, {kDouble}, kDouble, of_double<function>);
}

}  // namespace

Resolved resolve_cbrt(Types types, Literals) { return resolve_double<cube_root>(types); }
Resolved resolve_log2(Types types, Literals) { return resolve_double<binary_logarithm>(types); }
Resolved resolve_sin(Types types, Literals) { return resolve_double<sine>(types); }
Resolved resolve_cos(Types types, Literals) { return resolve_double<cosine>(types); }
Resolved resolve_tan(Types types, Literals) { return resolve_double<tangent>(types); }
Resolved resolve_cot(Types types, Literals) { return resolve_double<cotangent>(types); }
Resolved resolve_asin(Types types, Literals) { return resolve_double<arc_sine>(types); }
Resolved resolve_acos(Types types, Literals) { return resolve_double<arc_cosine>(types); }
Resolved resolve_atan(Types types, Literals) { return resolve_double<arc_tangent>(types); }
Resolved resolve_sinh(Types types, Literals) { return resolve_double<hyperbolic_sine>(types); }
Resolved resolve_cosh(Types types, Literals) { return resolve_double<hyperbolic_cosine>(types); }
Resolved resolve_tanh(Types types, Literals) { return resolve_double<hyperbolic_tangent>(types); }
Resolved resolve_degrees(Types types, Literals) { return resolve_double<degrees>(types); }
Resolved resolve_radians(Types types, Literals) { return resolve_double<radians>(types); }

Resolved resolve_log(Types types, Literals) {
    if (types.size() == 1) {
        return std::unexpected(
            std::string("of one number means different things to different systems; write LN(x) or "
                        "LOG10(x)"));
    }
    return resolve_fixed(types, {kDouble, kDouble}, kDouble, logarithm_kernel);
}

Resolved resolve_atan2(Types types, Literals) {
    return resolve_fixed(types, {kDouble, kDouble}, kDouble, angle_of_point);
}

Resolved resolve_pi(Types types, Literals) {
    return std::unexpected(wrong_count(0, 0, types.size()));
}

BoundPtr pi_literal(std::span<const BoundPtr> args, const Place& place, const std::string& text) {
    return args.empty() ? bound_literal(Value{kDouble, std::numbers::pi}, text, place) : nullptr;
}

}  // namespace velo::engine
