#include "engine/expression/expression.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/expression/cast.hpp"
#include "engine/expression/fold.hpp"

namespace velo::engine {

BoundPtr bound_column(std::uint32_t column, Type type, std::string text, Place place) {
    auto node = std::make_shared<BoundExpression>();
    node->kind = BoundKind::Column;
    node->type = type;
    node->column = column;
    node->text = std::move(text);
    node->place = std::move(place);
    return node;
}

BoundPtr bound_literal(Value value, std::string text, Place place) {
    auto node = std::make_shared<BoundExpression>();
    node->kind = BoundKind::Literal;
    node->type = value.type;
    node->text = text.empty() ? value.sql() : std::move(text);
    node->value = std::move(value);
    node->place = std::move(place);
    return node;
}

bool can_cast(Type from, Type to) noexcept {
    return from == to || (to.kind != TypeKind::Null && cast_kernel(from, to) != nullptr);
}

BoundPtr bound_cast(BoundPtr child, Type type, std::string text, Place place) {
    if (child->type == type) return child;
    VELO_ASSERT(can_cast(child->type, type), "only casts that exist are bound");
    auto node = std::make_shared<BoundExpression>();
    node->kind = BoundKind::Cast;
    node->type = type;
    node->text = text.empty() ? child->text : std::move(text);
    node->place = place.line > 0 ? std::move(place) : child->place;
    node->children.push_back(std::move(child));
    return folded(std::move(node));
}

bool same_expression(const BoundExpression& a, const BoundExpression& b) {
    if (&a == &b) return true;
    if (a.kind != b.kind || a.type != b.type || a.function != b.function ||
        a.children.size() != b.children.size())
        return false;
    if (a.column != b.column) return false;
    if (a.kind == BoundKind::Literal && a.value != b.value) return false;
    return std::ranges::equal(a.children, b.children, [](const BoundPtr& x, const BoundPtr& y) {
        return same_expression(*x, *y);
    });
}

}  // namespace velo::engine
