#include "engine/sql/expression_parser.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/literal.hpp"
#include "engine/sql/type_parser.hpp"

namespace velo::engine::sql {

namespace {

// How tightly operators bind; higher is tighter.
constexpr int kOr = 0;
constexpr int kAnd = 1;
constexpr int kNot = 2;
constexpr int kComparison = 3;
constexpr int kConcat = 4;
constexpr int kAdd = 5;
constexpr int kMultiply = 6;
constexpr int kUnary = 7;

struct BinaryOperator {
    std::string_view text;
    Operator op;
    int level;
};
constexpr std::array kBinaryOperators{
    BinaryOperator{"OR", Operator::Or, kOr},
    BinaryOperator{"AND", Operator::And, kAnd},
    BinaryOperator{"=", Operator::Equal, kComparison},
    BinaryOperator{"<>", Operator::NotEqual, kComparison},
    BinaryOperator{"!=", Operator::NotEqual, kComparison},
    BinaryOperator{"<", Operator::Less, kComparison},
    BinaryOperator{"<=", Operator::LessEqual, kComparison},
    BinaryOperator{">", Operator::Greater, kComparison},
    BinaryOperator{">=", Operator::GreaterEqual, kComparison},
    BinaryOperator{"||", Operator::Concat, kConcat},
    BinaryOperator{"+", Operator::Add, kAdd},
    BinaryOperator{"-", Operator::Subtract, kAdd},
    BinaryOperator{"*", Operator::Multiply, kMultiply},
    BinaryOperator{"/", Operator::Divide, kMultiply},
    BinaryOperator{"%", Operator::Modulo, kMultiply},
};

// Words that end an expression or a list of items, so that a name of that kind needs its quotes.
constexpr std::array<std::string_view, 18> kReserved{
    "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION",   "JOIN",
    "ON",     "AND",  "OR",    "NOT",   "IN",     "IS",    "LIKE",  "BETWEEN", "AS"};
constexpr std::array<std::string_view, 4> kReservedInCase{"WHEN", "THEN", "ELSE", "END"};
constexpr std::array<std::string_view, 4> kWindowKinds{"TUMBLING", "HOPPING", "SLIDING", "SESSION"};
constexpr std::array<std::string_view, 2> kEmitKinds{"CHANGES", "FINAL"};
constexpr std::array<std::string_view, 3> kQuantifiers{"ANY", "SOME", "ALL"};

constexpr std::size_t kLongChain = 32;  // Shorter ones keep the shape in which they are written.

const BinaryOperator* operator_at(const TokenReader& tokens) noexcept {
    for (const BinaryOperator& candidate : kBinaryOperators) {
        const bool is_word = candidate.text[0] >= 'A' && candidate.text[0] <= 'Z';
        if (is_word ? tokens.is_word(candidate.text) : tokens.is_symbol(candidate.text))
            return &candidate;
    }
    return nullptr;
}

constexpr bool may_be_regrouped(Operator op) noexcept {
    return op == Operator::Or || op == Operator::And || op == Operator::Concat;
}

ExpressionPtr make(ExpressionKind kind) {
    auto expression = std::make_unique<Expression>();
    expression->kind = kind;
    return expression;
}

int tallest_of(const std::vector<ExpressionPtr>& expressions) noexcept {
    int height = 0;
    for (const ExpressionPtr& expression : expressions)
        height = std::max(height, expression ? expression->height : 0);
    return height;
}

int height_of(const Over& over) noexcept {
    int height = tallest_of(over.partition_by);
    for (const OrderItem& item : over.order_by) height = std::max(height, item.expression->height);
    for (const auto* bound : {&over.from, &over.to}) {
        if (*bound && (*bound)->offset) height = std::max(height, (*bound)->offset->height);
    }
    return height;
}

}  // namespace

ExpressionPtr ExpressionParser::parse() {
    const Nesting nesting(tokens_);
    return parse_operators(kOr);
}

std::vector<ExpressionPtr> ExpressionParser::parse_list() {
    std::vector<ExpressionPtr> list;
    do list.push_back(parse());
    while (tokens_.accept_symbol(","));
    return list;
}

std::vector<OrderItem> ExpressionParser::parse_order_items() {
    std::vector<OrderItem> items;
    do {
        OrderItem& item = items.emplace_back();
        item.expression = parse();
        item.descending = tokens_.accept_word("DESC");
        if (!item.descending) tokens_.accept_word("ASC");
        if (!tokens_.accept_word("NULLS")) continue;
        item.nulls_first = tokens_.accept_word("FIRST");
        if (!*item.nulls_first && !tokens_.accept_word("LAST"))
            tokens_.unexpected({"FIRST", "LAST"});
    } while (tokens_.accept_symbol(","));
    return items;
}

ExpressionPtr ExpressionParser::parse_operators(int least_level) {
    const std::size_t start = tokens_.position();
    int most_level = kUnary;  // What was read last binds its left side no tighter than this.
    ExpressionPtr left;
    if (least_level <= kNot && tokens_.is_word("NOT")) {
        left = parse_not();
        most_level = kNot;
    } else {
        left = parse_unary();
    }
    while (true) {
        const BinaryOperator* op = operator_at(tokens_);
        const bool predicate = op == nullptr && is_predicate_next();
        if (op == nullptr && !predicate) return left;
        const int level = predicate ? kComparison : op->level;
        if (level < least_level || level > most_level) return left;
        if (level == kComparison && most_level == kComparison) {
            throw Error(tokens_.place(tokens_.peek()),
                        "comparisons do not chain; write a < b AND b < c, or use parentheses");
        }
        most_level = level;
        if (predicate) {
            left = parse_predicate(std::move(left), start);
            continue;
        }
        if (may_be_regrouped(op->op)) {
            left = parse_chain(std::move(left), start, op->op, op->level);
            continue;
        }
        tokens_.take();
        if (op->level == kComparison && tokens_.is_word_of(kQuantifiers) &&
            tokens_.is_symbol("(", 1)) {
            throw Error(tokens_.place(tokens_.peek()),
                        "ANY, SOME and ALL are not supported; use IN (SELECT …), or compare with "
                        "MIN or MAX");
        }
        std::vector<ExpressionPtr> operands;
        operands.push_back(std::move(left));
        operands.push_back(parse_operators(op->level + 1));
        left = make(ExpressionKind::Binary);
        left->op = op->op;
        left->children = std::move(operands);
        left = finished(std::move(left), start);
    }
}

ExpressionPtr ExpressionParser::parse_not() {
    const Nesting nesting(tokens_);
    const std::size_t start = tokens_.position();
    tokens_.expect_word("NOT");
    ExpressionPtr negation = make(ExpressionKind::Unary);
    negation->op = Operator::Not;
    negation->children.push_back(parse_operators(kNot));
    return finished(std::move(negation), start);
}

// `first op e op e …`, all of one operator that may be regrouped.
ExpressionPtr ExpressionParser::parse_chain(ExpressionPtr first, std::size_t start, Operator op,
                                            int level) {
    std::vector<ExpressionPtr> operands;
    std::vector<std::size_t> starts{start};
    std::vector<std::size_t> ends{tokens_.position()};
    operands.push_back(std::move(first));
    for (const BinaryOperator* next = operator_at(tokens_); next != nullptr && next->op == op;
         next = operator_at(tokens_)) {
        tokens_.take();
        starts.push_back(tokens_.position());
        operands.push_back(parse_operators(level + 1));
        ends.push_back(tokens_.position());
    }
    return join_operands(operands, starts, ends, op);
}

// Short chains lean to the left as they are written; long ones are split in the middle again and again.
ExpressionPtr ExpressionParser::join_operands(std::vector<ExpressionPtr>& operands,
                                              std::span<const std::size_t> starts,
                                              std::span<const std::size_t> ends, Operator op) {
    const auto pair = [&](ExpressionPtr left, ExpressionPtr right, std::size_t from,
                          std::size_t to) {
        ExpressionPtr both = make(ExpressionKind::Binary);
        both->op = op;
        both->place = tokens_.place_between(starts[from], ends[to]);
        both->height = 1 + std::max(left->height, right->height);
        tokens_.note_height(both->height, both->place);
        both->children.push_back(std::move(left));
        both->children.push_back(std::move(right));
        return both;
    };
    const auto join = [&](const auto& self, std::size_t from, std::size_t to) -> ExpressionPtr {
        if (to - from <= kLongChain) {
            ExpressionPtr left = std::move(operands[from]);
            for (std::size_t i = from + 1; i < to; ++i)
                left = pair(std::move(left), std::move(operands[i]), from, i);
            return left;
        }
        const std::size_t middle = from + (to - from) / 2;
        ExpressionPtr left = self(self, from, middle);
        return pair(std::move(left), self(self, middle, to), from, to - 1);
    };
    return join(join, 0, operands.size());
}

ExpressionPtr ExpressionParser::parse_operand() { return parse_operators(kConcat); }

ExpressionPtr ExpressionParser::parse_unary() {
    const bool negate = tokens_.is_symbol("-");
    if (!negate && !tokens_.is_symbol("+")) return parse_postfix();
    const Nesting nesting(tokens_);
    const std::size_t start = tokens_.position();
    tokens_.take();
    // -9223372036854775808 is a BIGINT, which its digits alone are not.
    if (negate && tokens_.is(TokenKind::Number) && !tokens_.is_symbol("[", 1))
        return parse_number(true, start);
    ExpressionPtr unary = make(ExpressionKind::Unary);
    unary->op = negate ? Operator::Negate : Operator::Plus;
    unary->children.push_back(parse_unary());
    return finished(std::move(unary), start);
}

ExpressionPtr ExpressionParser::parse_postfix() {
    const std::size_t start = tokens_.position();
    ExpressionPtr value = parse_primary();
    while (true) {
        if (tokens_.accept_symbol("[")) {
            ExpressionPtr element = make(ExpressionKind::Subscript);
            element->children.push_back(std::move(value));
            element->children.push_back(parse());
            tokens_.expect_symbol("]");
            value = finished(std::move(element), start);
        } else if (tokens_.is_symbol(".") && tokens_.is_name(1)) {
            tokens_.take();
            ExpressionPtr field = make(ExpressionKind::Field);
            field->children.push_back(std::move(value));
            field->names.push_back(tokens_.expect_name("a field name"));
            value = finished(std::move(field), start);
        } else if (tokens_.is_word("AT") && tokens_.is_word("TIME", 1) &&
                   tokens_.is_word("ZONE", 2)) {
            value = parse_at_time_zone(std::move(value), start);
        } else {
            break;
        }
    }
    return value;
}

std::unique_ptr<Query> ExpressionParser::parse_subquery() {
    const int outside_case = std::exchange(case_depth_, 0);
    std::unique_ptr<Query> query = parse_subquery_(tokens_);
    case_depth_ = outside_case;
    return query;
}

ExpressionPtr ExpressionParser::literal(Value value, std::size_t start) {
    ExpressionPtr expression = make(ExpressionKind::Literal);
    expression->value = std::move(value);
    return finished(std::move(expression), start);
}

ExpressionPtr ExpressionParser::node(ExpressionKind kind, std::size_t start,
                                     std::vector<ExpressionPtr> children) {
    ExpressionPtr expression = make(kind);
    expression->children = std::move(children);
    return finished(std::move(expression), start);
}

ExpressionPtr ExpressionParser::finished(ExpressionPtr expression, std::size_t start) {
    int below = tallest_of(expression->children);
    if (expression->filter) below = std::max(below, expression->filter->height);
    if (expression->over) below = std::max(below, height_of(*expression->over));
    if (expression->subquery) below = std::max(below, expression->subquery->height);
    expression->place = tokens_.place_from(start);
    expression->height = below + 1;
    tokens_.note_height(expression->height, expression->place);
    return expression;
}

bool ExpressionParser::is_reserved_next() const noexcept {
    if (tokens_.is_word_of(kReserved)) return true;
    if (tokens_.is_word("WINDOW")) return tokens_.is_word_of(kWindowKinds, 1);
    if (tokens_.is_word("EMIT")) return tokens_.is_word_of(kEmitKinds, 1);
    return case_depth_ > 0 && tokens_.is_word_of(kReservedInCase);
}

void ExpressionParser::expected_expression() {
    const Token& token = tokens_.peek();
    if (token.kind == TokenKind::Word && is_reserved_next()) {
        throw Error(
            tokens_.place(token),
            fmt::format(
                "unexpected {0}; expected an expression (a column of that name is written \"{1}\")",
                tokens_.shown(token), tokens_.text(token)));
    }
    tokens_.unexpected({"an expression"});
}

}  // namespace velo::engine::sql
