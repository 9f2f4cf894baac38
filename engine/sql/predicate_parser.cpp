// The part of ExpressionParser that reads what follows a value: IS, IN, BETWEEN, LIKE and the operators that are functions.
#include <array>
#include <utility>

#include "engine/sql/expression_parser.hpp"

namespace velo::engine::sql {

namespace {

ExpressionPtr make(ExpressionKind kind) {
    auto expression = std::make_unique<Expression>();
    expression->kind = kind;
    return expression;
}

}  // namespace

bool ExpressionParser::is_predicate_next() const noexcept {
    static constexpr std::array<std::string_view, 8> kPredicates{
        "IS", "IN", "BETWEEN", "LIKE", "NOT", "ILIKE", "RLIKE", "REGEXP"};
    return tokens_.is_word_of(kPredicates) ||
           (tokens_.is_word("SIMILAR") && tokens_.is_word("TO", 1));
}

// IS, and [NOT] IN, BETWEEN, LIKE, ILIKE, RLIKE, SIMILAR TO after `left`.
ExpressionPtr ExpressionParser::parse_predicate(ExpressionPtr left, std::size_t start) {
    if (tokens_.is_word("IS")) return parse_is(std::move(left), start);
    const bool negated = tokens_.is_word("NOT");
    const std::size_t ahead = negated ? 1 : 0;
    if (tokens_.is_word("IN", ahead)) return parse_in(std::move(left), start, negated);
    if (tokens_.is_word("BETWEEN", ahead)) return parse_between(std::move(left), start, negated);
    if (tokens_.is_word("LIKE", ahead) || tokens_.is_word("ILIKE", ahead))
        return parse_like(std::move(left), start, negated);
    if (tokens_.is_word("RLIKE", ahead) || tokens_.is_word("REGEXP", ahead) ||
        tokens_.is_word("SIMILAR", ahead))
        return parse_regex(std::move(left), start, negated);
    tokens_.take();
    tokens_.unexpected({"IN", "BETWEEN", "LIKE"});
}

ExpressionPtr ExpressionParser::parse_is(ExpressionPtr left, std::size_t start) {
    tokens_.expect_word("IS");
    const bool negated = tokens_.accept_word("NOT");
    std::vector<ExpressionPtr> children;
    children.push_back(std::move(left));
    if (tokens_.accept_word("NULL")) {
        ExpressionPtr test = make(ExpressionKind::IsNull);
        test->negated = negated;
        test->children = std::move(children);
        return finished(std::move(test), start);
    }
    if (tokens_.accept_word("UNKNOWN")) {
        ExpressionPtr test = make(ExpressionKind::IsNull);
        test->negated = negated;
        test->children = std::move(children);
        return finished(std::move(test), start);
    }
    if (tokens_.accept_word("JSON"))
        return negated_if(negated, called("IS_JSON", std::move(children), start), start);
    if (tokens_.is_word("TRUE") || tokens_.is_word("FALSE")) {
        children.push_back(parse_primary());
        return distinct_from(std::move(children), !negated, start);
    }
    if (!tokens_.accept_word("DISTINCT")) tokens_.unexpected({"NULL", "TRUE", "FALSE", "DISTINCT FROM"});
    tokens_.expect_word("FROM");
    children.push_back(parse_operand());
    return distinct_from(std::move(children), negated, start);
}

ExpressionPtr ExpressionParser::distinct_from(std::vector<ExpressionPtr> pair, bool negated,
                                              std::size_t start) {
    ExpressionPtr test = make(ExpressionKind::Binary);
    test->op = negated ? Operator::IsNotDistinctFrom : Operator::IsDistinctFrom;
    test->children = std::move(pair);
    return finished(std::move(test), start);
}

ExpressionPtr ExpressionParser::parse_in(ExpressionPtr left, std::size_t start, bool negated) {
    if (negated) tokens_.take();
    tokens_.expect_word("IN");
    tokens_.expect_symbol("(");
    ExpressionPtr test = make(ExpressionKind::In);
    test->negated = negated;
    test->children.push_back(std::move(left));
    if (tokens_.is_word("SELECT") || tokens_.is_word("WITH")) {
        test->subquery = parse_subquery();
    } else {
        do test->children.push_back(parse());
        while (tokens_.accept_symbol(","));
    }
    tokens_.expect_symbol(")");
    return finished(std::move(test), start);
}

ExpressionPtr ExpressionParser::parse_between(ExpressionPtr left, std::size_t start, bool negated) {
    if (negated) tokens_.take();
    tokens_.expect_word("BETWEEN");
    std::vector<ExpressionPtr> children;
    children.push_back(std::move(left));
    children.push_back(parse_operand());
    tokens_.expect_word("AND");
    children.push_back(parse_operand());
    ExpressionPtr test = make(ExpressionKind::Between);
    test->negated = negated;
    test->children = std::move(children);
    return finished(std::move(test), start);
}

// x ILIKE y is LOWER(x) LIKE LOWER(y).
ExpressionPtr ExpressionParser::parse_like(ExpressionPtr left, std::size_t start, bool negated) {
    if (negated) tokens_.take();
    const bool any_case = tokens_.is_word("ILIKE");
    tokens_.take();
    const auto operand = [&](ExpressionPtr value, std::size_t from) {
        if (!any_case) return value;
        std::vector<ExpressionPtr> args;
        args.push_back(std::move(value));
        return called("LOWER", std::move(args), from);
    };
    const auto next = [&] {
        const std::size_t from = tokens_.position();
        return operand(parse_operand(), from);
    };
    ExpressionPtr test = make(ExpressionKind::Like);
    test->negated = negated;
    test->children.push_back(operand(std::move(left), start));
    test->children.push_back(next());
    if (tokens_.accept_word("ESCAPE")) test->children.push_back(next());
    return finished(std::move(test), start);
}

// RLIKE and REGEXP match anywhere in the text, SIMILAR TO all of it.
ExpressionPtr ExpressionParser::parse_regex(ExpressionPtr left, std::size_t start, bool negated) {
    if (negated) tokens_.take();
    const bool similar = tokens_.accept_word("SIMILAR");
    tokens_.take();
    std::vector<ExpressionPtr> args;
    args.push_back(std::move(left));
    args.push_back(parse_operand());
    return negated_if(
        negated, called(similar ? "SIMILAR_TO" : "REGEXP_LIKE", std::move(args), start), start);
}

ExpressionPtr ExpressionParser::parse_at_time_zone(ExpressionPtr time, std::size_t start) {
    tokens_.expect_word("AT");
    tokens_.expect_word("TIME");
    tokens_.expect_word("ZONE");
    std::vector<ExpressionPtr> args;
    args.push_back(std::move(time));
    args.push_back(parse_primary());
    return called("TO_LOCAL_TIME", std::move(args), start);
}

ExpressionPtr ExpressionParser::negated_if(bool negated, ExpressionPtr condition,
                                           std::size_t start) {
    if (!negated) return condition;
    ExpressionPtr negation = make(ExpressionKind::Unary);
    negation->op = Operator::Not;
    negation->children.push_back(std::move(condition));
    return finished(std::move(negation), start);
}

// What is written as an operator, as the call of a function.
ExpressionPtr ExpressionParser::called(std::string_view function, std::vector<ExpressionPtr> args,
                                       std::size_t start) {
    ExpressionPtr call = make(ExpressionKind::Call);
    call->path.push_back({std::string(function), false, tokens_.place_from(start)});
    call->children = std::move(args);
    return finished(std::move(call), start);
}

}  // namespace velo::engine::sql
