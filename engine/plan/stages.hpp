// Queries over the answers of queries: which of them are one stage, and how the stages of a plan follow each other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/binder.hpp"
#include "engine/plan/bound_query.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/relation.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// The most stages of a job: each costs memory and a pass over the answers of the one before.
inline constexpr std::size_t kMostStages = 16;

/// A query in FROM that groups rows. Where the query around it gathers its answers, both are stages of a plan; else both
/// become one.
struct AnsweredQuery {
    Relation from;                       // What it reads itself.
    BoundQuery query;                    // Bound, without a message key.
    std::vector<std::string> key_names;  // As SelectBinder's.
    bool has_emit = false;
    Place place;  // Of its EMIT, else of all of it.
    /// Its output columns, as declared columns of the source that it is to others; behind them its keys and the start of
    /// the window, which only message keys read.
    SourceDeclaration answers;
    std::size_t shown = 0;  // How many of them are not hidden.
};

/// The answers of `query` as what a SELECT reads. `copied_nodes`: Relation::copied_nodes.
[[nodiscard]] Relation relation_of(AnsweredQuery query, std::size_t copied_nodes);

/// Why no query can gather the answers; empty: it can, each group answers once.
[[nodiscard]] std::string why_not_final(const AnsweredQuery& inner);

/// `value`, over the answers of `inner`, over its groups.
[[nodiscard]] BoundPtr in_groups(const BoundPtr& value, const AnsweredQuery& inner,
                                 Mistakes& mistakes);

/// `outer`, which has no groups and reads the answers of `inner`, as one query with it: its WHERE is part of HAVING, its
/// columns are expressions over the groups.
[[nodiscard]] BoundQuery merged_query(const BoundQuery& outer, const AnsweredQuery& inner,
                                      Mistakes& mistakes);

/// What EMIT of the last of several stages cannot be.
void check_last_emit(const std::optional<sql::Emit>& emit, Mistakes& mistakes);

/// The plan of `last`, which reads the answers of `inner` (null pointer: a source of the job), and of all that `inner`
/// reads. `place` is for what is wrong with all of it.
[[nodiscard]] Plan with_stages(Plan last, const AnsweredQuery* inner, const Place& place,
                               Mistakes& mistakes);

}  // namespace velo::engine
