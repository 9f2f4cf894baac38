// The part of ExpressionParser that reads what operators combine: literals, names, CASE, CAST and parentheses.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/expression_parser.hpp"
#include "engine/sql/literal.hpp"
#include "engine/sql/type_parser.hpp"

namespace velo::engine::sql {

namespace {

ExpressionPtr make(ExpressionKind kind) {
    auto expression = std::make_unique<Expression>();
    expression->kind = kind;
    return expression;
}

// Unwraps what a literal's text means, or says at its place why it means nothing.
template <class T>
T value_or_throw(std::expected<T, std::string> result, Place place) {
    if (!result) throw Error(std::move(place), std::move(result).error());
    return *std::move(result);
}

}  // namespace

ExpressionPtr ExpressionParser::parse_primary() {
    const std::size_t start = tokens_.position();
    switch (tokens_.peek().kind) {
        case TokenKind::Number:
            return parse_number(false, start);
        case TokenKind::Duration:
            return interval(read_interval(), start);
        case TokenKind::Text:
            return literal(Value{kString, unquoted(tokens_.text(tokens_.take()))}, start);
        case TokenKind::QuotedWord:
            return tokens_.is_symbol("->", 1) ? parse_lambda() : parse_name_or_call();
        case TokenKind::Word: {
            if (ExpressionPtr special = try_parse_keyword(start)) return special;
            if (is_reserved_next()) expected_expression();
            return tokens_.is_symbol("->", 1) ? parse_lambda() : parse_name_or_call();
        }
        case TokenKind::Symbol:
            if (tokens_.is_symbol("("))
                return is_lambda_next() ? parse_lambda() : parse_parentheses();
            break;
        case TokenKind::End:
            break;
    }
    expected_expression();
}

// Expressions that begin with a keyword, which is a name wherever what follows does not fit. Null pointer: a name.
ExpressionPtr ExpressionParser::try_parse_keyword(std::size_t start) {
    if (tokens_.accept_word("NULL")) return literal(Value{}, start);
    if (tokens_.accept_word("TRUE")) return literal(Value{kBoolean, true}, start);
    if (tokens_.accept_word("FALSE")) return literal(Value{kBoolean, false}, start);
    if (tokens_.is_word("CASE")) return parse_case();
    if (tokens_.is_word("NOT")) {
        throw Error(tokens_.place(tokens_.peek()),
                    "NOT binds less than the operator before it; put it in parentheses: (NOT …)");
    }
    const bool text_follows = tokens_.is(TokenKind::Text, 1);
    const bool number_follows =
        tokens_.is(TokenKind::Number, 1) || tokens_.is(TokenKind::Duration, 1);
    if (tokens_.is_word("INTERVAL") && (text_follows || number_follows)) return parse_interval();
    static constexpr std::array<std::string_view, 3> kTimes{"TIMESTAMP", "DATE", "TIME"};
    if (tokens_.is_word_of(kTimes) && text_follows) return parse_time();
    if (tokens_.is_word("ARRAY") && tokens_.is_symbol("[", 1)) return parse_array();
    if (tokens_.is_word("MAP") && tokens_.is_symbol("[", 1)) return parse_map();
    if (!tokens_.is_symbol("(", 1)) return nullptr;
    if (tokens_.is_word("CAST") || tokens_.is_word("TRY_CAST")) return parse_cast();
    if (tokens_.is_word("MAP")) return parse_map();
    if (tokens_.is_word("STRUCT")) return parse_struct();
    if (tokens_.is_word("EXISTS")) {
        throw Error(tokens_.place(tokens_.peek()),
                    "EXISTS is not supported; write x IN (SELECT …) or a JOIN");
    }
    return nullptr;
}

ExpressionPtr ExpressionParser::parse_number(bool negative, std::size_t start) {
    const Token token = tokens_.take();
    Value value = value_or_throw(number_value(tokens_.text(token), negative), tokens_.place(token));
    return literal(std::move(value), start);
}

// (e) or (SELECT …)
ExpressionPtr ExpressionParser::parse_parentheses() {
    const std::size_t start = tokens_.position();
    tokens_.expect_symbol("(");
    if (tokens_.is_word("SELECT") || tokens_.is_word("WITH")) {
        ExpressionPtr subquery = make(ExpressionKind::Subquery);
        subquery->subquery = parse_subquery();
        tokens_.expect_symbol(")");
        return finished(std::move(subquery), start);
    }
    const int outside_case = std::exchange(case_depth_, 0);
    ExpressionPtr inside = parse();
    case_depth_ = outside_case;
    if (tokens_.is_symbol(",")) {
        throw Error(tokens_.place(tokens_.peek()),
                    "several values in parentheses stand only after IN; write a = 1 AND b = 2 for "
                    "(a, b) = (1, 2)");
    }
    tokens_.expect_symbol(")");
    return inside;
}

// a, t.a, a.b.c; f(…)
ExpressionPtr ExpressionParser::parse_name_or_call() {
    const std::size_t start = tokens_.position();
    std::vector<Identifier> path;
    path.push_back(tokens_.expect_name("a name"));
    while (tokens_.accept_symbol(".")) path.push_back(tokens_.expect_name("a name"));
    if (tokens_.is_symbol("(")) return parse_call(std::move(path), start);
    ExpressionPtr name = make(ExpressionKind::Name);
    name->path = std::move(path);
    return finished(std::move(name), start);
}

ExpressionPtr ExpressionParser::try_parse_star() {
    const std::size_t start = tokens_.position();
    const bool qualified =
        tokens_.is_name() && tokens_.is_symbol(".", 1) && tokens_.is_symbol("*", 2);
    if (!qualified && !tokens_.is_symbol("*")) return nullptr;
    ExpressionPtr star = make(ExpressionKind::Star);
    if (qualified) {
        star->path.push_back(tokens_.expect_name("a name"));
        tokens_.expect_symbol(".");
    }
    tokens_.expect_symbol("*");
    if (tokens_.is_word("REPLACE")) {
        throw Error(tokens_.place(tokens_.peek()),
                    fmt::format("* {0} is not supported; write * EXCEPT (column), and the column's "
                                "expression with its name as alias",
                                tokens_.text(tokens_.peek())));
    }
    if (tokens_.accept_word("EXCEPT") || tokens_.accept_word("EXCLUDE")) {
        tokens_.expect_symbol("(");
        do star->except.push_back(tokens_.expect_name("a column"));
        while (tokens_.accept_symbol(","));
        tokens_.expect_symbol(")");
    }
    return finished(std::move(star), start);
}

// Looks for `(a, b) ->`, once from each parenthesis and no further than a list of names goes.
bool ExpressionParser::is_lambda_next() const noexcept {
    std::size_t ahead = 1;
    while (tokens_.is_name(ahead) && tokens_.is_symbol(",", ahead + 1)) ahead += 2;
    return tokens_.is_name(ahead) && tokens_.is_symbol(")", ahead + 1) &&
           tokens_.is_symbol("->", ahead + 2);
}

// x -> e; (x, y) -> e
ExpressionPtr ExpressionParser::parse_lambda() {
    const std::size_t start = tokens_.position();
    ExpressionPtr lambda = make(ExpressionKind::Lambda);
    const bool several = tokens_.accept_symbol("(");
    do lambda->names.push_back(tokens_.expect_name("a name"));
    while (several && tokens_.accept_symbol(","));
    if (several) tokens_.expect_symbol(")");
    tokens_.expect_symbol("->");
    lambda->children.push_back(parse());
    return finished(std::move(lambda), start);
}

ExpressionPtr ExpressionParser::parse_case() {
    const Nesting nesting(tokens_);
    const std::size_t start = tokens_.position();
    tokens_.expect_word("CASE");
    ++case_depth_;
    ExpressionPtr choice = make(ExpressionKind::Case);
    choice->has_operand = !tokens_.is_word("WHEN");
    if (choice->has_operand) choice->children.push_back(parse());
    do {
        tokens_.expect_word("WHEN");
        choice->children.push_back(parse());
        tokens_.expect_word("THEN");
        choice->children.push_back(parse());
    } while (tokens_.is_word("WHEN"));
    choice->has_else = tokens_.accept_word("ELSE");
    if (choice->has_else) choice->children.push_back(parse());
    if (!tokens_.accept_word("END")) {
        if (choice->has_else) tokens_.unexpected({"END"});
        tokens_.unexpected({"WHEN", "ELSE", "END"});
    }
    --case_depth_;
    return finished(std::move(choice), start);
}

ExpressionPtr ExpressionParser::parse_cast() {
    const std::size_t start = tokens_.position();
    ExpressionPtr cast = make(ExpressionKind::Cast);
    cast->is_try = tokens_.is_word("TRY_CAST");
    tokens_.take();
    tokens_.expect_symbol("(");
    cast->children.push_back(parse());
    tokens_.expect_word("AS");
    cast->type = parse_type_name(tokens_);
    tokens_.expect_symbol(")");
    return finished(std::move(cast), start);
}

// INTERVAL '5' MINUTE, INTERVAL 5 MINUTES, INTERVAL '5 minutes', INTERVAL 5m, 5m
Duration ExpressionParser::read_interval() {
    const bool announced = tokens_.accept_word("INTERVAL");
    const Token token = tokens_.take();
    const Place place = tokens_.place(token);
    if (token.kind == TokenKind::Duration)
        return value_or_throw(parse_duration(to_lower(tokens_.text(token))), place);
    const std::string number = unquoted(tokens_.text(token));
    if (!tokens_.is(TokenKind::Word) || !is_time_unit(tokens_.text(tokens_.peek()))) {
        if (token.kind == TokenKind::Text) return value_or_throw(interval_text(number), place);
        if (announced) tokens_.unexpected({"a unit of time"});
        throw Error(place, fmt::format("{} has no unit; write it as 5s or INTERVAL '5' SECOND",
                                       tokens_.shown(token)));
    }
    const Token unit = tokens_.take();
    const bool good_unit = interval_of("1", tokens_.text(unit)).has_value();
    const Duration duration = value_or_throw(interval_of(number, tokens_.text(unit)),
                                             good_unit ? place : tokens_.place(unit));
    if (tokens_.is_word("TO")) {
        throw Error(
            tokens_.place(tokens_.peek()),
            "an interval has one unit; write INTERVAL '90' MINUTE for '1:30' HOUR TO MINUTE");
    }
    return duration;
}

ExpressionPtr ExpressionParser::parse_interval() {
    const std::size_t start = tokens_.position();
    return interval(read_interval(), start);
}

ExpressionPtr ExpressionParser::interval(Duration duration, std::size_t start) {
    ExpressionPtr expression = make(ExpressionKind::Interval);
    expression->value = Value{kInterval, std::int64_t{duration.count()}};
    return finished(std::move(expression), start);
}

bool ExpressionParser::is_duration_next() const noexcept {
    if (tokens_.is(TokenKind::Duration)) return true;
    if (tokens_.is(TokenKind::Number))
        return tokens_.is(TokenKind::Word, 1) && is_time_unit(tokens_.text(tokens_.peek(1)));
    if (!tokens_.is_word("INTERVAL")) return false;
    return tokens_.is(TokenKind::Text, 1) || tokens_.is(TokenKind::Number, 1) ||
           tokens_.is(TokenKind::Duration, 1);
}

Duration ExpressionParser::parse_duration_clause(std::string_view what) {
    const Token token = tokens_.peek();
    if (token.kind == TokenKind::Text) {
        throw Error(
            tokens_.place(token),
            fmt::format("{} is a duration without quotes, as in 5m or INTERVAL '5' MINUTE", what));
    }
    if (token.kind != TokenKind::Number && !is_duration_next()) {
        const std::string expected = fmt::format("{}, as in 5m or INTERVAL '5' MINUTE", what);
        tokens_.unexpected({expected});
    }
    const std::size_t start = tokens_.position();
    const Duration duration = read_interval();
    if (duration < Duration::zero()) {
        throw Error(tokens_.place_from(start),
                    fmt::format("{} is not negative; write {}", what, duration_text(-duration)));
    }
    return duration;
}

// TIMESTAMP '…', DATE '…'
ExpressionPtr ExpressionParser::parse_time() {
    const std::size_t start = tokens_.position();
    const auto read = tokens_.is_word("DATE")   ? date_value
                      : tokens_.is_word("TIME") ? time_value
                                                : timestamp_value;
    tokens_.take();
    const Token token = tokens_.take();
    return literal(value_or_throw(read(unquoted(tokens_.text(token))), tokens_.place(token)),
                   start);
}

ExpressionPtr ExpressionParser::parse_array() {
    const std::size_t start = tokens_.position();
    tokens_.expect_word("ARRAY");
    tokens_.expect_symbol("[");
    std::vector<ExpressionPtr> elements;
    if (!tokens_.is_symbol("]")) elements = parse_list();
    tokens_.expect_symbol("]");
    return node(ExpressionKind::Array, start, std::move(elements));
}

// MAP(key, value, …), MAP[key, value, …], MAP(key := value, …)
ExpressionPtr ExpressionParser::parse_map() {
    const std::size_t start = tokens_.position();
    tokens_.expect_word("MAP");
    const std::string_view close = tokens_.is_symbol("[") ? "]" : ")";
    tokens_.take();
    std::vector<ExpressionPtr> entries;
    while (!tokens_.is_symbol(close)) {
        entries.push_back(parse());
        if (!tokens_.accept_symbol(":=") && !tokens_.accept_symbol(",")) {
            if (tokens_.is_symbol(close) && entries.size() % 2 != 0) {
                throw Error(tokens_.place(tokens_.peek()),
                            "the last key of MAP has no value; write MAP(key, value, …)");
            }
            tokens_.unexpected({"','", close});
        }
        entries.push_back(parse());
        if (!tokens_.accept_symbol(",")) break;
    }
    tokens_.expect_symbol(close);
    return node(ExpressionKind::Map, start, std::move(entries));
}

// STRUCT(name := e, …)
ExpressionPtr ExpressionParser::parse_struct() {
    const std::size_t start = tokens_.position();
    tokens_.expect_word("STRUCT");
    tokens_.expect_symbol("(");
    ExpressionPtr fields = make(ExpressionKind::Struct);
    do {
        const bool named = tokens_.is_name() && tokens_.is_symbol(":=", 1);
        if (!named)
            throw Error(tokens_.place(tokens_.peek()),
                        "the fields of STRUCT have names; write STRUCT(name := value, …)");
        fields->names.push_back(tokens_.expect_name("a field name"));
        tokens_.expect_symbol(":=");
        fields->children.push_back(parse());
    } while (tokens_.accept_symbol(","));
    tokens_.expect_symbol(")");
    return finished(std::move(fields), start);
}

}  // namespace velo::engine::sql
