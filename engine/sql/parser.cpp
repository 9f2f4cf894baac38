#include "engine/sql/parser.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/expression_parser.hpp"
#include "engine/sql/refused_forms.hpp"
#include "engine/sql/token_reader.hpp"
#include "engine/sql/window_parser.hpp"

namespace velo::engine::sql {

namespace {

// Words that begin the next clause, so that they are no aliases without AS.
constexpr std::array<std::string_view, 29> kNotAliases{
    "FROM",  "WHERE", "GROUP", "WINDOW", "HAVING", "ORDER",   "LIMIT",  "EMIT",   "UNION", "JOIN",
    "INNER", "LEFT",  "RIGHT", "FULL",   "CROSS",  "NATURAL", "ON",     "WITHIN", "AS",    "AND",
    "OR",    "NOT",   "IN",    "IS",     "LIKE",   "BETWEEN", "SELECT", "OVER",   "FILTER"};

/// Reads the clauses of a query.
class QueryParser {
public:
    explicit QueryParser(TokenReader& tokens);

    /// [WITH …] select [UNION ALL select …]
    Query parse();

private:
    // What ends a clause: each may stand once.
    struct Seen {
        bool where = false, group_by = false, window = false, having = false, order_by = false,
             limit = false, emit = false;
        std::string_view last = "FROM";  // The clause before, for messages.
    };

    void parse_with(Query& query);
    Select parse_select();
    void parse_items(Select& select);
    SelectItem parse_item();
    void refuse_before_from();
    std::optional<Identifier> parse_alias();
    Source parse_source();
    bool try_parse_join(Select& select);
    [[nodiscard]] bool is_unnest_next() const;
    Unnest parse_unnest(std::size_t start);
    void parse_unnest_condition();
    bool try_parse_clause(Select& select, Seen& seen);
    void begin_clause(bool& seen, std::string_view name, Seen& all);
    void parse_where(Select& select, Seen& seen);
    void parse_group_by(Select& select);
    Emit parse_emit();
    Duration parse_every();
    [[noreturn]] void refuse_here(std::string_view text) const;
    [[noreturn]] void expected_clause(const Select& select, const Seen& seen);

