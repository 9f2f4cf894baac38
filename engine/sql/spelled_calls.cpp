// The part of ExpressionParser that reads calls with words between their arguments, as standard SQL spells some of them.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/expression_parser.hpp"

namespace velo::engine::sql {

namespace {

// Their first argument is a unit of time, written as a word.
constexpr std::array<std::string_view, 5> kTakeUnits{"TIMESTAMPADD", "DATEADD", "TIMESTAMPDIFF",
                                                     "DATEDIFF", "DATE_DIFF"};
constexpr std::array<std::string_view, 3> kSides{"LEADING", "TRAILING", "BOTH"};
constexpr std::array<std::string_view, 4> kOrdered{"PERCENTILE_CONT", "PERCENTILE_DISC",
                                                   "APPROX_PERCENTILE", "MODE"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) noexcept {
    for (const std::string_view other : names) {
        if (equals_ignoring_case(name, other)) return true;
    }
    return false;
}

bool is(const Expression& call, std::string_view function) noexcept {
    return equals_ignoring_case(call.path.back().text, function);
}

}  // namespace

// EXTRACT(unit FROM x), TIMESTAMPADD(unit, n, x), POSITION(a IN b), TRIM(LEADING a FROM b). False, taking nothing: the
// arguments are a list.
bool ExpressionParser::try_parse_spelled(Expression& call) {
    const std::size_t start = tokens_.position();
    const auto unit = [&] {
        const Token word = tokens_.take();
        call.children.push_back(literal(Value{kString, to_lower(tokens_.text(word))}, start));
    };
    const bool word_next = tokens_.is(TokenKind::Word);
    if (word_next && tokens_.is_word("FROM", 1) && (is(call, "EXTRACT") || is(call, "DATE_PART"))) {
        unit();
        tokens_.expect_word("FROM");
        call.children.push_back(parse());
        return true;
    }
    if (word_next && tokens_.is_symbol(",", 1) && is_one_of(call.path.back().text, kTakeUnits)) {
        unit();
        parse_more(call);
        return true;
    }
    if (is(call, "POSITION") && !tokens_.is_symbol(")")) {
        const Nesting nesting(
            tokens_);  // parse() would count this level, but takes the IN as its own.
        call.children.push_back(parse_operand());
        if (tokens_.accept_word("IN")) {
            call.children.push_back(parse_operand());
        } else {
            parse_more(call);
        }
        return true;
    }
    const bool sided = is(call, "TRIM") && tokens_.is_word_of(kSides) &&
                       !tokens_.is_symbol(",", 1) && !tokens_.is_symbol(")", 1);
    if (!sided) return false;
    if (tokens_.is_word("LEADING")) call.path.back().text = "LTRIM";
    if (tokens_.is_word("TRAILING")) call.path.back().text = "RTRIM";
    tokens_.take();
    ExpressionPtr characters = tokens_.is_word("FROM") ? nullptr : parse();
    tokens_.expect_word("FROM");
    call.children.push_back(parse());
    if (characters) call.children.push_back(std::move(characters));
    return true;
}

// `, e, e …` after an argument.
void ExpressionParser::parse_more(Expression& call) {
    while (tokens_.accept_symbol(",")) call.children.push_back(parse());
}

// What follows the first argument of SUBSTRING(x FROM a FOR b), TRIM(a FROM b), OVERLAY(x PLACING y FROM a FOR b).
void ExpressionParser::parse_rest_spelled(Expression& call) {
    if (call.children.size() != 1 || call.distinct) return;
    if (is(call, "TRIM") && tokens_.accept_word("FROM")) {
        call.children.insert(call.children.begin(), parse());
        return;
    }
    const bool overlay = is(call, "OVERLAY") && tokens_.accept_word("PLACING");
    if (overlay) call.children.push_back(parse());
    if (!overlay && !is(call, "SUBSTRING")) return;
    if (!tokens_.is_word("FROM")) {
        if (overlay) tokens_.unexpected({"FROM"});
        return;
    }
    tokens_.expect_word("FROM");
    call.children.push_back(parse());
    if (tokens_.accept_word("FOR")) call.children.push_back(parse());
}

// PERCENTILE_CONT(f) WITHIN GROUP (ORDER BY x) is PERCENTILE_CONT(x, f).
void ExpressionParser::parse_within_group(Expression& call) {
    const Place place = tokens_.place(tokens_.peek());
    if (!is_one_of(call.path.back().text, kOrdered)) {
        throw Error(place,
                    fmt::format("WITHIN GROUP is not for {}, whose rows come in the order of "
                                "their event time; leave it out",
                                call.path.back().text));
    }
    tokens_.expect_word("WITHIN");
    tokens_.expect_word("GROUP");
    tokens_.expect_symbol("(");
    tokens_.expect_word("ORDER");
    tokens_.expect_word("BY");
    std::vector<OrderItem> order = parse_order_items();
    if (order.size() > 1 || order.front().descending || order.front().nulls_first) {
        throw Error(
            order.back().expression->place,
            "WITHIN GROUP orders by one value, upwards and without NULLs; write ORDER BY x, "
            "and 1 - f for a fraction from the other end");
    }
    tokens_.expect_symbol(")");
    call.children.insert(call.children.begin(), std::move(order.front().expression));
}

}  // namespace velo::engine::sql
