#include "engine/plan/union_binder.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "engine/plan/common_type.hpp"
#include "engine/plan/expression_size.hpp"
#include "engine/plan/scope.hpp"
#include "engine/plan/symbol.hpp"

namespace velo::engine {

namespace {

bool is_null_literal(const BoundExpression& value) noexcept {
    return value.kind == BoundKind::Literal && value.value.is_null();
}

const Place& place_of(const BoundPtr& value, const sql::Select& select) noexcept {
    return value && value->place.line > 0 ? value->place : select.place;
}

/// Puts the members of one UNION ALL together.
class Uniting {
public:
    Uniting(const sql::Query& query, const std::vector<Relation>& members, Mistakes& mistakes)
        : query_(query), members_(members), mistakes_(mistakes) {}

    std::optional<Relation> unite() {
        if (!are_as_wide() || !find_types() || !add_members()) return std::nullopt;
        if (!is_each_source_once()) return std::nullopt;
        declare();
        return relation();
    }

private:
    bool are_as_wide() {
        const std::size_t width = members_.front().columns.size();
        bool sound = true;
        for (std::size_t i = 1; i < members_.size(); ++i) {
            if (members_[i].columns.size() == width) continue;
            const std::size_t own = members_[i].columns.size();
            mistakes_.add(query_.selects[i].place,
                          fmt::format("this SELECT has {} column{}, the first one {}; the members "
                                      "of a UNION ALL have as many",
                                      own, own == 1 ? "" : "s", width));
            sound = false;
        }
        return sound;
    }

    // A NULL that is written so fits beside everything.
    bool find_types() {
        bool sound = true;
        for (std::size_t c = 0; c < members_.front().columns.size(); ++c) {
            Type type = kNullType;
            for (std::size_t i = 0; i < members_.size(); ++i) {
                const RelationColumn& column = members_[i].columns[c];
                if (!column.expression) return false;  // As has been reported.
                if (is_null_literal(*column.expression)) continue;
                const auto common = common_type(type, column.expression->type);
                if (!common) {
                    mistakes_.add(
                        place_of(column.expression, query_.selects[i]),
                        fmt::format("column {} of the UNION ALL, '{}', is {} before and {} "
                                    "here; CAST one of them",
                                    c + 1, members_.front().columns[c].name, type.text(),
                                    column.expression->type.text()));
                    sound = false;
                    break;
                }
                type = *common;
            }
            types_.push_back(type.kind == TypeKind::Null ? kString : type);
        }
        return sound;
    }

    BoundPtr as_common(const BoundPtr& value, std::size_t column) const {
        if (is_null_literal(*value))
            return bound_literal(Value{types_[column], {}}, value->text, value->place);
        return bound_cast(value, types_[column]);
    }

    bool add_members() {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const Relation& relation = members_[i];
            if (!relation.united) {
                Union::Member& member = united_->members.emplace_back();
                member.source = relation.source;
                member.where = relation.where;
                for (std::size_t c = 0; c < types_.size(); ++c)
                    member.columns.push_back(as_common(relation.columns[c].expression, c));
                continue;
            }
            if (!add_inner_union(relation, query_.selects[i])) return false;
        }
        return true;
    }

    bool add_inner_union(const Relation& relation, const sql::Select& select) {
        const Union& inner = *relation.united;
        std::size_t nodes = inner.nodes_behind(relation.where);
        for (const RelationColumn& column : relation.columns)
            nodes += inner.nodes_behind(column.expression);
        if (nodes > kMaxCopiedNodes) return refuse_size(select);
        for (const Union::Member& from : inner.members) {
            Union::Member& member = united_->members.emplace_back();
            member.source = from.source;
            member.where = both_conditions(from.where, inner.of_member(relation.where, from));
            if (member.where && height(*member.where) > kMaxAliasHeight) return refuse_size(select);
            for (std::size_t c = 0; c < types_.size(); ++c) {
                member.columns.push_back(
                    as_common(inner.of_member(relation.columns[c].expression, from), c));
                if (height(*member.columns.back()) > kMaxAliasHeight) return refuse_size(select);
            }
        }
        return true;
    }

    bool refuse_size(const sql::Select& select) {
        mistakes_.add(select.place, kTooLargeUnion);
        return false;
    }

