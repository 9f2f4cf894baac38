// Top-N: ORDER BY … LIMIT n over the groups of windows, and ROW_NUMBER() OVER (…) with a bound around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/bound_query.hpp"
#include "engine/plan/expression_binder.hpp"
#include "engine/plan/stages.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// What an expression of ORDER BY is: SELECT item number n, an alias, or an expression of its own. Null pointer: a mistake
/// has been reported.
[[nodiscard]] BoundPtr order_value(const sql::Expression& expression,
                                   const std::vector<BoundPtr>& items,
                                   const std::vector<SelectAlias>& aliases,
                                   const BindContext& context, ExpressionBinder& expressions);

/// Why the answers of `query` cannot be put in an order; empty: they can, window by window.
[[nodiscard]] std::string why_no_order(const BoundQuery& query,
                                       const std::optional<std::int64_t>& limit);

/// The query that keeps the first answers of `inner`, which `top.order` is over; `answers` becomes what it reads.
[[nodiscard]] BoundQuery top_query(AnsweredQuery inner, BoundTop top, Relation& answers);

/// ROW_NUMBER() OVER (PARTITION BY window_start, … ORDER BY …) over the answers of `inner`; nothing: a mistake.
[[nodiscard]] std::optional<BoundTop> bind_row_number(const sql::Expression& call,
                                                      const AnsweredQuery& inner,
                                                      const BindContext& context,
                                                      ExpressionBinder& expressions);

/// n, where `condition` (null pointer: TRUE) holds only for ranks up to n.
[[nodiscard]] std::optional<std::int64_t> rank_bound(const BoundPtr& condition);

/// The message key of a group of `inner`, whose answers `shown` is made of.
[[nodiscard]] OutputKey key_of_group(const AnsweredQuery& inner,
                                     const std::vector<OutputColumn>& shown, Mistakes& mistakes);

}  // namespace velo::engine
