// A bound expression: names have become column numbers, types are known, functions are chosen. Immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/data/value.hpp"

namespace velo::engine {

struct ScalarFunction;
struct Signature;
struct BoundExpression;
using BoundPtr = std::shared_ptr<
    const BoundExpression>;  // Shared by plans only; nothing per row touches the count.

/// What a function prepared at bind time from its constant arguments: a compiled pattern, a set of values.
struct Prepared {
    virtual ~Prepared() = default;
};

enum class BoundKind : std::uint8_t {
    Column,   // column
    Literal,  // value
    Call,     // function over all children, evaluated first; NULL and faults as the function says
    And,
    Or,  // children, left to right; what the left side decides is not evaluated on the right
    Not,
    Case,  // children: WHEN, THEN, WHEN, THEN, …, ELSE (always present; a NULL literal when not written)
    Coalesce,  // children: the first that is not NULL; later ones are evaluated only where needed
    Cast,      // children[0] to `type`; a value that does not convert is a fault
    Try,       // children[0]; a fault there becomes NULL (TRY_CAST is Try over Cast)
    // Lambdas: `column` numbers their first parameter, the others follow; lambdas inside others count on.
    Parameter,  // column
    Transform,  // children[0], an array, with children[1] over (element, number) in place of each element
    Filter,  // the elements of children[0] where children[1] over (element, number) is TRUE
    Reduce,  // children[1], then children[2] over (value so far, element) for each element of children[0]
};

/// One node of an expression tree.
/// Invariants: (1) children have the types the node needs: casts between number types are explicit nodes.
///             (2) constant subtrees have been folded to Literal unless folding would fault.
struct BoundExpression {
    BoundKind kind = BoundKind::Literal;
    Type type;
    std::uint32_t column = 0;  // Column, Parameter, and lambdas.
    Value value;
    const ScalarFunction* function = nullptr;
    std::shared_ptr<const Signature> signature;  // Call: how it is done for these argument types.
    std::shared_ptr<const Prepared> prepared;
    std::vector<BoundPtr> children;
    Place place;       // In the SQL text, for fault messages.
    std::string text;  // As the user wrote it, for fault messages and explain.
};

[[nodiscard]] BoundPtr bound_column(std::uint32_t column, Type type, std::string text = {},
                                    Place place = {});
[[nodiscard]] BoundPtr bound_literal(Value value, std::string text = {}, Place place = {});
/// Whether CAST knows this pair of types (the table is in cast.hpp).
[[nodiscard]] bool can_cast(Type from, Type to) noexcept;
/// `child` as `type`: itself when it has that type already, a converted literal where that does not fault, else a Cast
/// node. Without text and place of its own it takes the child's. The cast must exist: can_cast.
[[nodiscard]] BoundPtr bound_cast(BoundPtr child, Type type, std::string text = {},
                                  Place place = {});

/// Structural equality: same kinds, columns, values, functions and types; places and texts do not count.
[[nodiscard]] bool same_expression(const BoundExpression& a, const BoundExpression& b);

/// Calls `visit(column)` for every column the expression reads, with repeats.
template <class Visit>
void each_column(const BoundExpression& expression, Visit&& visit) {
    if (expression.kind == BoundKind::Column) visit(expression.column);
    for (const BoundPtr& child : expression.children) each_column(*child, visit);
}

}  // namespace velo::engine
