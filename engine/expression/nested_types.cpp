#include "engine/expression/nested_types.hpp"

#include <algorithm>

#include "engine/data/nested.hpp"
#include "engine/expression/signature.hpp"
#include "engine/plan/common_type.hpp"

namespace velo::engine {

namespace {

int depth_of(const Type& type) noexcept {
    int below = 0;
    for (const TypePart& part : type.parts.all()) below = std::max(below, depth_of(part.type));
    return type.is_nested() ? below + 1 : 0;
}

std::optional<Type> as(TypeKind kind, const Type& type, Type (*make)(Type)) {
    if (type.kind == TypeKind::Null) return make(kNullType);
    return type.kind == kind ? std::optional(type) : std::nullopt;
}

}  // namespace

std::expected<Type, std::string> common_element(Types types, Literals literals) {
    const bool has_decimal =
        std::ranges::any_of(types, [](const Type& type) { return type.kind == TypeKind::Decimal; });
    Type common = kNullType;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const bool is_short =
            has_decimal && literals[i] != nullptr && types[i].kind == TypeKind::Bigint;
        auto next = common_type(common, is_short ? as_decimal(types[i], literals[i]) : types[i]);
        if (!next) {
            return std::unexpected("takes values of one type, not " + common.text() + " and " +
                                   types[i].text() + "; CAST one of them");
        }
        common = *std::move(next);
    }
    return common;
}

std::expected<Type, std::string> nested_result(Type type) {
    if (depth_of(type) <= kDeepestType) return type;
    return std::unexpected("makes a type more than " + std::to_string(kDeepestType) +
                           " levels deep; use a flatter one");
}

std::optional<Type> as_array(const Type& type) { return as(TypeKind::Array, type, array_type); }
std::optional<Type> as_map(const Type& type) { return as(TypeKind::Map, type, map_type); }

std::expected<ArrayAndElement, std::string> array_and_element(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const auto array = as_array(types[0]);
    if (!array) return std::unexpected(wrong_types("an ARRAY and a value", types));
    const Type both[] = {array->element(), types[1]};
    const Value* const known[] = {nullptr, literals[1]};
    const auto common = common_element(both, known);
    if (!common) return std::unexpected(common.error());
    return ArrayAndElement{array_type(*common), *common};
}

int compare_elements(const Type& type, std::string_view a, std::string_view b) noexcept {
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        const T left = element_as<T>(a);
        const T right = element_as<T>(b);
        return left < right ? -1 : left == right ? 0 : 1;
    });
}

}  // namespace velo::engine
