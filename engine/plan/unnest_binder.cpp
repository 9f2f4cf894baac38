// The part of ExpressionBinder that makes rows of arrays: UNNEST after FROM, EXPLODE as a SELECT item.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/expression/nested_types.hpp"
#include "engine/plan/expression_binder.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kMostUnnests = 8;  // Of a query and those in its FROM: their sizes multiply.
constexpr std::string_view kNameless = "unnest";
constexpr std::string_view kOrdinality = "ordinality";

}  // namespace

BoundPtr ExpressionBinder::rows_of(BoundPtr array, const Expression& written, bool left) {
    if (!array) return nullptr;
    if (array->type.kind == TypeKind::Map) array = call("MAP_ENTRIES", {std::move(array)}, written);
    const auto type = as_array(array->type);
    if (!type) {
        return wrong(written.place,
                     fmt::format("UNNEST makes rows of an ARRAY or a MAP, and {} is {}",
                                 text_.quoted(written.place), array->type.text()));
    }
    if (unnests_.size() == kMostUnnests) {
        return wrong(written.place, fmt::format("a query makes rows of at most {} arrays; use two "
                                                "jobs",
                                                kMostUnnests));
    }
    const std::size_t number = unnests_.size();
    unnests_.push_back({bound_cast(std::move(array), *type), type->element(), left});
    return bound_column(symbol(Space::Element, 2 * number), type->element(),
                        text_.at(written.place), written.place);
}

std::optional<ElementColumns> ExpressionBinder::bind_unnest(const sql::Unnest& unnest) {
    if (unnest.alias && scope_.has_star(*unnest.alias)) {
        mistakes_.add(unnest.alias->place,
                      fmt::format("'{}' is already the name of what this query "
                                  "reads; choose another",
                                  unnest.alias->text));
        return std::nullopt;
    }
    const BoundPtr element =
        rows_of(bind(*unnest.array, kUnnestClause), *unnest.array, unnest.left);
    if (!element) return std::nullopt;
    ElementColumns columns;
    columns.name = unnest.alias;
    const std::string name = unnest.alias ? unnest.alias->text : std::string(kNameless);
    columns.element = {name, element};
    if (element->type.kind == TypeKind::Struct) {
        for (const TypePart& field : element->type.parts.all())
            columns.columns.push_back({field.name, nullptr});
    } else {
        columns.columns.push_back({name, element});
    }
    if (unnest.ordinality) {
        const std::uint32_t numbers = symbol(Space::Element, 2 * (unnests_.size() - 1) + 1);
        columns.columns.push_back(
            {std::string(kOrdinality), bound_column(numbers, kBigint, std::string(kOrdinality))});
    }
    if (!unnest.names.empty() && unnest.names.size() != columns.columns.size()) {
        mistakes_.add(unnest.place,
                      fmt::format("'{}' has {} column{}, and {} {} named", name,
                                  columns.columns.size(), columns.columns.size() == 1 ? "" : "s",
                                  unnest.names.size(), unnest.names.size() == 1 ? "is" : "are"));
        return std::nullopt;
    }
    name_elements(unnest, columns);
    return columns;
}

// The names that are written, if some are, and for each field of a STRUCT what it stands for.
void ExpressionBinder::name_elements(const sql::Unnest& unnest, ElementColumns& columns) {
    for (std::size_t i = 0; i < unnest.names.size(); ++i) {
        const auto before = unnest.names.begin() + static_cast<std::ptrdiff_t>(i);
        const bool twice = std::any_of(unnest.names.begin(), before, [&](const auto& other) {
            return other.text == unnest.names[i].text;
        });
        if (twice)
            mistakes_.add(unnest.names[i].place,
                          fmt::format("two columns are called '{}'", unnest.names[i].text));
        columns.columns[i].name = unnest.names[i].text;
    }
    const Type& declared = unnests_.back().element;
    if (declared.kind != TypeKind::Struct) return;
    // A field goes by its place, so that other names cost nothing.
    std::vector<TypePart> fields(declared.parts.all().begin(), declared.parts.all().end());
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i].name = columns.columns[i].name;
    const BoundPtr& old = columns.element.expression;
    const Type type = struct_type(fields);
    columns.element.expression = bound_column(old->column, type, old->text, old->place);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const BoundPtr field = call(
            "FIELD", {columns.element.expression, bound_literal(Value{kString, fields[i].name})},
            *unnest.array);
        if (!field) continue;  // Two of one name, as has been said.
        auto named = std::make_shared<BoundExpression>(*field);
        named->text = unnest.alias ? unnest.alias->text + "." + fields[i].name : fields[i].name;
        columns.columns[i].expression = std::move(named);
    }
    unnests_.back().element = type;
}

// The element that the row stands for: rows are made first, then the SELECT items are computed for each.
BoundPtr ExpressionBinder::bind_explode(const Expression& expression, const Clause& clause) {
    const std::string words = text_.quoted(expression.place);
    if (!clause.no_explode.empty())
        return wrong(expression.place, words + std::string(clause.no_explode));
    if (lambdas_ > 0)
        return wrong(expression.place, words +
                                           " makes rows, which a lambda cannot; write FROM … "
                                           "CROSS JOIN UNNEST(array) AS name");
    if (!is_plain_call(expression) || !is_arity(expression, 1, 1, "EXPLODE(array)")) return nullptr;
    if (exploded_) {
        return wrong(expression.place, words +
                                           " is the second that makes rows; write FROM … CROSS "
                                           "JOIN UNNEST(array) AS name for each");
    }
    exploded_ = expression.place;
    Clause inside = kUnnestClause;
    inside.no_aliases = {};
    const Expression& array = *expression.children[0];
    const BoundPtr element = rows_of(bind(array, inside), array, false);
    if (!element) return nullptr;
    return bound_column(element->column, element->type, text_.at(expression.place),
                        expression.place);
}

}  // namespace velo::engine
