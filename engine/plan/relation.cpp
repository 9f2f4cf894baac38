#include "engine/plan/relation.hpp"

#include <utility>

namespace velo::engine {

BoundPtr both_conditions(const BoundPtr& inner, const BoundPtr& outer) {
    if (!inner || !outer) return inner ? inner : outer;
    const auto words = [](const BoundExpression& condition) {
        return condition.kind == BoundKind::Or ? "(" + condition.text + ")" : condition.text;
    };
    auto both = std::make_shared<BoundExpression>();
    both->kind = BoundKind::And;
    both->type = kBoolean;
    both->children = {inner, outer};
    both->place = outer->place;
    both->text = words(*inner) + " AND " + words(*outer);
    return both;
}

}  // namespace velo::engine
