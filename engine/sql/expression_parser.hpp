// Expressions by precedence, from OR down to names and literals.
#pragma once

#include <memory>
#include <vector>

#include "engine/sql/ast.hpp"
#include "engine/sql/token_reader.hpp"

namespace velo::engine::sql {

/// Reads a whole query inside parentheses; made by the query parser, which knows clauses.
using ParseSubquery = std::unique_ptr<Query> (*)(TokenReader&);

/// Reads expressions from tokens.
/// Precedence, low to high: OR, AND, NOT, comparisons (= <> < <= > >= IS IN BETWEEN LIKE RLIKE …, which do not chain), ||, + -,
///          * / %, unary + -, [ ] and AT TIME ZONE. Operators of one level go left to right.
/// Errors:  throws Error at the first token that does not fit.
/// Invariants: height <= kMaxSqlDepth for every node; long chains of AND, OR and ||, which may be grouped in any way,
///          are built as balanced trees to stay under it.
class ExpressionParser {
public:
    ExpressionParser(TokenReader& tokens, ParseSubquery subquery)
        : tokens_(tokens), parse_subquery_(subquery) {}

    [[nodiscard]] ExpressionPtr parse();

    /// `e, e, …`
    [[nodiscard]] std::vector<ExpressionPtr> parse_list();
    /// After ORDER BY: `e [ASC | DESC] [NULLS FIRST | NULLS LAST], …`
    [[nodiscard]] std::vector<OrderItem> parse_order_items();
    /// `*` or `t.*`, with EXCEPT (…); null pointer, taking nothing, when the next tokens are something else.
    [[nodiscard]] ExpressionPtr try_parse_star();
    /// 5m, INTERVAL '5' MINUTE or 5 MINUTES; not negative. `what` says what it is for in messages.
    [[nodiscard]] Duration parse_duration_clause(std::string_view what);
    /// A whole number that is not negative. `what` says what it counts in messages.
    [[nodiscard]] std::int64_t parse_count(std::string_view what);
    /// Whether the next token begins a duration, not a name.
    [[nodiscard]] bool is_duration_next() const noexcept;
    /// Whether the next token, a word, belongs to the query around the expression and cannot be a name.
    [[nodiscard]] bool is_reserved_next() const noexcept;

private:
    ExpressionPtr parse_operators(int least_level);
    ExpressionPtr parse_not();
    ExpressionPtr parse_chain(ExpressionPtr first, std::size_t start, Operator op, int level);
    ExpressionPtr join_operands(std::vector<ExpressionPtr>& operands,
                                std::span<const std::size_t> starts,
                                std::span<const std::size_t> ends, Operator op);
    /// What stands beside a comparison.
    ExpressionPtr parse_operand();

    // What follows a value (predicate_parser.cpp).
    [[nodiscard]] bool is_predicate_next() const noexcept;
    ExpressionPtr parse_predicate(ExpressionPtr left, std::size_t start);
    ExpressionPtr parse_is(ExpressionPtr left, std::size_t start);
    ExpressionPtr parse_in(ExpressionPtr left, std::size_t start, bool negated);
    ExpressionPtr parse_between(ExpressionPtr left, std::size_t start, bool negated);
    ExpressionPtr parse_like(ExpressionPtr left, std::size_t start, bool negated);
    ExpressionPtr parse_regex(ExpressionPtr left, std::size_t start, bool negated);
    ExpressionPtr parse_at_time_zone(ExpressionPtr time, std::size_t start);
    ExpressionPtr distinct_from(std::vector<ExpressionPtr> pair, bool negated, std::size_t start);
    ExpressionPtr negated_if(bool negated, ExpressionPtr condition, std::size_t start);
    ExpressionPtr called(std::string_view function, std::vector<ExpressionPtr> args,
                         std::size_t start);

    ExpressionPtr parse_unary();
    ExpressionPtr parse_postfix();

    // What operators combine (primary_parser.cpp).
    ExpressionPtr parse_primary();
    ExpressionPtr try_parse_keyword(std::size_t start);
    ExpressionPtr parse_number(bool negative, std::size_t start);
    ExpressionPtr parse_parentheses();
    ExpressionPtr parse_name_or_call();
    ExpressionPtr parse_lambda();
    ExpressionPtr parse_case();
    ExpressionPtr parse_cast();
    ExpressionPtr parse_interval();
    ExpressionPtr parse_time();
    ExpressionPtr parse_map();
    ExpressionPtr parse_array();
    ExpressionPtr parse_struct();

    // Calls (call_parser.cpp).
    ExpressionPtr parse_call(std::vector<Identifier> path, std::size_t start);
    void parse_arguments(Expression& call);
    void parse_filter(Expression& call);
    [[noreturn]] void refuse_in_call();
    void refuse_nulls();
    std::unique_ptr<Over> parse_over();
    void parse_buffer(Over& over);
    void parse_frame(Over& over);
    FrameBound parse_frame_bound();
    ExpressionPtr parse_frame_offset();

    // Calls with words between their arguments (spelled_calls.cpp).
    bool try_parse_spelled(Expression& call);
    void parse_rest_spelled(Expression& call);
    void parse_within_group(Expression& call);
    void parse_more(Expression& call);

    [[nodiscard]] bool is_lambda_next() const noexcept;
    [[noreturn]] void expected_expression();
    std::unique_ptr<Query> parse_subquery();
    Duration read_interval();
    ExpressionPtr interval(Duration duration, std::size_t start);
    ExpressionPtr literal(Value value, std::size_t start);
    ExpressionPtr node(ExpressionKind kind, std::size_t start, std::vector<ExpressionPtr> children);
    /// Sets place and height now that all parts of the node are there.
    ExpressionPtr finished(ExpressionPtr expression, std::size_t start);

    TokenReader& tokens_;
    ParseSubquery parse_subquery_;
    int case_depth_ = 0;  // Inside CASE, its words end expressions.
};

}  // namespace velo::engine::sql
