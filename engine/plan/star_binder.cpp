#include "engine/plan/star_binder.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace velo::engine {

namespace {

// The names behind EXCEPT, as they were declared.
std::vector<std::string_view> left_out(const sql::Expression& star, const Scope& scope,
                                       const std::vector<ScopeName>& columns, Mistakes& mistakes) {
    std::vector<std::string_view> out;
    for (const sql::Identifier& name : star.except) {
        const auto is_meant = [&](const ScopeName& column) { return names(name, column.name); };
        const auto meant = std::ranges::find_if(columns, is_meant);
        if (std::ranges::count_if(columns, is_meant) == 1) {
            out.push_back(meant->name);
            continue;
        }
        const auto found = scope.find({&name, 1});
        const bool known =
            found && std::ranges::find(columns, found->name, &ScopeName::name) != columns.end();
        if (!found) mistakes.add(name.place, found.error());
        if (found && !known)
            mistakes.add(
                name.place,
                fmt::format("'{}' is not among the columns of '*'; leave it out here", name.text));
        if (known) out.push_back(found->name);
    }
    return out;
}

}  // namespace

std::vector<NamedColumn> bind_star(const sql::Expression& star, const Scope& scope,
                                   ExpressionBinder& expressions, Mistakes& mistakes) {
    if (!star.path.empty() && !scope.has_star(star.path.front())) {
        mistakes.add(star.place,
                     fmt::format("unknown source '{}'; the source of this query is '{}'",
                                 star.path.front().text, scope.name().text));
        return {};
    }
    const std::vector<ScopeName> columns =
        scope.star(star.path.empty() ? nullptr : &star.path.front());
    const std::vector<std::string_view> without = left_out(star, scope, columns, mistakes);
    std::vector<NamedColumn> out;
    for (const ScopeName& column : columns) {
        if (std::ranges::find(without, column.name) != without.end()) continue;
        out.push_back(
            {column.computed != nullptr
                 ? expressions.bind_computed(column, star.place)
                 : bound_column(column.symbol, column.type, std::string(column.name), star.place),
             std::string(column.name), star.place});
    }
    if (!columns.empty() && without.size() >= columns.size())
        mistakes.add(star.place, "nothing is left of '*'; leave a column in");
    if (columns.empty() && scope.relation() == nullptr) {
        mistakes.add(star.place,
                     fmt::format("source '{}' declares no columns for '*'; add them under 'schema'",
                                 scope.source().name));
    }
    return out;
}

}  // namespace velo::engine
