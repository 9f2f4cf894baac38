#include "engine/expression/fold.hpp"

#include <algorithm>
#include <utility>

#include "engine/expression/evaluator.hpp"

namespace velo::engine {

BoundPtr folded(BoundPtr node) {
    const auto is_literal = [](const BoundPtr& child) { return child->kind == BoundKind::Literal; };
    if (node->children.empty() || !std::ranges::all_of(node->children, is_literal)) return node;
    Evaluator evaluator(node);
    Arena arena;
    FaultList faults;
    const Column& column = evaluator.evaluate({}, 1, Selection::all(1), arena, faults);
    if (!faults.empty()) return node;
    Value value = value_at(column, 0);
    value.type = node->type;
    return bound_literal(std::move(value), node->text, node->place);
}

}  // namespace velo::engine
