#include "engine/plan/from_binder.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/scope.hpp"
#include "engine/plan/union_binder.hpp"

namespace velo::engine {

std::optional<Relation> FromBinder::bind(const sql::Query& query) {
    const std::size_t outside = named_.size();
    if (outside + query.with.size() > kMostNamedQueries) {
        mistakes_.add(
            query.with.front().name.place,
            fmt::format("the job names more than {} queries; use several jobs", kMostNamedQueries));
        return std::nullopt;
    }
    // A name is seen before its query is bound, so that who reads it too early can be told.
    for (const sql::Query::Named& named : query.with) {
        const bool free = is_name_free(named);
        named_.push_back({&named.name, !free, false, !free, std::nullopt});
    }
    for (std::size_t i = 0; i < query.with.size(); ++i)
        bind_named(query.with[i], named_[outside + i]);
    std::optional<Relation> from;
    if (!query.unions.empty()) {
        from = bind_union(query);
    } else if (!query.selects.empty() && query.selects.front().joins.empty()) {
        from = bind_source(query.selects.front().from);
    }
    for (std::size_t i = outside; from && i < named_.size(); ++i) {
        if (named_[i].read) continue;
        mistakes_.add(named_[i].name->place,
                      fmt::format("nothing reads '{}'; leave it out", named_[i].name->text));
    }
    named_.resize(outside);
    return from;
}

void FromBinder::bind_named(const sql::Query::Named& named, Named& into) {
    // The vector may grow meanwhile, but only behind what is there and is cut back to that.
    const std::size_t at = static_cast<std::size_t>(&into - named_.data());
    std::optional<Relation> relation = bind_query(*named.query);
    if (relation) {
        relation->name = named.name.text;
        relation->merged.push_back(named.name.text);
    }
    named_[at].relation = std::move(relation);
    named_[at].known = true;
}

bool FromBinder::is_name_free(const sql::Query::Named& named) {
    const bool is_source = std::ranges::any_of(
        options_.sources, [&](const auto& source) { return names(named.name, source.name); });
    const bool is_query = std::ranges::any_of(
        named_, [&](const Named& other) { return same_name(*other.name, named.name); });
    if (!is_source && !is_query) return true;
    mistakes_.add(named.name.place, fmt::format("'{}' is already the name of a {}; choose another",
                                                named.name.text, is_source ? "source" : "query"));
    return false;
}

std::optional<Relation> FromBinder::bind_source(const sql::Source& source) {
    if (!source.subquery) return find_source(source.name);
    std::optional<Relation> relation = bind_query(*source.subquery);
    if (!relation) return std::nullopt;
    relation->name.clear();
    if (source.alias) relation->merged.push_back(source.alias->text);
    return relation;
}

std::optional<Relation> FromBinder::bind_query(const sql::Query& query) {
    std::optional<Relation> from = bind(query);
    if (!from || !query.unions.empty()) return from;
    return bind_inner_(query.selects.front(), *from, false);
}

std::optional<Relation> FromBinder::bind_union(const sql::Query& query) {
    std::vector<Relation> members;
    for (const sql::Select& select : query.selects) {
        if (!select.joins.empty()) continue;  // Refused.
        if (const auto from = bind_source(select.from))
            members.push_back(bind_inner_(select, *from, true));
    }
    if (members.size() != query.selects.size()) return std::nullopt;
    return unite(query, members, mistakes_);
}

std::optional<Relation> FromBinder::find_source(const sql::Identifier& name) {
    for (Named& named : std::views::reverse(named_)) {
        if (named.taken || !same_name(*named.name, name)) continue;
        named.read = true;
        if (!named.known)
            mistakes_.add(name.place,
                          fmt::format("'{0}' is read before it is there: a query reads neither "
                                      "itself nor what is named after it",
                                      name.text));
        return named.relation;
    }
    std::vector<std::string_view> known;
    const SourceDeclaration* found = nullptr;
    for (const SourceDeclaration& source : options_.sources) {
        known.push_back(source.name);
        if (!names(name, source.name)) continue;
        if (found != nullptr) {
            mistakes_.add(name.place, fmt::format("'{0}' is ambiguous: it could be '{1}' or '{2}'; "
                                                  "quote the one you mean: \"{1}\"",
                                                  name.text, found->name, source.name));
            return std::nullopt;
        }
        found = &source;
    }
    if (found != nullptr) {
        Relation relation;
        relation.source = found;
        relation.name = found->name;
        return relation;
    }
    const std::string listed = known.empty() ? "" : quoted_list(known);
    for (const Named& named : named_) known.push_back(named.name->text);
    const std::string hint = did_you_mean(name.text, known);
    mistakes_.add(name.place, fmt::format("unknown source '{}'{}", name.text,
                                          !hint.empty()    ? hint
                                          : listed.empty() ? "; the job declares none"
                                                           : "; the job's sources are " + listed));
    return std::nullopt;
}

}  // namespace velo::engine
