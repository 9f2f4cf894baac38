#include "engine/plan/scope.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/base/assert.hpp"

namespace velo::engine {

namespace {

struct SystemColumn {
    ColumnOrigin origin;
    std::string_view name;
    Type type;
};

constexpr std::array kSystemColumns{
    SystemColumn{ColumnOrigin::Timestamp, "_timestamp", kTimestamp},
    SystemColumn{ColumnOrigin::Offset, "_offset", kBigint},
    SystemColumn{ColumnOrigin::Partition, "_partition", kBigint},
    SystemColumn{ColumnOrigin::Key, "_key", kString},
    SystemColumn{ColumnOrigin::Topic, "_topic", kString},
    SystemColumn{ColumnOrigin::EventTime, "_event_time", kTimestamp},
    SystemColumn{ColumnOrigin::RawKey, "", kBytes},
    SystemColumn{ColumnOrigin::Order, "", kBigint},
};

constexpr std::array<std::string_view, 2> kWindowColumns{"_window_start", "_window_end"};

constexpr std::size_t kMostListed = 10;

}  // namespace

bool names(const sql::Identifier& name, std::string_view declared) noexcept {
    return name.quoted ? name.text == declared : equals_ignoring_case(name.text, declared);
}

bool same_name(const sql::Identifier& a, const sql::Identifier& b) noexcept {
    return a.quoted || b.quoted ? a.text == b.text : equals_ignoring_case(a.text, b.text);
}

std::string quoted_list(std::span<const std::string_view> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size() && i < kMostListed; ++i) {
        out += fmt::format("{}'{}'", i == 0 ? "" : ", ", words[i]);
    }
    if (words.size() > kMostListed) out += fmt::format(" and {} more", words.size() - kMostListed);
    return out;
}

Scope::Scope(const SourceDeclaration& source, const std::optional<sql::Identifier>& alias,
             bool has_window_columns)
    : source_(source),
      name_(alias ? *alias : sql::Identifier{source.name, false, {}}),
      has_window_columns_(has_window_columns) {
    for (std::size_t i = 0; i < source.schema.size(); ++i) {
        columns_.push_back({source.schema[i].name, ColumnOrigin::Field,
                            static_cast<std::uint32_t>(i), source.schema[i].type});
    }
    // Groups have an event time, and nothing else of what records have.
    for (const SystemColumn& column : kSystemColumns) {
        const bool is_named = !source.is_answers || column.origin == ColumnOrigin::EventTime;
        columns_.push_back(
            {std::string(is_named ? column.name : ""), column.origin, 0, column.type});
    }
}

Scope::Scope(const Relation& relation, const std::optional<sql::Identifier>& alias,
             bool has_window_columns)
    : Scope(*relation.source, alias, has_window_columns) {
    if (!relation.is_query) return;
    relation_ = &relation;
    if (!alias) name_.text = relation.name;
}

ScopeName Scope::column_name(std::size_t index) const {
    return {symbol(Space::Source, index), columns_[index].type, columns_[index].name, 0};
}

std::size_t Scope::shown_count() const noexcept {
    const std::size_t system = columns_.size() - source_.schema.size();
    return relation_ == nullptr ? columns_.size() : relation_->columns.size() + system;
}

bool Scope::is_system(std::size_t index) const noexcept {
    return index >= (relation_ == nullptr ? source_.schema.size() : relation_->columns.size());
}

ScopeName name_of(const RelationColumn& column) {
    const bool is_column = column.expression && column.expression->kind == BoundKind::Column;
    return {is_column ? column.expression->column : symbol(Space::Computed, 0),
            column.expression ? column.expression->type : kNullType, column.name, 0, &column};
}

ScopeName Scope::shown(std::size_t index) const {
    if (relation_ == nullptr) return column_name(index);
    if (is_system(index))
        return column_name(index - relation_->columns.size() + source_.schema.size());
    return name_of(relation_->columns[index]);
}

