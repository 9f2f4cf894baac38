// What a SELECT reads from: a source of the job, or a query in FROM that has become part of the query around it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/expression/expression.hpp"

namespace velo::engine {

struct SourceDeclaration;
struct AnsweredQuery;
struct BoundTop;
struct Union;

/// A column that a query in FROM answers.
struct RelationColumn {
    std::string name;
    BoundPtr
        expression;  // Over the source's symbols; null pointer: it is wrong, which has been reported.
};

/// An array whose elements become rows. Number n has the symbols 2n and 2n + 1 of Space::Element.
struct BoundUnnest {
    BoundPtr array;  // Over the source's symbols and those of the UNNESTs before it.
    Type element;    // As the query calls its fields.
    bool left = false;
};

/// A query without state adds nothing between the source and whoever reads it: what it filters is filtered at the source,
/// and its columns stand for their expressions. So it needs no operator, and unused columns cost nothing. One that groups
/// rows is a source to whoever reads it.
struct Relation {
    const SourceDeclaration* source = nullptr;
    std::shared_ptr<const Union> united;  // Not null: `source` is what its members have in common.
    bool is_query = false;                // What follows holds for queries only.
    std::string name;  // Of WITH or CREATE STREAM; empty: written in parentheses.
    std::vector<RelationColumn> columns;
    std::vector<BoundUnnest> unnests;
    BoundPtr where;                   // Null pointer: every row of the source.
    std::size_t copied_nodes = 0;     // What using its columns has added to the plan so far.
    std::vector<std::string> merged;  // Names of the queries it is made of, the innermost first.
    /// The query that groups rows whose answers are `source`; null pointer: it is one of the job's.
    std::shared_ptr<AnsweredQuery> answered;
    /// Its column ROW_NUMBER() OVER (…), whose symbol is OverCall 0, numbers rows so; null pointer: there is none.
    std::shared_ptr<BoundTop> ranked;
};

/// Both conditions, the inner one first: where it says no, the outer one is not evaluated. A null pointer lets all rows pass.
[[nodiscard]] BoundPtr both_conditions(const BoundPtr& inner, const BoundPtr& outer);

}  // namespace velo::engine
