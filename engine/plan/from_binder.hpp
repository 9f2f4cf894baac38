// What stands behind FROM: the sources of the job, queries named by WITH and CREATE STREAM, and queries in parentheses.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/plan/binder.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/relation.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// The most named queries of a job, and of queries inside each other.
inline constexpr std::size_t kMostNamedQueries = 256;

/// Finds what each SELECT reads, from the inside out.
/// Errors:  every mistake goes to the Mistakes; what reads something wrong is not bound.
class FromBinder {
public:
    /// Binds a SELECT over what it reads, as something to be read itself, or as a member of a UNION ALL.
    using BindInner =
        std::function<Relation(const sql::Select&, const Relation& from, bool is_member)>;

    /// Borrows the options and the mistakes.
    FromBinder(const BindOptions& options, Mistakes& mistakes, BindInner bind_inner)
        : options_(options), mistakes_(mistakes), bind_inner_(std::move(bind_inner)) {}

    /// What the query's own SELECT reads, once all queries it names have been bound; of a UNION ALL, all its rows. Nothing
    /// when that is wrong.
    [[nodiscard]] std::optional<Relation> bind(const sql::Query& query);

private:
    struct Named {
        const sql::Identifier* name;
        bool taken = false;  // The name means something else, as has been reported.
        bool known = false;  // Bound, so that it may be read …
        bool read = false;   // … which has happened.
        std::optional<Relation> relation;
    };

    void bind_named(const sql::Query::Named& named, Named& into);
    [[nodiscard]] bool is_name_free(const sql::Query::Named& named);
    [[nodiscard]] std::optional<Relation> bind_source(const sql::Source& source);
    [[nodiscard]] std::optional<Relation> bind_union(const sql::Query& query);
    /// The query as what another one reads.
    [[nodiscard]] std::optional<Relation> bind_query(const sql::Query& query);
    [[nodiscard]] std::optional<Relation> find_source(const sql::Identifier& name);

    const BindOptions& options_;
    Mistakes& mistakes_;
    BindInner bind_inner_;
    std::vector<Named> named_;  // Those that can be seen, the innermost last.
};

}  // namespace velo::engine
