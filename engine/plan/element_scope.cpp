// The part of Scope that finds what UNNEST makes of arrays, beside the columns of the source.
#include <algorithm>

#include <fmt/format.h>

#include "engine/plan/mistakes.hpp"
#include "engine/plan/scope.hpp"

namespace velo::engine {

const ElementColumns* Scope::find_elements(const sql::Identifier& name) const noexcept {
    const auto found = std::ranges::find_if(elements_, [&](const ElementColumns& elements) {
        return elements.name && same_name(*elements.name, name);
    });
    return found == elements_.end() ? nullptr : &*found;
}

// `i.sku`, `i.address.city`
std::expected<ScopeName, std::string> Scope::find_element(
    const ElementColumns& elements, std::span<const sql::Identifier> path) const {
    std::vector<std::string_view> known;
    for (const RelationColumn& column : elements.columns) {
        known.push_back(column.name);
        if (!names(path[1], column.name)) continue;
        ScopeName found = name_of(column);
        found.fields = path.size() - 2;
        return found;
    }
    const std::string hint = did_you_mean(path[1].text, known);
    return std::unexpected(
        fmt::format("unknown column '{}' in '{}'{}", path[1].text, path[0].text,
                    hint.empty() ? "; its columns are " + quoted_list(known) : hint));
}

std::expected<ScopeName, std::string> Scope::find_anywhere(
    std::span<const sql::Identifier> path, std::span<const std::string_view> others) const {
    const ElementColumns* const named = find_elements(path[0]);
    if (named != nullptr && path.size() > 1) return find_element(*named, path);
    std::vector<std::string_view> known(others.begin(), others.end());
    std::vector<std::string> meanings;
    const RelationColumn* found = nullptr;
    for (const ElementColumns& elements : elements_) {
        if (elements.name) known.push_back(elements.name->text);
        for (const RelationColumn& column : elements.columns) {
            known.push_back(column.name);
            if (!names(path[0], column.name)) continue;
            found = &column;
            meanings.push_back(elements.name ? elements.name->text + "." + column.name
                                             : column.name);
        }
    }
    const auto in_source = find_in_source(path, known);
    const bool qualified = path.size() > 1 && names(path[0], name_.text);
    if (in_source && (found == nullptr || qualified)) return in_source;
    if (in_source)
        meanings.insert(meanings.begin(), name_.text.empty() ? std::string(in_source->name)
                                                             : name_.text + "." + path[0].text);
    if (meanings.size() > 1) {
        return std::unexpected(
            fmt::format("'{}' is ambiguous: it could be '{}' or '{}'; write the "
                        "one you mean",
                        path[0].text, meanings[0], meanings[1]));
    }
    if (found == nullptr && named == nullptr) return in_source;
    ScopeName name = name_of(found != nullptr ? *found : named->element);
    name.fields = path.size() - 1;
    return name;
}

}  // namespace velo::engine