    // Each record is accounted for once, so it can be answered by one member only.
    bool is_each_source_once() {
        for (std::size_t i = 0; i < united_->members.size(); ++i) {
            const auto& members = united_->members;
            const bool again = std::any_of(
                members.begin(), members.begin() + static_cast<std::ptrdiff_t>(i),
                [&](const Union::Member& other) { return other.source == members[i].source; });
            if (!again) continue;
            mistakes_.add(
                query_.unions.front(),
                fmt::format("source '{}' is read by two SELECTs of the UNION ALL, but a record is "
                            "answered once; write one SELECT with WHERE … OR …, and CASE where the "
                            "columns differ",
                            members[i].source->name));
            return false;
        }
        return true;
    }

    void declare() {
        SourceDeclaration& declared = united_->declared;
        for (const Union::Member& member : united_->members) {
            declared.name += (declared.name.empty() ? "" : ", ") + member.source->name;
            declared.record_timestamps =
                declared.record_timestamps &&
                (member.source->record_timestamps || !member.source->event_time_column.empty());
        }
        for (std::size_t c = 0; c < types_.size(); ++c) {
            const std::string& name = members_.front().columns[c].name;
            declared.schema.push_back(
                {.name = name, .type = types_[c], .nullable = true, .path = {}, .time_unit = {}});
            if (declared.event_time_column.empty() && is_event_time(c))
                declared.event_time_column = name;
        }
    }

    // Whether every member selects its event time as this column.
    [[nodiscard]] bool is_event_time(std::size_t column) const {
        return std::ranges::all_of(united_->members, [&](const Union::Member& member) {
            const BoundExpression& value = *member.columns[column];
            if (value.kind != BoundKind::Column) return false;
            const Scope scope(*member.source, std::nullopt);
            const auto field = scope.event_time_field();
            const std::uint32_t time =
                field ? *field : scope.system_column(ColumnOrigin::Timestamp);
            return value.column == symbol(Space::Source, time) ||
                   value.column ==
                       symbol(Space::Source, scope.system_column(ColumnOrigin::EventTime));
        });
    }

    Relation relation() {
        Relation relation;
        relation.is_query = true;
        for (std::size_t c = 0; c < types_.size(); ++c) {
            const std::string& name = united_->declared.schema[c].name;
            relation.columns.push_back(
                {name, bound_column(symbol(Space::Source, c), types_[c], name,
                                    members_.front().columns[c].expression->place)});
        }
        for (const Relation& member : members_) {
            relation.merged.insert(relation.merged.end(), member.merged.begin(),
                                   member.merged.end());
        }
        relation.source = &united_->declared;
        relation.united = std::move(united_);
        return relation;
    }

    const sql::Query& query_;
    const std::vector<Relation>& members_;
    Mistakes& mistakes_;
    std::vector<Type> types_;  // By column.
    std::shared_ptr<Union> united_ = std::make_shared<Union>();
};

}  // namespace

BoundPtr Union::of_member(const BoundPtr& expression, const Member& member) const {
    if (!expression) return nullptr;
    return rewritten(expression, [&](const BoundExpression& node) -> BoundPtr {
        if (node.kind != BoundKind::Column || space_of(node.column) != Space::Source)
            return nullptr;
        const std::size_t index = index_of(node.column);
        if (index < declared.schema.size()) return member.columns[index];
        // Scopes hold the system columns behind the declared ones, in one order.
        const std::size_t system = index - declared.schema.size() + member.source->schema.size();
        return bound_column(symbol(Space::Source, system), node.type, node.text, node.place);
    });
}

std::size_t Union::nodes_behind(const BoundPtr& expression) const {
    std::size_t nodes = 0;
    if (!expression) return nodes;
    each_column(*expression, [&](std::uint32_t column) {
        if (space_of(column) != Space::Source || index_of(column) >= declared.schema.size()) return;
        if (nodes > kMaxCopiedNodes) return;
        std::size_t most = 0;
        for (const Member& member : members)
            most = std::max(most, count_nodes(*member.columns[index_of(column)], kMaxCopiedNodes));
        nodes += most;
    });
    return nodes;
}

std::optional<Relation> unite(const sql::Query& query, const std::vector<Relation>& members,
                              Mistakes& mistakes) {
    return Uniting(query, members, mistakes).unite();
}

}  // namespace velo::engine
