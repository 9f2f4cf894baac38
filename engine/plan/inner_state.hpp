// What a query that others read may not have: only the last SELECT of a job remembers or writes anything of its own.
#pragma once

#include "engine/plan/bound_query.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/relation.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// Of a query in FROM, WITH or CREATE STREAM. It may group rows; whether their answers can be gathered is another question.
void refuse_inner_state(const sql::Select& select, const BoundQuery& query, Mistakes& mistakes);

/// Of a SELECT of a UNION ALL, which only filters and computes: what counts or remembers rows does so over all of them.
void refuse_member_state(const sql::Select& select, const Relation& from, const BoundQuery& query,
                         Mistakes& mistakes);

/// Where UNNEST does not go yet.
void refuse_rows_of_arrays(const Relation& from, const BoundQuery& query, Mistakes& mistakes);

}  // namespace velo::engine
