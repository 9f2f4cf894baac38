#include "engine/expression/comparison.hpp"

#include "engine/plan/common_type.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53;

// The type in which `literal` is compared with values of `other`, both numbers: one comparison without scaling.
Type literal_type(const Value& literal, Type other) noexcept {
    if (literal.is_null()) return other;
    if (literal.type.kind == TypeKind::Bigint) {
        const std::int64_t value = std::get<std::int64_t>(literal.data);
        if (other.kind == TypeKind::Double && value <= kExactInDouble && value >= -kExactInDouble)
            return other;
        if (other.kind == TypeKind::Decimal && rescale(value, 0, other.scale))
            return decimal_type(kMaxDecimalDigits, other.scale);
    }
    if (literal.type.kind == TypeKind::Decimal) {
        const Int128 value = std::get<Int128>(literal.data);
        if (other.kind == TypeKind::Double) return other;
        const auto scaled = rescale(value, literal.type.scale, other.scale);
        const bool exact =
            scaled && decimal_compare(*scaled, other.scale, value, literal.type.scale) == 0;
        if (other.kind == TypeKind::Decimal && exact)
            return decimal_type(kMaxDecimalDigits, other.scale);
        if (other.kind == TypeKind::Bigint && exact && decimal_compare(*scaled, 0, 1e18) <= 0 &&
            decimal_compare(*scaled, 0, -1e18) >= 0) {
            return other;
        }
    }
    return literal.type;
}

bool is_day_or_time(Type type) noexcept {
    return type.kind == TypeKind::Date || type.kind == TypeKind::Timestamp;
}

}  // namespace

bool comparable_types(Type& a, const Value* a_literal, Type& b, const Value* b_literal) noexcept {
    if (a.kind == TypeKind::Null) a = b.kind == TypeKind::Null ? kBoolean : b;
    if (b.kind == TypeKind::Null) b = a;
    if (a.is_numeric() && b.is_numeric()) {
        if (b_literal != nullptr) {
            b = literal_type(*b_literal, a);
        } else if (a_literal != nullptr) {
            a = literal_type(*a_literal, b);
        }
        return true;
    }
    if (is_day_or_time(a) && is_day_or_time(b) && a != b) a = b = kTimestamp;
    if (a.is_nested() && b.is_nested() && a != b) {
        if (const auto common = common_type(a, b)) a = b = *common;
    }
    return a == b;
}

}  // namespace velo::engine
