// What holds for every function and aggregate on the reference page: columns answer as literals do, panes as whole windows.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/aggregate/aggregate.hpp"
#include "engine/expression/function_lists.hpp"
#include "engine/plan/query_text.hpp"
#include "engine/sql/parser.hpp"
#include "tests/engine/expression/vocabulary.hpp"
#include "tests/engine/plan/fixture.hpp"
#include "tests/support/logic_run.hpp"

namespace velo::engine {
namespace {

BindOptions trades_options() {
    BindOptions options;
    options.bounded = true;
    options.sources = {declared("trades",
                                {field("at", kTimestamp), field("symbol", kString),
                                 field("price", kDouble), field("quantity", kBigint)},
                                "at", std::chrono::hours{1})};
    return options;
}

Value constant(std::string_view text) {
    const Plan plan =
        bind_query("SELECT " + std::string(text) + " AS x FROM trades", trades_options());
    Evaluator evaluator(plan.output.columns.front().expression);
    Arena arena;
    FaultList faults;
    return value_at(evaluator.evaluate({}, 1, Selection::all(1), arena, faults), 0);
}

// The arguments of an example that is a call; none where it is an operator or another call around this one.
std::vector<Value> arguments(const ScalarFunction& function) {
    const std::string query = fmt::format("SELECT {} AS x FROM trades", function.example);
    const sql::Query parsed = sql::parse_query(query);
    const sql::Expression& call = *parsed.selects.front().items.front().expression;
    if (call.kind != sql::ExpressionKind::Call) return {};
    if (find_scalar_function(call.path.back().text) != &function) return {};
    const QueryText text(query);
    std::vector<Value> values;
    for (const sql::ExpressionPtr& child : call.children) {
        // EXTRACT(HOUR FROM …): the unit is a word in the text and a literal in the tree.
        values.push_back(child->kind == sql::ExpressionKind::Literal
                             ? child->value
                             : constant(text.at(child->place)));
    }
    return values;
}

// Argument `varying` is a column of {value, NULL, value}; false where only a literal will do.
bool agrees(const ScalarFunction& function, const std::vector<Value>& values, std::size_t varying) {
    std::vector<BoundPtr> literals;
    for (const Value& value : values) literals.push_back(lit(value));
    const BoundPtr folded = bound_call(function, literals, {}, {});
    REQUIRE(folded->kind == BoundKind::Literal);
    Rows rows;
    std::vector<BoundPtr> args = literals;
    const Type type = values[varying].type;
    args[varying] = rows.column(type, {values[varying], null_of(type), values[varying]});
    BoundPtr call;
    try {
        call = bound_call(function, args, {}, {});
    } catch (const Error&) {
        return false;
    }
    const Answers answers = rows.answers(call);
    // ROUND to a count of digits that is no literal keeps its type: 2.680 for 2.68.
    const std::string expected = bound_cast(folded, call->type)->value.sql();
    CHECK(answers.front() == expected);
    CHECK(answers.back() == expected);
    const bool skips_nulls = function.name.starts_with("CONCAT") || function.name == "GREATEST" ||
                             function.name == "LEAST" || function.name == "ARRAY_APPEND" ||
                             function.name == "ARRAY_PREPEND" || function.name == "ARRAY_REMOVE";
    CHECK((answers[1] == "NULL" || skips_nulls));
    return true;
}

TEST_CASE("every function answers for columns what it answers for literals", "[page]") {
    std::size_t checked = 0;
    for (const ScalarFunction& function : scalar_functions()) {
        INFO(function.name << ": " << function.example);
        const std::vector<Value> values = arguments(function);
        for (std::size_t i = 0; i < values.size(); ++i)
            checked += agrees(function, values, i) ? 1U : 0U;
    }
    CHECK(checked > 150);
}

// Every row has a time of its own, so that their order is the same however they arrive.
std::vector<std::string> random_trades(std::mt19937_64& random) {
    std::vector<std::string> lines;
    for (int i = 0; i < 48; ++i) {
        const auto pick = [&](std::uint64_t most) { return random() % most; };
        const std::string symbol = pick(8) == 0 ? "NULL" : std::string(1, "ABC"[pick(3)]);
        const std::string price =
            pick(8) == 0 ? "NULL" : fmt::format("{}", static_cast<double>(pick(400)) * 0.25 - 20);
        lines.push_back(
            fmt::format("00:00:{:02}.{}  {}  {}  {}", i / 2, i % 2 * 5, symbol, price, pick(12)));
    }
    std::ranges::shuffle(lines, random);
    return lines;
}

std::vector<std::vector<std::string>> answers_to(const std::string& sql,
                                                 const std::vector<std::string>& lines) {
    const Plan plan = bind_query(sql, trades_options());
    LogicRun run(plan, {.pipelines = 3, .batch_rows = 5}, {2});
    std::vector<RecordLiteral> records;
    for (const std::string& line : lines)
        records.push_back(record_literal(line, plan.source.declared));
    static_cast<void>(run.push(0, 1, records));
    std::vector<std::vector<std::string>> rows;
    for (LogicRow& row : run.finish().rows) rows.push_back(std::move(row.cells));
    return rows;
}

void check_panes(std::string_view call, std::mt19937_64& random) {
    const std::vector<std::string> lines = random_trades(random);
    std::vector<std::string> shuffled = lines;
    std::ranges::shuffle(shuffled, random);
    const auto windows = answers_to(
        fmt::format("SELECT _window_start AS w, {} AS x FROM trades WINDOW HOPPING (at, 6s, 4s)",
                    call),
        lines);
    REQUIRE(windows.size() == 7);
    for (const std::vector<std::string>& window : windows) {
        const EventTime start = read_time_cell(window[0]).value();
        const auto whole = answers_to(
            fmt::format("SELECT {} AS x FROM trades WHERE at >= TIMESTAMP '{}' AND at < TIMESTAMP "
                        "'{}' EMIT FINAL",
                        call, rfc3339_text(start), rfc3339_text(start + std::chrono::seconds{6})),
            shuffled);
        REQUIRE(whole.size() == 1);
        CHECK(window[1] == whole[0][0]);
    }
}

TEST_CASE("every aggregate answers for merged panes what it answers for the whole window",
          "[page]") {
    std::mt19937_64 random(20'240'115);
    for (const AggregateFunction& function : aggregate_functions()) {
        INFO(function.example);
        check_panes(function.example, random);
    }
    for (const char* call :
         {"COUNT(DISTINCT symbol)", "SUM(DISTINCT price)", "AVG(DISTINCT quantity)",
          "COUNT(*) FILTER (WHERE price > 5)", "STRING_AGG(symbol, '') FILTER (WHERE quantity > 3)",
          "ARRAY_AGG(DISTINCT symbol)", "ARRAY_AGG(price) FILTER (WHERE quantity > 3)"}) {
        INFO(call);
        check_panes(call, random);
    }
}

}  // namespace
}  // namespace velo::engine
