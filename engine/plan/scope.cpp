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
    for (const SystemColumn& column : kSystemColumns)
        columns_.push_back({std::string(column.name), column.origin, 0, column.type});
}

ScopeName Scope::column_name(std::size_t index) const {
    return {symbol(Space::Source, index), columns_[index].type, columns_[index].name};
}

std::expected<ScopeName, std::string> Scope::find(std::span<const sql::Identifier> path,
                                                  std::span<const std::string_view> others) const {
    VELO_ASSERT(!path.empty(), "a name has at least one part");
    if (path.size() == 1) return find_column(path[0], others);
    if (names(path[0], name_.text)) {
        if (path.size() == 2) return find_column(path[1], {});
        path = path.subspan(1);
    }
    std::string written(path[0].text);
    for (const sql::Identifier& part : path.subspan(1)) written += "." + part.text;
    if (find_column(path[0], {})) {
        return std::unexpected(
            fmt::format("'{0}' looks into the column '{1}', which is not supported yet; declare a "
                        "column with path: \"$.{0}\"",
                        written, path[0].text));
    }
    if (names(path[0], source_.name)) {
        return std::unexpected(
            fmt::format("source '{}' is called '{}' in this query; write '{}.{}'", source_.name,
                        name_.text, name_.text, path[1].text));
    }
    return std::unexpected(
        fmt::format("unknown source '{}' in '{}'; the source of this query is '{}'", path[0].text,
                    written, name_.text));
}

std::expected<ScopeName, std::string> Scope::find_column(
    const sql::Identifier& name, std::span<const std::string_view> others) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const ScopeColumn& column = columns_[i];
        if (column.name.empty() || !names(name, column.name)) continue;
        if (!found) {
            found = i;
        } else if (column.origin == ColumnOrigin::Field) {
            return std::unexpected(fmt::format(
                "'{0}' is ambiguous: it could be '{1}' or '{2}'; quote the one you mean: \"{1}\"",
                name.text, columns_[*found].name, column.name));
        }
    }
    if (found) return column_name(*found);
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
    std::string text = fmt::format("unknown column '{}' in source '{}'", name.text, source_.name);
    std::vector<std::string_view> candidates;
    for (const ScopeColumn& column : columns_) {
        if (name.quoted && equals_ignoring_case(name.text, column.name)) {
            return text +
                   fmt::format("; quoted names match exactly, and the column is '{}'", column.name);
        }
        if (!column.name.empty()) candidates.push_back(column.name);
    }
    const std::vector<std::string_view> declared(
        candidates.begin(),
        candidates.begin() + static_cast<std::ptrdiff_t>(source_.schema.size()));
    candidates.insert(candidates.end(), others.begin(), others.end());
    candidates.insert(candidates.end(), kWindowColumns.begin(), kWindowColumns.end());
    const std::string hint = did_you_mean(name.text, candidates);
    if (!hint.empty()) return text + hint;
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
    return source_.event_time_column.empty() ? std::string_view("_timestamp")
                                             : std::string_view(source_.event_time_column);
}

}  // namespace velo::engine
