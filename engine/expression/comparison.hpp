// Pairs of values of two types, compared exactly: no number becomes a double to be compared with one.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <string_view>

#include "engine/data/decimal.hpp"
#include "engine/data/type.hpp"
#include "engine/data/value.hpp"

namespace velo::engine {

/// Exact order of an integer and a finite double.
[[nodiscard]] inline int compare_exactly(std::int64_t a, double b) noexcept {
    constexpr double kEnd = 9223372036854775808.0;  // 2^63
    if (b >= kEnd) return -1;
    if (b < -kEnd) return 1;
    const double whole = std::trunc(b);
    const auto integer = static_cast<std::int64_t>(whole);
    if (a != integer) return a < integer ? -1 : 1;
    return whole < b ? -1 : whole > b ? 1 : 0;
}

// Each pair says which types it compares and, made for the types of a call, in what order two values stand.

template <class T>
struct SamePair {
    using A = T;
    using B = T;
    SamePair(Type, Type) noexcept {}
    [[nodiscard]] int operator()(const T& a, const T& b) const noexcept {
        return a < b ? -1 : a == b ? 0 : 1;
    }
};

template <>
struct SamePair<std::string_view> {
    using A = std::string_view;
    using B = std::string_view;
    SamePair(Type, Type) noexcept {}
    [[nodiscard]] int operator()(std::string_view a, std::string_view b) const noexcept {
        return a.compare(b);
    }
};

struct BigintDoublePair {
    using A = std::int64_t;
    using B = double;
    BigintDoublePair(Type, Type) noexcept {}
    [[nodiscard]] int operator()(std::int64_t a, double b) const noexcept {
        return compare_exactly(a, b);
    }
};

struct BigintDecimalPair {
    using A = std::int64_t;
    using B = Int128;
    BigintDecimalPair(Type, Type b) noexcept : scale(b.scale) {}
    [[nodiscard]] int operator()(std::int64_t a, Int128 b) const noexcept {
        return decimal_compare(a, 0, b, scale);
    }
    int scale;
};

struct DecimalPair {
    using A = Int128;
    using B = Int128;
    DecimalPair(Type a, Type b) noexcept : a_scale(a.scale), b_scale(b.scale) {}
    [[nodiscard]] int operator()(Int128 a, Int128 b) const noexcept {
        return decimal_compare(a, a_scale, b, b_scale);
    }
    int a_scale;
    int b_scale;
};

struct DecimalDoublePair {
    using A = Int128;
    using B = double;
    DecimalDoublePair(Type a, Type) noexcept : scale(a.scale) {}
    [[nodiscard]] int operator()(Int128 a, double b) const noexcept {
        return decimal_compare(a, scale, b);
    }
    int scale;
};

template <class Pair>
struct SwappedPair {
    using A = typename Pair::B;
    using B = typename Pair::A;
    SwappedPair(Type a, Type b) noexcept : pair(b, a) {}
    [[nodiscard]] int operator()(A a, B b) const noexcept { return -pair(b, a); }
    Pair pair;
};

/// Calls `visit(std::type_identity<Pair>)` with the pair that compares values of two comparable types.
template <class Visit>
decltype(auto) visit_pair(Type a, Type b, Visit&& visit) {
    using enum TypeKind;
    const auto is = [&](TypeKind x, TypeKind y) { return a.kind == x && b.kind == y; };
    if (is(Bigint, Double)) return visit(std::type_identity<BigintDoublePair>{});
    if (is(Double, Bigint)) return visit(std::type_identity<SwappedPair<BigintDoublePair>>{});
    if (is(Bigint, Decimal)) return visit(std::type_identity<BigintDecimalPair>{});
    if (is(Decimal, Bigint)) return visit(std::type_identity<SwappedPair<BigintDecimalPair>>{});
    if (is(Decimal, Double)) return visit(std::type_identity<DecimalDoublePair>{});
    if (is(Double, Decimal)) return visit(std::type_identity<SwappedPair<DecimalDoublePair>>{});
    if (is(Decimal, Decimal) && a.scale != b.scale) return visit(std::type_identity<DecimalPair>{});
    return visit_physical(a.kind, [&]<class T>(std::type_identity<T>) -> decltype(auto) {
        return visit(std::type_identity<SamePair<T>>{});
    });
}

/// The types that two arguments are compared as, which visit_pair knows: literals become the other side's type where
/// that loses nothing (a DECIMAL literal beside a DOUBLE is the nearest one). False: they do not compare.
[[nodiscard]] bool comparable_types(Type& a, const Value* a_literal, Type& b,
                                    const Value* b_literal) noexcept;

}  // namespace velo::engine