std::vector<ScopeName> Scope::star(const sql::Identifier* of) const {
    std::vector<ScopeName> found;
    const ElementColumns* const only = of == nullptr ? nullptr : find_elements(*of);
    for (std::size_t i = 0; only == nullptr && !is_system(i); ++i) found.push_back(shown(i));
    for (const ElementColumns& elements : elements_) {
        if (of != nullptr && &elements != only) continue;
        for (const RelationColumn& column : elements.columns) found.push_back(name_of(column));
    }
    return found;
}

bool Scope::has_star(const sql::Identifier& name) const {
    return same_name(name, name_) || find_elements(name) != nullptr;
}

std::optional<std::string_view> Scope::column_of(const BoundExpression& node) const {
    const auto named_in =
        [&](const std::vector<RelationColumn>& columns) -> std::optional<std::string_view> {
        for (const RelationColumn& column : columns) {
            if (column.expression && same_expression(*column.expression, node)) return column.name;
        }
        return std::nullopt;
    };
    if (relation_ != nullptr && (reads(node, Space::Source) || reads(node, Space::Element))) {
        if (const auto name = named_in(relation_->columns)) return name;
    }
    for (const ElementColumns& elements : elements_) {
        if (const auto name = named_in(elements.columns)) return name;
    }
    if (node.kind == BoundKind::Column && space_of(node.column) == Space::Element) return node.text;
    if (node.kind != BoundKind::Column || space_of(node.column) != Space::Source)
        return std::nullopt;
    return columns_[index_of(node.column)].name;
}

std::string Scope::title() const {
    if (relation_ == nullptr) return fmt::format("source '{}'", source_.name);
    if (!relation_->name.empty()) return fmt::format("query '{}'", relation_->name);
    return "the query in FROM";
}

std::expected<ScopeName, std::string> Scope::find(std::span<const sql::Identifier> path,
                                                  std::span<const std::string_view> others) const {
    VELO_ASSERT(!path.empty(), "a name has at least one part");
    return elements_.empty() ? find_in_source(path, others) : find_anywhere(path, others);
}

std::expected<ScopeName, std::string> Scope::find_in_source(
    std::span<const sql::Identifier> path, std::span<const std::string_view> others) const {
    if (path.size() == 1) return find_column(path[0], others);
    const auto struct_at = [&](std::size_t part) -> std::optional<ScopeName> {
        auto found = find_column(path[part], {});
        if (!found || found->type.kind != TypeKind::Struct) return std::nullopt;
        found->fields = path.size() - part - 1;
        return *found;
    };
    if (names(path[0], name_.text)) {
        const auto column = find_column(path[1], {});
        if (path.size() == 2 && column) return column;
        if (const auto found = struct_at(1)) return *found;
        if (const auto found = struct_at(0)) return *found;
        if (path.size() == 2) return column;
        path = path.subspan(1);
    }
    if (const auto found = struct_at(0)) return *found;
    std::string written(path[0].text);
    for (const sql::Identifier& part : path.subspan(1)) written += "." + part.text;
    if (const auto column = find_column(path[0], {})) {
        if (column->type.kind == TypeKind::Map) {
            return std::unexpected(
                fmt::format("'{}' looks into the column '{}', which is {}; write {}['{}']", written,
                            path[0].text, column->type.text(), path[0].text, path[1].text));
        }
        return std::unexpected(
            fmt::format("'{0}' looks into the column '{1}', which is {2}; declare it as STRUCT<…>, "
                        "or a column with path: \"$.{0}\"",
                        written, path[0].text, column->type.text()));
    }
    if (relation_ == nullptr && names(path[0], source_.name)) {
        return std::unexpected(
            fmt::format("source '{}' is called '{}' in this query; write '{}.{}'", source_.name,
                        name_.text, name_.text, path[1].text));
    }
    if (name_.text.empty())
        return std::unexpected(fmt::format(
            "unknown source '{}' in '{}'; the query in FROM has no name: write (SELECT …) AS {}",
            path[0].text, written, path[0].text));
    return std::unexpected(
        fmt::format("unknown source '{}' in '{}'; the source of this query is '{}'", path[0].text,
                    written, name_.text));
}