    TokenReader& tokens_;
    ExpressionParser expressions_;
    WindowParser windows_;
};

// A query in parentheses, up to the closing one.
std::unique_ptr<Query> parse_nested_query(TokenReader& tokens) {
    const Nesting nesting(tokens);
    const int outside = tokens.tallest();
    tokens.set_tallest(0);
    auto query = std::make_unique<Query>(QueryParser(tokens).parse());
    if (!tokens.is_symbol(")")) tokens.unexpected({"')'"});
    query->height = tokens.tallest() + 1;
    tokens.set_tallest(outside);
    tokens.note_height(query->height, tokens.place(tokens.peek()));
    return query;
}

QueryParser::QueryParser(TokenReader& tokens)
    : tokens_(tokens), expressions_(tokens, &parse_nested_query), windows_(tokens, expressions_) {}

Query QueryParser::parse() {
    Query query;
    if (tokens_.is_word("WITH")) parse_with(query);
    query.selects.push_back(parse_select());
    while (tokens_.is_word("UNION")) {
        query.unions.push_back(tokens_.place(tokens_.take()));
        if (!tokens_.accept_word("ALL")) {
            throw Error(
                query.unions.back(),
                "UNION would have to remember every row to tell duplicates; write UNION ALL");
        }
        query.selects.push_back(parse_select());
    }
    return query;
}

void QueryParser::parse_with(Query& query) {
    tokens_.expect_word("WITH");
    if (tokens_.is_word("RECURSIVE")) {
        refuse_here("WITH RECURSIVE is not supported; write WITH name AS (SELECT …)");
    }
    do {
        Query::Named& named = query.with.emplace_back();
        named.name = tokens_.expect_name("the name of a query");
        tokens_.expect_word("AS");
        tokens_.expect_symbol("(");
        named.query = parse_nested_query(tokens_);
        tokens_.expect_symbol(")");
    } while (tokens_.accept_symbol(","));
}

Select QueryParser::parse_select() {
    Select select;
    const std::size_t start = tokens_.position();
    tokens_.expect_word("SELECT");
    parse_items(select);
    refuse_before_from();
    tokens_.expect_word("FROM");
    Seen seen;
    if (windows_.is_table_next()) {
        seen.window = true;
        select.window = windows_.parse_table(select.from);
        select.from.alias = parse_alias();
    } else {
        select.from = parse_source();
    }
    while (try_parse_join(select)) {
    }
    while (try_parse_clause(select, seen)) {
    }
    select.place = tokens_.place_from(start);
    const bool ends = tokens_.is(TokenKind::End) || tokens_.is_symbol(")") ||
                      tokens_.is_symbol(";") || tokens_.is_word("UNION");
    if (!ends) expected_clause(select, seen);
    return select;
}

void QueryParser::parse_items(Select& select) {
    if (tokens_.is_word("DISTINCT") && !tokens_.is_symbol(",", 1)) {
        select.distinct = true;
        select.distinct_place = tokens_.place(tokens_.take());
    }
    do select.items.push_back(parse_item());
    while (tokens_.accept_symbol(","));
}

SelectItem QueryParser::parse_item() {
    SelectItem item;
    item.expression = expressions_.try_parse_star();
    if (item.expression) return item;
    item.expression = expressions_.parse();
    item.alias = parse_alias();
    return item;
}

// `FROM` has to follow, or a comma. Says so where a clause has got in front of it.
void QueryParser::refuse_before_from() {
    if (tokens_.is_word("FROM")) return;
    static constexpr std::array<std::string_view, 7> kLater{"WHERE", "GROUP", "WINDOW", "HAVING",
                                                            "ORDER", "LIMIT", "EMIT"};
    if (tokens_.is_word_of(kLater)) {
        const std::string word = to_lower(tokens_.text(tokens_.peek()));
        throw Error(
            tokens_.place(tokens_.peek()),
            fmt::format(
                "'{}' stands before FROM; write SELECT …, then FROM, then the other clauses",
                word));
    }
    tokens_.unexpected({"','", "FROM"});
}

// [AS] alias
std::optional<Identifier> QueryParser::parse_alias() {
    if (tokens_.accept_word("AS")) {
        if (expressions_.is_reserved_next()) {
            throw Error(
                tokens_.place(tokens_.peek()),
                fmt::format(
                    "unexpected {0}; expected an alias (one of that name is written \"{1}\")",
                    tokens_.shown(tokens_.peek()), tokens_.text(tokens_.peek())));
        }
        return tokens_.expect_name("an alias");
    }
    if (!tokens_.is_name() || tokens_.is_word_of(kNotAliases)) return std::nullopt;
    const bool may_be_misspelled = tokens_.is(TokenKind::Word);
    Identifier alias = tokens_.expect_name("an alias");
    if (may_be_misspelled) tokens_.doubt_last();
    return alias;
}

// name [[AS] alias] or (query) [AS] alias
Source QueryParser::parse_source() {
    Source source;
    const Token token = tokens_.peek();
    if (token.kind == TokenKind::Text) {
        throw Error(tokens_.place(token),
                    "a source is a name; write the topic or path under 'sources' of the job file");
    }
    if (tokens_.accept_symbol("(")) {
        source.subquery = parse_nested_query(tokens_);
        tokens_.expect_symbol(")");
    } else if (expressions_.is_reserved_next()) {
        tokens_.unexpected({"the name of a source"});
    } else {
        source.name = tokens_.expect_name("the name of a source");
    }
    if (tokens_.is_symbol(".")) {
        refuse_here(
            "the name of a source has no dot; give the topic a name under 'sources' of the job "
            "file");
    }
    if (tokens_.is_symbol("(") && !source.subquery) {
        throw Error(source.name.place,
                    "a function makes no source here; windows are a clause after GROUP BY: WINDOW "
                    "TUMBLING (time, 1m)");
    }
    source.alias = parse_alias();
    return source;
}

// [LATERAL] UNNEST (
bool QueryParser::is_unnest_next() const {
    const std::size_t word = tokens_.is_word("LATERAL") ? 1 : 0;
    return tokens_.is_word("UNNEST", word) && tokens_.is_symbol("(", word + 1);
}

// [LATERAL] UNNEST(array) [WITH ORDINALITY] [[AS] alias [(name, …)]]
Unnest QueryParser::parse_unnest(std::size_t start) {
    Unnest unnest;
    tokens_.accept_word("LATERAL");
    tokens_.expect_word("UNNEST");
    tokens_.expect_symbol("(");
    unnest.array = expressions_.parse();
    if (tokens_.is_symbol(",")) {
        refuse_here(
            "UNNEST takes one array; write an UNNEST for each, or TRANSFORM(a, (x, n) -> STRUCT(a "
            ":= x, b := b[n])) to go through several side by side");
    }
    tokens_.expect_symbol(")");
    if (tokens_.accept_word("WITH")) {
        tokens_.expect_word("ORDINALITY");
        unnest.ordinality = true;
    }
    unnest.alias = parse_alias();
    if (unnest.alias && tokens_.accept_symbol("(")) {
        do unnest.names.push_back(tokens_.expect_name("the name of a column"));
        while (tokens_.accept_symbol(","));
        tokens_.expect_symbol(")");
    }
    unnest.place = tokens_.place_from(start);
    return unnest;
}

// ON TRUE: elements belong to their row and to no other.
void QueryParser::parse_unnest_condition() {
    tokens_.expect_word("ON");
    if (!tokens_.is_word("TRUE"))
        refuse_here("a row joins its own elements; write ON TRUE, and the condition after WHERE");
    tokens_.take();
}

bool QueryParser::try_parse_join(Select& select) {
    static constexpr std::array<std::pair<std::string_view, Join::Kind>, 3> kKinds{
        {{"LEFT", Join::Kind::Left}, {"RIGHT", Join::Kind::Right}, {"FULL", Join::Kind::Full}}};
    const std::size_t start = tokens_.position();
    if (tokens_.accept_symbol(",")) {
        if (!is_unnest_next())
            throw Error(tokens_.place_from(start),
                        "a query with several sources joins them; write FROM a JOIN b ON a.id = "
                        "b.id");
        select.unnests.push_back(parse_unnest(start));
        return true;
    }
    if (tokens_.is_word("CROSS")) {
        const Place place = tokens_.place(tokens_.take());
        const bool unnests = tokens_.accept_word("JOIN") && is_unnest_next();
        if (!unnests) throw Error(place, std::string(refused_clause("CROSS")));
        select.unnests.push_back(parse_unnest(start));
        return true;
    }
    Join join;
    bool outer = false;
    for (const auto& [word, kind] : kKinds) {
        if (!tokens_.accept_word(word)) continue;
        join.kind = kind;
        outer = true;
        tokens_.accept_word("OUTER");
        break;
    }
    const bool inner = !outer && tokens_.accept_word("INNER");
    if (!outer && !inner && !tokens_.is_word("JOIN")) return false;
    tokens_.expect_word("JOIN");
    if (is_unnest_next()) {
        if (join.kind == Join::Kind::Right || join.kind == Join::Kind::Full)
            refuse_here(
                "elements do not exist without their row; write LEFT JOIN UNNEST(…) ON TRUE");
        Unnest& unnest = select.unnests.emplace_back(parse_unnest(start));
        unnest.left = join.kind == Join::Kind::Left;
        parse_unnest_condition();
        return true;
    }
    join.source = parse_source();
    if (tokens_.accept_word("WITHIN")) {
        if (tokens_.is_symbol("(")) {
            refuse_here("WITHIN takes one duration, which holds before and after; write WITHIN 5m");
        }
        join.within = expressions_.parse_duration_clause("the time of WITHIN");
    }
    if (!tokens_.is_word("ON")) {
        if (join.within) tokens_.unexpected({"ON"});
        tokens_.unexpected({"WITHIN", "ON"});
    }
    tokens_.expect_word("ON");
    join.on = expressions_.parse();
    join.place = tokens_.place_from(start);
    select.joins.push_back(std::move(join));
    return true;
}

// One clause after FROM and its joins. GROUP BY, WINDOW, HAVING, ORDER BY, LIMIT and EMIT come in any order.
bool QueryParser::try_parse_clause(Select& select, Seen& seen) {
    const Token word = tokens_.peek();
    const auto accept = [&](std::string_view first, std::string_view second, bool& clause,
                            std::string_view name) {
        if (!tokens_.is_word(first)) return false;
        begin_clause(clause, name, seen);
        tokens_.take();
        if (!second.empty()) tokens_.expect_word(second);
        return true;
    };
    if (tokens_.is_word("WHERE")) {
        parse_where(select, seen);
    } else if (accept("GROUP", "BY", seen.group_by, "GROUP BY")) {
        select.group_by_place = tokens_.place(word);
        parse_group_by(select);
    } else if (accept("WINDOW", "", seen.window, "WINDOW")) {
        select.window = windows_.parse_clause();
    } else if (accept("HAVING", "", seen.having, "HAVING")) {
        select.having_place = tokens_.place(word);
        select.having = expressions_.parse();
    } else if (accept("ORDER", "BY", seen.order_by, "ORDER BY")) {
        select.order_by_place = tokens_.place(word);
        select.order_by = expressions_.parse_order_items();
    } else if (accept("LIMIT", "", seen.limit, "LIMIT")) {
        select.limit_place = tokens_.place(word);
        select.limit = expressions_.parse_count("the number of rows of LIMIT");
    } else if (accept("EMIT", "", seen.emit, "EMIT")) {
        select.emit = parse_emit();
    } else {
        return false;
    }
    return true;
}

void QueryParser::begin_clause(bool& seen, std::string_view name, Seen& all) {
    if (seen)
        throw Error(tokens_.place(tokens_.peek()),
                    fmt::format("{} is written twice; write it once", name));
    seen = true;
    all.last = name;
}

void QueryParser::parse_where(Select& select, Seen& seen) {
    if (seen.last != "FROM" && !seen.where) {
        throw Error(tokens_.place(tokens_.peek()),
                    fmt::format("WHERE stands after {}; write it right after FROM", seen.last));
    }
    begin_clause(seen.where, "WHERE", seen);
    tokens_.expect_word("WHERE");
    select.where = expressions_.parse();
}

void QueryParser::parse_group_by(Select& select) {
    const bool several = tokens_.is_word("ROLLUP") || tokens_.is_word("CUBE");
    if ((several && tokens_.is_symbol("(", 1)) ||
        (tokens_.is_word("GROUPING") && tokens_.is_word("SETS", 1))) {
        refuse_here(refused_clause(tokens_.text(tokens_.peek())));
    }
    select.group_by = expressions_.parse_list();
}

// Behind EMIT: CHANGES [EVERY d] or FINAL [EARLY EVERY d] [ALLOWED LATENESS d]
Emit QueryParser::parse_emit() {
    const std::size_t start = tokens_.position() - 1;
    Emit emit;
    if (tokens_.accept_word("FINAL")) {
        emit.kind = Emit::Kind::Final;
        if (tokens_.is_word("EVERY"))
            refuse_here(
                "EMIT FINAL EVERY would not be final; write EMIT CHANGES EVERY, or EMIT FINAL "
                "EARLY EVERY");
        if (tokens_.accept_word("EARLY")) emit.every = parse_every();
        if (tokens_.accept_word("ALLOWED")) {
            tokens_.expect_word("LATENESS");
            emit.allowed_lateness = expressions_.parse_duration_clause("the time of LATENESS");
        }
    } else if (tokens_.accept_word("CHANGES")) {
        if (tokens_.is_word("EVERY")) emit.every = parse_every();
        if (tokens_.is_word("ALLOWED")) {
            refuse_here(
                "ALLOWED LATENESS corrects final answers; write EMIT FINAL ALLOWED LATENESS 5m");
        }
    } else {
        if (tokens_.is_word("EVERY"))
            refuse_here("EMIT says what it writes first; write EMIT CHANGES EVERY …");
        if (tokens_.is_word("ON") || tokens_.is_word("AFTER")) {
            refuse_here(
                "this EMIT is not supported; write EMIT FINAL for answers when a window closes, or "
                "EMIT CHANGES");
        }
        tokens_.unexpected({"CHANGES", "FINAL"});
    }
    emit.place = tokens_.place_from(start);
    return emit;
}

// EVERY d
Duration QueryParser::parse_every() {
    tokens_.expect_word("EVERY");
    const bool counts_rows =
        tokens_.is(TokenKind::Number) && (tokens_.is_word("ROWS", 1) || tokens_.is_word("ROW", 1));
    if (counts_rows) refuse_here("EVERY counts time, not rows; write EMIT CHANGES EVERY 1s");
    return expressions_.parse_duration_clause("the time of EVERY");
}

void QueryParser::refuse_here(std::string_view text) const {
    throw Error(tokens_.place(tokens_.peek()), std::string(text));
}

void QueryParser::expected_clause(const Select& select, const Seen& seen) {
    std::vector<std::string_view> expected;
    if (seen.last == "FROM") {
        if (!select.from.alias && select.joins.empty()) expected.push_back("an alias");
        expected.push_back("JOIN");
        expected.push_back("WHERE");
    }
    if (!seen.group_by) expected.push_back("GROUP BY");
    if (!seen.window) expected.push_back("WINDOW");
    if (!seen.having) expected.push_back("HAVING");
    if (!seen.order_by) expected.push_back("ORDER BY");
    if (!seen.limit) expected.push_back("LIMIT");
    if (!seen.emit) expected.push_back("EMIT");
    expected.push_back("UNION ALL");
    expected.push_back("the end");
    const bool is_join = tokens_.is_word("JOIN") || tokens_.is_word("LEFT") ||
                         tokens_.is_word("INNER") || tokens_.is_word("RIGHT") ||
                         tokens_.is_word("FULL");
    if (is_join)
        throw Error(tokens_.place(tokens_.peek()),
                    fmt::format("JOIN stands after {}; write it right after FROM", seen.last));
    tokens_.unexpected(expected);
}

// CREATE STREAM name AS query ; (or VIEW): a named query for what follows, as WITH is.
Query::Named parse_statement(TokenReader& tokens) {
    const Place place = tokens.place(tokens.peek());
    const bool names_query = tokens.is_word("STREAM", 1) || tokens.is_word("VIEW", 1);
    if (!names_query) throw Error(place, std::string(refused_statement("CREATE")));
    tokens.expect_word("CREATE");
    tokens.take();
    Query::Named named;
    named.is_statement = true;
    named.name = tokens.expect_name("the name of a query");
    if (tokens.is_symbol("(") || tokens.is_word("WITH"))
        throw Error(tokens.place(tokens.peek()),
                    "sources are declared under 'sources' of the job file; CREATE STREAM name AS "
                    "SELECT … names a query for the SELECT after it");
    tokens.expect_word("AS");
    tokens.set_tallest(0);
    named.query = std::make_unique<Query>(QueryParser(tokens).parse());
    named.query->height = tokens.tallest() + 1;
    tokens.note_height(named.query->height, named.name.place);
    if (!tokens.accept_symbol(";")) tokens.unexpected({"';' and the SELECT that reads it"});
    if (tokens.is(TokenKind::End))
        throw Error(named.name.place,
                    "the last statement of a job is the SELECT whose answers go to the sink; write "
                    "it after this one");
    return named;
}

void refuse_statement(const TokenReader& tokens) {
    const Token& token = tokens.peek();
    if (token.kind != TokenKind::Word || tokens.is_word("SELECT") || tokens.is_word("WITH")) return;
    const std::string_view reason = refused_statement(tokens.text(token));
    if (!reason.empty()) throw Error(tokens.place(token), std::string(reason));
}

}  // namespace

Query parse_query(std::string_view text) {
    TokenReader tokens(text);
    if (tokens.is(TokenKind::End))
        throw Error({{}, 1, 1, 1}, "the query is empty; write SELECT … FROM …");
    std::vector<Query::Named> statements;
    int tallest = 0;
    while (tokens.is_word("CREATE")) {
        statements.push_back(parse_statement(tokens));
        tallest = std::max(tallest, tokens.tallest());
    }
    refuse_statement(tokens);
    if (!tokens.is_word("SELECT") && !tokens.is_word("WITH")) tokens.unexpected({"SELECT", "WITH"});
    tokens.set_tallest(0);
    Query query = QueryParser(tokens).parse();
    query.height = std::max(tallest, tokens.tallest()) + 1;
    query.with.insert(query.with.begin(), std::make_move_iterator(statements.begin()),
                      std::make_move_iterator(statements.end()));
    if (tokens.accept_symbol(";") && !tokens.is(TokenKind::End)) {
        throw Error(tokens.place(tokens.peek()),
                    "a job has one query, which stands last; name the ones it reads (CREATE STREAM "
                    "name AS SELECT …;), or write a job file for each");
    }
    if (!tokens.is(TokenKind::End)) tokens.unexpected({"the end"});
    return query;
}

ExpressionPtr parse_expression(std::string_view text) {
    TokenReader tokens(text);
    ExpressionPtr expression = ExpressionParser(tokens, &parse_nested_query).parse();
    if (!tokens.is(TokenKind::End)) tokens.unexpected({"an operator", "the end"});
    return expression;
}

}  // namespace velo::engine::sql
