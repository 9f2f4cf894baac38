#include "engine/plan/output_binder.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace velo::engine {

namespace {

using sql::ExpressionKind;

constexpr std::string_view kWindowKeyName = "window_start";

OutputKey::Kind kind_for(std::size_t columns) noexcept {
    return columns == 1 ? OutputKey::Kind::Text : OutputKey::Kind::Json;
}

// Exactly, else without regard to case where that is one column only.
const OutputColumn* find_output(const std::vector<OutputColumn>& columns, std::string_view name) {
    const OutputColumn* found = nullptr;
    for (const OutputColumn& column : columns) {
        if (column.name == name) return &column;
        if (!equals_ignoring_case(column.name, name)) continue;
        if (found != nullptr) return nullptr;
        found = &column;
    }
    return found;
}

OutputKey asked_key(const BoundQuery& query, std::span<const std::string> asked,
                    Mistakes& mistakes) {
    OutputKey key{kind_for(asked.size()), {}};
    for (const std::string& name : asked) {
        if (const OutputColumn* column = find_output(query.output.columns, name)) {
            key.columns.push_back(*column);
            continue;
        }
        std::vector<std::string_view> known;
        known.reserve(query.output.columns.size());
        for (const OutputColumn& column : query.output.columns) known.push_back(column.name);
        const std::string hint = did_you_mean(name, known);
        mistakes.add(Place{},
                     fmt::format("unknown column '{}' in the sink's key{}", name,
                                 hint.empty() ? "; the output has " + quoted_list(known) : hint));
    }
    return key;
}

// The name under which the output shows `symbol`, else `otherwise`.
std::string shown_as(const std::vector<OutputColumn>& columns, std::uint32_t symbol,
                     std::string_view otherwise) {
    const auto found = std::ranges::find_if(columns, [&](const OutputColumn& column) {
        return column.expression->kind == BoundKind::Column && column.expression->column == symbol;
    });
    return found == columns.end() ? std::string(otherwise) : found->name;
}

OutputKey group_key(const BoundQuery& query, std::span<const std::string> key_names,
                    Mistakes& mistakes) {
    OutputKey key;
    const auto add = [&](std::uint32_t symbol, const Type& type, std::string_view natural,
                         const BoundPtr& source) {
        std::string name = shown_as(query.output.columns, symbol, natural);
        const bool taken = std::ranges::any_of(
            key.columns, [&](const OutputColumn& other) { return other.name == name; });
        if (taken) {
            mistakes.add(source ? source->place : Place{},
                         fmt::format("two columns of the message key would be called '{0}'; select "
                                     "one with another alias: … AS {0}_2",
                                     name));
        }
        key.columns.push_back({name, bound_column(symbol, type, source ? source->text : name,
                                                  source ? source->place : Place{})});
    };
    for (std::size_t i = 0; i < query.keys.size(); ++i)
        add(symbol(Space::Key, i), query.keys[i]->type, key_names[i], query.keys[i]);
    if (query.window) add(symbol(Space::Window, 0), kTimestamp, kWindowKeyName, nullptr);
    if (key.columns.empty()) return key;
    key.kind = query.window ? OutputKey::Kind::Json : kind_for(key.columns.size());
    return key;
}

}  // namespace

std::string natural_name(const sql::Expression& expression, const Scope& scope,
                         std::size_t number) {
    if (expression.kind == ExpressionKind::Name) {
        const auto found = scope.find(expression.path);
        return std::string(found && found->fields == 0
                               ? found->name
                               : std::string_view(expression.path.back().text));
    }
    if (expression.kind == ExpressionKind::Field) return expression.names.back().text;
    if (expression.kind == ExpressionKind::Call) return to_lower(expression.path.back().text);
    return fmt::format("column_{}", number);
}

OutputKey message_key(const BoundQuery& query, std::span<const std::string> key_names,
                      std::span<const std::string> asked, const Scope& scope, Mistakes& mistakes) {
    if (!asked.empty()) return asked_key(query, asked, mistakes);
    if (query.grouped) return group_key(query, key_names, mistakes);
    const std::uint32_t raw_key = scope.system_column(ColumnOrigin::RawKey);
    return {OutputKey::Kind::PassThrough,
            {{"_key", bound_column(symbol(Space::Source, raw_key), kBytes, "_key")}}};
}

}  // namespace velo::engine