std::expected<ScopeName, std::string> Scope::find_column(
    const sql::Identifier& name, std::span<const std::string_view> others) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < shown_count(); ++i) {
        const ScopeName column = shown(i);
        if (column.name.empty() || !names(name, column.name)) continue;
        if (!found) {
            found = i;
        } else if (!is_system(i)) {
            return std::unexpected(fmt::format(
                "'{0}' is ambiguous: it could be '{1}' or '{2}'; quote the one you mean: \"{1}\"",
                name.text, shown(*found).name, column.name));
        }
    }
    if (found) return shown(*found);
    for (std::size_t i = 0; i < kWindowColumns.size(); ++i) {
        if (names(name, kWindowColumns[i]))
            return ScopeName{symbol(Space::Window, i), kTimestamp, kWindowColumns[i]};
        if (has_window_columns_ && names(name, kWindowColumns[i].substr(1)))
            return ScopeName{symbol(Space::Window, i), kTimestamp, kWindowColumns[i].substr(1)};
    }
    return std::unexpected(unknown(name, others));
}

std::string Scope::unknown(const sql::Identifier& name,
                           std::span<const std::string_view> others) const {
    std::string text = fmt::format("unknown column '{}' in {}", name.text, title());
    std::vector<std::string_view> candidates;
    std::size_t count = 0;  // Of declared or selected columns.
    for (std::size_t i = 0; i < shown_count(); ++i) {
        const ScopeName column = shown(i);
        if (!is_system(i)) ++count;
        if (name.quoted && equals_ignoring_case(name.text, column.name)) {
            return text +
                   fmt::format("; quoted names match exactly, and the column is '{}'", column.name);
        }
        if (!column.name.empty()) candidates.push_back(column.name);
    }
    const std::vector<std::string_view> declared(
        candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count));
    candidates.insert(candidates.end(), others.begin(), others.end());
    candidates.insert(candidates.end(), kWindowColumns.begin(), kWindowColumns.end());
    const std::string hint = did_you_mean(name.text, candidates);
    if (!hint.empty()) return text + hint;
    if (relation_ != nullptr) {
        const bool in_source = std::ranges::any_of(
            source_.schema, [&](const Field& field) { return names(name, field.name); });
        return text + (in_source
                           ? fmt::format(", which does not select it from '{}'; it selects {}",
                                         source_.name, quoted_list(declared))
                           : "; it selects " + quoted_list(declared));
    }
    if (declared.empty()) return text + ", which declares no columns; add them under 'schema'";
    return text + "; its columns are " + quoted_list(declared);
}

std::uint32_t Scope::system_column(ColumnOrigin origin) const noexcept {
    for (std::size_t i = source_.schema.size(); i < columns_.size(); ++i) {
        if (columns_[i].origin == origin) return static_cast<std::uint32_t>(i);
    }
    VELO_ASSERT(false, "every origin but Field has a column");
    return 0;
}

std::optional<std::uint32_t> Scope::event_time_field() const noexcept {
    for (std::size_t i = 0; i < source_.schema.size(); ++i) {
        if (!source_.event_time_column.empty() &&
            source_.schema[i].name == source_.event_time_column) {
            return static_cast<std::uint32_t>(i);
        }
    }
    return std::nullopt;
}

bool Scope::has_event_time() const noexcept {
    return !source_.event_time_column.empty() || source_.record_timestamps;
}

std::string_view Scope::event_time_name() const noexcept {
    if (relation_ != nullptr) {
        const auto field = event_time_field();
        const std::uint32_t time =
            symbol(Space::Source, field ? *field : system_column(ColumnOrigin::Timestamp));
        for (const RelationColumn& column : relation_->columns) {
            if (column.expression && column.expression->kind == BoundKind::Column &&
                column.expression->column == time)
                return column.name;
        }
        return "_event_time";
    }
    return source_.event_time_column.empty() ? std::string_view("_timestamp")
                                             : std::string_view(source_.event_time_column);
}

}  // namespace velo::engine
