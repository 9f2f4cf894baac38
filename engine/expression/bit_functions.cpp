// Functions of whole numbers: bits, divisors, factorials; and WIDTH_BUCKET.
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kBits = 64;

template <class F>
void map_bigints(const KernelCall& call, F f) {
    map_binary<std::int64_t, std::int64_t, std::int64_t>(call, f);
}

void bit_and(const KernelCall& call) {
    map_bigints(call, [](std::int64_t a, std::int64_t b) { return a & b; });
}
void bit_or(const KernelCall& call) {
    map_bigints(call, [](std::int64_t a, std::int64_t b) { return a | b; });
}
void bit_xor(const KernelCall& call) {
    map_bigints(call, [](std::int64_t a, std::int64_t b) { return a ^ b; });
}
void bit_not(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, [](std::int64_t a) { return ~a; });
}
void bit_count(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, [](std::int64_t a) {
        return std::int64_t{std::popcount(static_cast<std::uint64_t>(a))};
    });
}

template <bool left>
void shift(const KernelCall& call) {
    check_binary<std::int64_t, std::int64_t, std::int64_t>(
        call,
        [](std::int64_t a, std::int64_t places, std::int64_t& out) {
            if (places < 0 || places >= kBits) return false;
            out = left ? static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << places)
                       : a >> places;
            return true;
        },
        [](std::int64_t, std::int64_t) { return FaultCode::BadArgument; });
}

void divide_whole(const KernelCall& call) {
    check_binary<std::int64_t, std::int64_t, std::int64_t>(
        call,
        [](std::int64_t a, std::int64_t b, std::int64_t& out) {
            if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) return false;
            out = a / b;
            return true;
        },
        [](std::int64_t, std::int64_t b) {
            return b == 0 ? FaultCode::DivisionByZero : FaultCode::Overflow;
        });
}

std::uint64_t magnitude(std::int64_t value) noexcept {
    return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

bool as_bigint(std::uint64_t value, std::int64_t& out) noexcept {
    out = static_cast<std::int64_t>(value);
    return out >= 0;
}

bool greatest_divisor(std::int64_t a, std::int64_t b, std::int64_t& out) noexcept {
    return as_bigint(std::gcd(magnitude(a), magnitude(b)), out);
}

bool least_multiple(std::int64_t a, std::int64_t b, std::int64_t& out) noexcept {
    if (a == 0 || b == 0) {
        out = 0;
        return true;
    }
    const std::uint64_t divisor = std::gcd(magnitude(a), magnitude(b));
    std::uint64_t product = 0;
    return !__builtin_mul_overflow(magnitude(a) / divisor, magnitude(b), &product) &&
           as_bigint(product, out);
}

template <auto function>
void checked(const KernelCall& call) {
    check_binary<std::int64_t, std::int64_t, std::int64_t>(
        call, function, [](std::int64_t, std::int64_t) { return FaultCode::Overflow; });
}

void factorial(const KernelCall& call) {
    static constexpr auto kFactorials = [] {
        std::array<std::int64_t, 21> all{1};
        for (std::size_t n = 1; n < all.size(); ++n)
            all[n] = all[n - 1] * static_cast<std::int64_t>(n);
        return all;
    }();
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::BadArgument, [](std::int64_t n, std::int64_t& out) {
            if (n < 0 || n >= static_cast<std::int64_t>(kFactorials.size())) return false;
            out = kFactorials[static_cast<std::size_t>(n)];
            return true;
        });
}

// Parts may also count downwards, from a high `low` to a low `high`.
bool bucket(double x, double low, double high, std::int64_t count, std::int64_t& out) noexcept {
    if (count < 1 || count > std::numeric_limits<std::int32_t>::max() || low == high) return false;
    const bool rises = low < high;
    if (rises ? x < low : x > low) {
        out = 0;
    } else if (rises ? x >= high : x <= high) {
        out = count + 1;
    } else {
        const double share = (x - low) / (high - low);
        if (!std::isfinite(share)) return false;
        out = static_cast<std::int64_t>(share * static_cast<double>(count)) + 1;
        if (out > count) out = count;  // Rounding must not reach the next one.
    }
    return true;
}

void width_bucket(const KernelCall& call) {
    const Reader<double> x(*call.args[0]);
    const Reader<double> low(*call.args[1]);
    const Reader<double> high(*call.args[2]);
    const Reader<std::int64_t> count(*call.args[3]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        if (!bucket(x.at(row), low.at(row), high.at(row), count.at(row), out[row]))
            call.faults.add(row, FaultCode::BadArgument);
    });
}

Resolved resolve_pair(Types types, Kernel kernel) {
    return resolve_fixed(types, {kBigint, kBigint}, kBigint, kernel);
}

}  // namespace

Resolved resolve_bitand(Types types, Literals) { return resolve_pair(types, bit_and); }
Resolved resolve_bitor(Types types, Literals) { return resolve_pair(types, bit_or); }
Resolved resolve_bitxor(Types types, Literals) { return resolve_pair(types, bit_xor); }
Resolved resolve_bitnot(Types types, Literals) {
    return resolve_fixed(types, {kBigint}, kBigint, bit_not);
}
Resolved resolve_bit_count(Types types, Literals) {
    return resolve_fixed(types, {kBigint}, kBigint, bit_count);
}
Resolved resolve_shift_left(Types types, Literals) { return resolve_pair(types, shift<true>); }
Resolved resolve_shift_right(Types types, Literals) { return resolve_pair(types, shift<false>); }
Resolved resolve_div(Types types, Literals) { return resolve_pair(types, divide_whole); }
Resolved resolve_gcd(Types types, Literals) {
    return resolve_pair(types, checked<greatest_divisor>);
}
Resolved resolve_lcm(Types types, Literals) { return resolve_pair(types, checked<least_multiple>); }
Resolved resolve_factorial(Types types, Literals) {
    return resolve_fixed(types, {kBigint}, kBigint, factorial);
}
Resolved resolve_width_bucket(Types types, Literals) {
    return resolve_fixed(types, {kDouble, kDouble, kDouble, kBigint}, kBigint, width_bucket);
}

}  // namespace velo::engine
