// What a name in a query means: columns of its source, as declared and as the system adds them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/binder.hpp"
#include "engine/plan/plan.hpp"
#include "engine/plan/relation.hpp"
#include "engine/plan/symbol.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

/// Whether `name` (exactly if quoted, else without regard to case) means `declared`.
[[nodiscard]] bool names(const sql::Identifier& name, std::string_view declared) noexcept;

/// Whether two names written in a query mean the same: exactly if one of them is quoted.
[[nodiscard]] bool same_name(const sql::Identifier& a, const sql::Identifier& b) noexcept;

/// `'a', 'b', 'c'`; of many only the first ones, and how many more there are.
[[nodiscard]] std::string quoted_list(std::span<const std::string_view> words);

struct ScopeColumn {
    std::string name;  // As declared. Empty: a column that only plans read.
    ColumnOrigin origin = ColumnOrigin::Field;
    std::uint32_t field = 0;  // Into the source's schema, for fields.
    Type type;
};

/// A name's meaning: a symbol of space Source or Window, its type and its name as declared. What a query in FROM
/// computes has no symbol of those, but an expression.
struct ScopeName {
    std::uint32_t symbol = 0;
    Type type;
    std::string_view name;
    std::size_t fields = 0;  // So many parts at the end of the path are fields of it, a STRUCT.
    const RelationColumn* computed = nullptr;  // Set for every column of a query in FROM.
};

[[nodiscard]] ScopeName name_of(const RelationColumn& column);

/// The columns that UNNEST makes of an array.
struct ElementColumns {
    std::optional<sql::Identifier> name;
    RelationColumn element;  // What the name alone stands for.
    std::vector<RelationColumn>
        columns;  // The fields of a STRUCT, else the element; then its number.
};

/// The columns of one source, or of a query over one, under the name it has in the query, and of arrays unnested beside it.
/// Invariants: columns() holds the source's declared fields in their order, then one column for every other origin.
class Scope {
public:
    /// `has_window_columns`: it is FROM TABLE(TUMBLE(…)), whose bounds are window_start and window_end, too.
    Scope(const SourceDeclaration& source, const std::optional<sql::Identifier>& alias,
          bool has_window_columns = false);
    /// `relation` must outlive it.
    Scope(const Relation& relation, const std::optional<sql::Identifier>& alias,
          bool has_window_columns = false);

    [[nodiscard]] const SourceDeclaration& source() const noexcept { return source_; }
    [[nodiscard]] const std::vector<ScopeColumn>& columns() const noexcept { return columns_; }
    /// How the query calls the source.
    [[nodiscard]] const sql::Identifier& name() const noexcept { return name_; }
    /// The query in FROM; null pointer: the source itself.
    [[nodiscard]] const Relation* relation() const noexcept { return relation_; }
    /// What messages call it: `source 'trades'`, `query 'fast'`.
    [[nodiscard]] std::string title() const;

    /// What `*` stands for, or `of.*`.
    [[nodiscard]] std::vector<ScopeName> star(const sql::Identifier* of = nullptr) const;
    /// Whether `name.*` stands for something.
    [[nodiscard]] bool has_star(const sql::Identifier& name) const;

    void add(ElementColumns columns) { elements_.push_back(std::move(columns)); }
    /// The column that `node` is, if it is one; of a query's columns only those that read the source.
    [[nodiscard]] std::optional<std::string_view> column_of(const BoundExpression& node) const;

    /// What `path` means. A declared column hides a system column of its name. The error says what is wrong; `others`
    /// are further names that may have been meant (aliases).
    [[nodiscard]] std::expected<ScopeName, std::string> find(
        std::span<const sql::Identifier> path, std::span<const std::string_view> others = {}) const;

    /// The column of an origin other than Field.
    [[nodiscard]] std::uint32_t system_column(ColumnOrigin origin) const noexcept;
    /// The declared event time column, unless the record timestamp is the event time.
    [[nodiscard]] std::optional<std::uint32_t> event_time_field() const noexcept;
    [[nodiscard]] bool has_event_time() const noexcept;
    /// How users write the event time: its column, or `_timestamp`.
    [[nodiscard]] std::string_view event_time_name() const noexcept;

private:
    // What a name may mean beside the window's columns: declared or selected ones, then the system's.
    [[nodiscard]] std::size_t shown_count() const noexcept;
    [[nodiscard]] ScopeName shown(std::size_t index) const;
    [[nodiscard]] bool is_system(std::size_t shown_index) const noexcept;

    [[nodiscard]] std::expected<ScopeName, std::string> find_in_source(
        std::span<const sql::Identifier> path, std::span<const std::string_view> others) const;
    // Elements (element_scope.cpp).
    [[nodiscard]] const ElementColumns* find_elements(const sql::Identifier& name) const noexcept;
    [[nodiscard]] std::expected<ScopeName, std::string> find_element(
        const ElementColumns& elements, std::span<const sql::Identifier> path) const;
    [[nodiscard]] std::expected<ScopeName, std::string> find_anywhere(
        std::span<const sql::Identifier> path, std::span<const std::string_view> others) const;

    [[nodiscard]] std::expected<ScopeName, std::string> find_column(
        const sql::Identifier& name, std::span<const std::string_view> others) const;
    [[nodiscard]] std::string unknown(const sql::Identifier& name,
                                      std::span<const std::string_view> others) const;
    [[nodiscard]] ScopeName column_name(std::size_t index) const;

    const SourceDeclaration& source_;
    const Relation* relation_ = nullptr;
    sql::Identifier name_;
    std::vector<ScopeColumn> columns_;
    std::vector<ElementColumns> elements_;
    bool has_window_columns_;
};

}  // namespace velo::engine
