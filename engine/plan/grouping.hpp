// What an expression over rows means over groups: GROUP BY expressions become key columns, and nothing else may be left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/expression_binder.hpp"

namespace velo::engine {

struct GroupKey {
    BoundPtr expression;  // Over source symbols.
    std::string name;     // In message keys, where no SELECT item shows it.
};

/// The GROUP BY expressions, each once. Like PostgreSQL: a whole number is the number of a SELECT item, a name is a source
/// column or else an alias; everything else is an expression over source columns. `items[i]` is what SELECT item i
/// (counted from 0) was bound to. Over FROM TABLE(TUMBLE(…)) the bounds of its window are named, and are no keys. nullopt: one of them is wrong, so nobody knows what is grouped.
[[nodiscard]] std::optional<std::vector<GroupKey>> bind_group_by(
    const std::vector<sql::ExpressionPtr>& group_by, const std::vector<BoundPtr>& items,
    const sql::Window* window, const BindContext& context, ExpressionBinder& expressions);

/// `expression` over the keys and aggregates of its group. A source column that is left over is a mistake.
[[nodiscard]] BoundPtr over_groups(const BoundPtr& expression, const std::vector<BoundPtr>& keys,
                                   const BindContext& context);

}  // namespace velo::engine
