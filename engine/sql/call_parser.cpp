// The part of ExpressionParser that reads calls: arguments, DISTINCT, FILTER, OVER.
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/expression_parser.hpp"
#include "engine/sql/literal.hpp"
#include "engine/sql/refused_forms.hpp"

namespace velo::engine::sql {

// Behind the name, at the parenthesis.
ExpressionPtr ExpressionParser::parse_call(std::vector<Identifier> path, std::size_t start) {
    auto call = std::make_unique<Expression>();
    call->kind = ExpressionKind::Call;
    call->path = std::move(path);
    tokens_.expect_symbol("(");
    const int outside_case = std::exchange(case_depth_, 0);
    if (!try_parse_spelled(*call)) {
        parse_arguments(*call);
        parse_rest_spelled(*call);
    }
    case_depth_ = outside_case;
    if (!tokens_.is_symbol(")")) refuse_in_call();
    tokens_.expect_symbol(")");
    if (tokens_.is_word("WITHIN") && tokens_.is_word("GROUP", 1)) parse_within_group(*call);
    if (tokens_.is_word("FILTER") && tokens_.is_symbol("(", 1)) parse_filter(*call);
    if (tokens_.is_word("NULLS", 1)) refuse_nulls();
    if (tokens_.is_word("OVER")) call->over = parse_over();
    return finished(std::move(call), start);
}

// FILTER (WHERE e)
void ExpressionParser::parse_filter(Expression& call) {
    tokens_.take();
    tokens_.expect_symbol("(");
    tokens_.expect_word("WHERE");
    const int outside_case = std::exchange(case_depth_, 0);
    call.filter = parse();
    case_depth_ = outside_case;
    tokens_.expect_symbol(")");
}

void ExpressionParser::parse_arguments(Expression& call) {
    call.distinct = tokens_.accept_word("DISTINCT");
    if (tokens_.is_symbol("*") && tokens_.is_symbol(")", 1)) {
        call.children.push_back(try_parse_star());
    } else if (!tokens_.is_symbol(")")) {
        call.children = parse_list();
    }
}

// Says what is wrong behind the arguments, where forms of other systems are likely.
void ExpressionParser::refuse_in_call() {
    const Place here = tokens_.place(tokens_.peek());
    if (tokens_.is_word("ORDER")) {
        throw Error(
            here,
            "ORDER BY inside a call is not supported; rows come in the order of their event time");
    }
    if (tokens_.is_word("SEPARATOR"))
        throw Error(here, "SEPARATOR is not supported; give it as an argument: STRING_AGG(x, ',')");
    tokens_.unexpected({"','", "')'"});
}

// f(x) {IGNORE | RESPECT} NULLS
void ExpressionParser::refuse_nulls() {
    const Place here = tokens_.place(tokens_.peek());
    if (tokens_.is_word("IGNORE"))
        throw Error(here, "IGNORE NULLS is not written; FIRST(x) and LAST(x) pass over NULLs");
    if (tokens_.is_word("RESPECT")) {
        throw Error(here,
                    "RESPECT NULLS is not written; FIRST_VALUE, LAST_VALUE and LAG take NULLs as "
                    "they are");
    }
}

std::unique_ptr<Over> ExpressionParser::parse_over() {
    const std::size_t start = tokens_.position();
    tokens_.expect_word("OVER");
    if (tokens_.is_name()) {
        throw Error(
            tokens_.place(tokens_.peek()),
            "named windows are not supported; write the window in the parentheses of OVER ( … )");
    }
    tokens_.expect_symbol("(");
    auto over = std::make_unique<Over>();
    const bool buffered = tokens_.is_word("ROWS") && tokens_.is_word("WINDOW", 1);
    if (buffered) parse_buffer(*over);
    if (tokens_.accept_word("PARTITION")) {
        tokens_.expect_word("BY");
        over->partition_by = parse_list();
    }
    if (tokens_.accept_word("ORDER")) {
        tokens_.expect_word("BY");
        over->order_by = parse_order_items();
    }
    if (tokens_.is_word("ROWS") || tokens_.is_word("RANGE")) parse_frame(*over);
    if (!tokens_.accept_symbol(")")) {
        const Token& token = tokens_.peek();
        const std::string_view reason = token.kind == TokenKind::Word
                                            ? refused_in_over(tokens_.text(token))
                                            : std::string_view{};
        if (!reason.empty()) throw Error(tokens_.place(token), std::string(reason));
        tokens_.unexpected({"PARTITION BY", "ORDER BY", "ROWS", "')'"});
    }
    over->place = tokens_.place_from(start);
    return over;
}

// ROWS WINDOW BUFFER n ROWS
void ExpressionParser::parse_buffer(Over& over) {
    tokens_.expect_word("ROWS");
    tokens_.expect_word("WINDOW");
    tokens_.expect_word("BUFFER");
    over.buffer_rows = parse_count("the rows of the buffer");
    tokens_.expect_word("ROWS");
}

std::int64_t ExpressionParser::parse_count(std::string_view what) {
    const Token& token = tokens_.peek();
    const std::string_view digits = tokens_.text(token);
    std::int64_t count = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    const bool whole = token.kind == TokenKind::Number && read.ec == std::errc{} &&
                       read.ptr == digits.data() + digits.size();
    if (!whole)
        throw Error(tokens_.place(token),
                    fmt::format("{} is a whole number, not {}", what, tokens_.shown(token)));
    tokens_.take();
    return count;
}

// {ROWS | RANGE} {BETWEEN bound AND bound | bound}
void ExpressionParser::parse_frame(Over& over) {
    over.unit = tokens_.is_word("ROWS") ? Over::Unit::Rows : Over::Unit::Range;
    tokens_.take();
    if (tokens_.accept_word("BETWEEN")) {
        over.from = parse_frame_bound();
        tokens_.expect_word("AND");
        over.to = parse_frame_bound();
    } else {
        over.from = parse_frame_bound();
        over.to.emplace();
    }
}

FrameBound ExpressionParser::parse_frame_bound() {
    FrameBound bound;
    if (tokens_.is_word("CURRENT") && tokens_.is_word("ROW", 1)) {
        tokens_.take();
        tokens_.take();
        return bound;
    }
    const bool unbounded = tokens_.accept_word("UNBOUNDED");
    if (!unbounded) bound.offset = parse_frame_offset();
    const bool preceding = tokens_.accept_word("PRECEDING");
    if (!preceding && !tokens_.accept_word("FOLLOWING"))
        tokens_.unexpected({"PRECEDING", "FOLLOWING"});
    using Kind = FrameBound::Kind;
    if (unbounded) {
        bound.kind = preceding ? Kind::UnboundedPreceding : Kind::UnboundedFollowing;
    } else {
        bound.kind = preceding ? Kind::Preceding : Kind::Following;
    }
    return bound;
}

// A number of rows or an interval. Not any expression: an AND in it would be the one of BETWEEN.
ExpressionPtr ExpressionParser::parse_frame_offset() {
    const std::size_t start = tokens_.position();
    if (is_duration_next()) return interval(read_interval(), start);
    if (!tokens_.is(TokenKind::Number))
        tokens_.unexpected(
            {"UNBOUNDED PRECEDING", "CURRENT ROW", "a number of rows", "an interval"});
    return parse_number(false, start);
}

}  // namespace velo::engine::sql
