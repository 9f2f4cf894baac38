#include "tests/engine/sql/ast_text.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/parser.hpp"

namespace velo::engine::sql {

namespace {

std::string name_text(const Identifier& name) {
    return name.quoted ? "\"" + name.text + "\"" : name.text;
}

std::string path_text(const std::vector<Identifier>& path) {
    std::string out;
    for (const Identifier& part : path) out += (out.empty() ? "" : ".") + name_text(part);
    return out;
}

std::string list_text(const std::vector<ExpressionPtr>& list, std::size_t from = 0) {
    std::string out;
    for (std::size_t i = from; i < list.size(); ++i)
        out += (out.empty() ? "" : " ") + shape(*list[i]);
    return out;
}

std::string order_text(const std::vector<OrderItem>& items) {
    std::string out;
    for (const OrderItem& item : items) {
        out +=
            (out.empty() ? "" : ", ") + shape(*item.expression) + (item.descending ? " DESC" : "");
        if (item.nulls_first) out += *item.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
    return out;
}

std::string bound_text(const FrameBound& bound) {
    switch (bound.kind) {
        case FrameBound::Kind::UnboundedPreceding:
            return "UNBOUNDED PRECEDING";
        case FrameBound::Kind::Preceding:
            return shape(*bound.offset) + " PRECEDING";
        case FrameBound::Kind::CurrentRow:
            return "CURRENT ROW";
        case FrameBound::Kind::Following:
            return shape(*bound.offset) + " FOLLOWING";
        case FrameBound::Kind::UnboundedFollowing:
            return "UNBOUNDED FOLLOWING";
    }
    std::unreachable();
}

std::string over_text(const Over& over) {
    std::string out = over.buffer_rows ? fmt::format("buffer {}", *over.buffer_rows) : "standard";
    if (!over.partition_by.empty()) out += " by " + list_text(over.partition_by);
    if (!over.order_by.empty()) out += " order " + order_text(over.order_by);
    if (over.unit != Over::Unit::None) {
        out += fmt::format(" {} {} to {}", over.unit == Over::Unit::Rows ? "rows" : "range",
                           bound_text(*over.from), bound_text(*over.to));
    }
    return out;
}

std::string case_text(const Expression& choice) {
    std::size_t next = 0;
    std::string out = "(CASE";
    if (choice.has_operand) out += " " + shape(*choice.children[next++]);
    const std::size_t end = choice.children.size() - (choice.has_else ? 1 : 0);
    for (; next < end; next += 2)
        out += fmt::format(" WHEN {} THEN {}", shape(*choice.children[next]),
                           shape(*choice.children[next + 1]));
    if (choice.has_else) out += " ELSE " + shape(*choice.children[next]);
    return out + ")";
}

std::string call_text(const Expression& call) {
    std::string out = fmt::format("{}({}{})", path_text(call.path),
                                  call.distinct ? "DISTINCT " : "", list_text(call.children));
    if (call.filter) out += " FILTER " + shape(*call.filter);
    if (call.over) out += " OVER {" + over_text(*call.over) + "}";
    return out;
}

std::string value_text(const Value& value) {
    if (value.is_null() || value.type == kBigint || value.type == kString || value.type == kBoolean)
        return value.sql();
    return value.sql() + ":" + value.type.text();
}

std::string source_text(const Source& source) {
    std::string out =
        source.subquery ? "{" + shape(*source.subquery) + "}" : name_text(source.name);
    if (source.alias) out += " AS " + name_text(*source.alias);
    return out;
}

std::string join_text(const Join& join) {
    constexpr std::array<std::string_view, 4> kKinds{"INNER", "LEFT", "RIGHT", "FULL"};
    std::string out = fmt::format("{} JOIN {}", kKinds[static_cast<std::size_t>(join.kind)],
                                  source_text(join.source));
    if (join.within) out += " WITHIN " + duration_text(*join.within);
    return out + " ON " + shape(*join.on);
}

std::string unnest_text(const Unnest& unnest) {
    std::string out = fmt::format("{}UNNEST {}{}", unnest.left ? "LEFT " : "", shape(*unnest.array),
                                  unnest.ordinality ? " ORDINALITY" : "");
    if (unnest.alias) out += " AS " + unnest.alias->text;
    for (const Identifier& name : unnest.names) out += " " + name.text;
    return out;
}

std::string window_text(const Window& window) {
    constexpr std::array<std::string_view, 3> kKinds{"TUMBLING", "HOPPING", "SESSION"};
    const auto length = [](Duration time, int months) {
        return months == 0 ? duration_text(time) : fmt::format("{}months", months);
    };
    std::string out = fmt::format(
        "{} {} {} {} {}", window.is_table ? "TABLE" : "WINDOW",
        kKinds[static_cast<std::size_t>(window.kind)], window.time ? shape(*window.time) : "-",
        length(window.size, window.size_months), length(window.advance, window.advance_months));
    if (window.offset) out += " offset " + duration_text(*window.offset);
    if (window.zone) out += " timezone " + *window.zone;
    return out;
}

std::string emit_text(const Emit& emit) {
    std::string out = emit.kind == Emit::Kind::Changes ? "EMIT CHANGES" : "EMIT FINAL";
    if (emit.every) out += " EVERY " + duration_text(*emit.every);
    if (emit.allowed_lateness) out += " LATENESS " + duration_text(*emit.allowed_lateness);
    return out;
}

template <class Shape>
std::string shape_or_refusal(Shape&& parsed_shape) {
    try {
        return parsed_shape();
    } catch (const Error& error) {
        const Mistake& mistake = error.mistakes().front();
        return fmt::format("{}:{}:{}: {}", mistake.place.line, mistake.place.column,
                           mistake.place.length, mistake.text);
    }
}

}  // namespace

std::string shape(const Expression& e) {
    const auto child = [&](std::size_t i) { return shape(*e.children[i]); };
    const std::string_view negation = e.negated ? "NOT " : "";
    switch (e.kind) {
        case ExpressionKind::Literal:
            return value_text(e.value);
        case ExpressionKind::Interval:
            return duration_text(Duration{std::get<std::int64_t>(e.value.data)});
        case ExpressionKind::Name:
            return path_text(e.path);
        case ExpressionKind::Star:
            return path_text(e.path) + "*" +
                   (e.except.empty() ? "" : " EXCEPT " + path_text(e.except));
        case ExpressionKind::Unary:
            return fmt::format("({} {})", operator_text(e.op), child(0));
        case ExpressionKind::Binary:
            return fmt::format("({} {} {})", child(0), operator_text(e.op), child(1));
        case ExpressionKind::IsNull:
            return fmt::format("({} IS {}NULL)", child(0), negation);
        case ExpressionKind::In:
            return fmt::format(
                "({} {}IN {})", child(0), negation,
                e.subquery ? "{" + shape(*e.subquery) + "}" : list_text(e.children, 1));
        case ExpressionKind::Between:
            return fmt::format("({} {}BETWEEN {} AND {})", child(0), negation, child(1), child(2));
        case ExpressionKind::Like:
            return fmt::format("({} {}LIKE {}{})", child(0), negation, child(1),
                               e.children.size() > 2 ? " ESCAPE " + child(2) : "");
        case ExpressionKind::Case:
            return case_text(e);
        case ExpressionKind::Cast:
            return fmt::format("{}({} AS {})", e.is_try ? "TRY_CAST" : "CAST", child(0),
                               e.type.text);
        case ExpressionKind::Call:
            return call_text(e);
        case ExpressionKind::Subscript:
            return fmt::format("{}[{}]", child(0), child(1));
        case ExpressionKind::Field:
            return child(0) + "." + path_text(e.names);
        case ExpressionKind::Array:
            return "ARRAY[" + list_text(e.children) + "]";
        case ExpressionKind::Map:
            return "MAP(" + list_text(e.children) + ")";
        case ExpressionKind::Struct:
            return "STRUCT(" + path_text(e.names) + " := " + list_text(e.children) + ")";
        case ExpressionKind::Lambda:
            return "(" + path_text(e.names) + " -> " + child(0) + ")";
        case ExpressionKind::Subquery:
            return "{" + shape(*e.subquery) + "}";
    }
    std::unreachable();
}

std::string shape(const Select& select) {
    std::string out = select.distinct ? "SELECT DISTINCT" : "SELECT";
    for (const SelectItem& item : select.items) {
        out += (&item == &select.items.front() ? " " : ", ") + shape(*item.expression) +
               (item.alias ? " AS " + name_text(*item.alias) : "");
    }
    out += " | FROM " + source_text(select.from);
    for (const Join& join : select.joins) out += " | " + join_text(join);
    for (const Unnest& unnest : select.unnests) out += " | " + unnest_text(unnest);
    if (select.where) out += " | WHERE " + shape(*select.where);
    if (!select.group_by.empty()) out += " | GROUP BY " + list_text(select.group_by);
    if (select.window) out += " | " + window_text(*select.window);
    if (select.having) out += " | HAVING " + shape(*select.having);
    if (!select.order_by.empty()) out += " | ORDER BY " + order_text(select.order_by);
    if (select.limit) out += fmt::format(" | LIMIT {}", *select.limit);
    if (select.emit) out += " | " + emit_text(*select.emit);
    return out;
}

std::string shape(const Query& query) {
    std::string out;
    for (const Query::Named& named : query.with)
        out += "WITH " + name_text(named.name) + " {" + shape(*named.query) + "} ";
    for (std::size_t i = 0; i < query.selects.size(); ++i)
        out += (i > 0 ? " UNION ALL " : "") + shape(query.selects[i]);
    return out;
}

std::string expression_shape(std::string_view text) {
    return shape_or_refusal([&] { return shape(*parse_expression(text)); });
}

std::string query_shape(std::string_view text) {
    return shape_or_refusal([&] { return shape(parse_query(text)); });
}

}  // namespace velo::engine::sql
