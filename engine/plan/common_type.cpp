#include "engine/plan/common_type.hpp"

#include <algorithm>

#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

constexpr int kBigintDigits = 19;

struct Digits {
    int whole;
    int scale;
};

Digits digits(Type type) noexcept {
    if (type.kind == TypeKind::Bigint) return {kBigintDigits, 0};
    return {type.precision - type.scale, type.scale};
}

Type common_number(Type a, Type b) noexcept {
    if (a.kind == TypeKind::Double || b.kind == TypeKind::Double) return kDouble;
    return bounded_decimal(std::max(digits(a).whole, digits(b).whole),
                           std::max(digits(a).scale, digits(b).scale));
}

bool is_day_or_time(Type type) noexcept {
    return type.kind == TypeKind::Date || type.kind == TypeKind::Timestamp;
}

// Part by part; structs have the same fields in the same order.
std::optional<Type> common_nested(const Type& a, const Type& b) {
    const auto ours = a.parts.all();
    const auto theirs = b.parts.all();
    if (ours.size() != theirs.size()) return std::nullopt;
    std::vector<TypePart> parts;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        auto common = common_type(ours[i].type, theirs[i].type);
        if (!common || ours[i].name != theirs[i].name) return std::nullopt;
        parts.push_back({ours[i].name, *std::move(common)});
    }
    return Type{a.kind, 0, 0, TypeParts(std::move(parts))};
}

}  // namespace

std::optional<Type> common_type(const Type& a, const Type& b) {
    if (a == b || b.kind == TypeKind::Null) return a;
    if (a.kind == TypeKind::Null) return b;
    if (a.is_numeric() && b.is_numeric()) return common_number(a, b);
    if (is_day_or_time(a) && is_day_or_time(b)) return kTimestamp;
    return a.is_nested() && a.kind == b.kind ? common_nested(a, b) : std::nullopt;
}

BoundPtr typed(const BoundPtr& value) {
    return value && value->type.kind == TypeKind::Null ? bound_cast(value, kString) : value;
}

}  // namespace velo::engine
