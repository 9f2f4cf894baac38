// UNION ALL: queries without state, whose rows go on as if they came from one source.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/plan/binder.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/relation.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

inline constexpr const char* kTooLargeUnion =
    "the query repeats the expressions of its UNION ALL too often; select them once in each member";

/// What a Relation stands for whose `united` is set. A UNION ALL inside another one is part of it: members read sources.
struct Union {
    SourceDeclaration declared;  // What the members have in common, as one source would declare it.
    struct Member {
        const SourceDeclaration* source = nullptr;
        BoundPtr where;                 // Over the source's symbols; null pointer: every row.
        std::vector<BoundPtr> columns;  // By declared.schema; null pointer: wrong, as reported.
    };
    std::vector<Member> members;

    /// `expression`, over the union's columns, over a member's source.
    [[nodiscard]] BoundPtr of_member(const BoundPtr& expression, const Member& member) const;
    /// How many nodes at most take the place of the union's columns in `expression`, which may be a null pointer.
    [[nodiscard]] std::size_t nodes_behind(const BoundPtr& expression) const;
};

/// The rows of all members, which have been bound in the order of the query's SELECTs: names as the first one has them, the
/// types that all have in common. Nothing when they do not fit together, as has been reported.
[[nodiscard]] std::optional<Relation> unite(const sql::Query& query,
                                            const std::vector<Relation>& members,
                                            Mistakes& mistakes);

}  // namespace velo::engine
