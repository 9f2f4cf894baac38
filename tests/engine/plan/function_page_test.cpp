// The reference page is what the lists of functions say, and every example on it is true.
#include "tests/support/function_page.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "engine/aggregate/aggregate.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/expression/function_lists.hpp"
#include "engine/plan/special_forms.hpp"
#include "tests/engine/plan/fixture.hpp"
#include "tests/support/logic_run.hpp"

namespace velo::engine {
namespace {

constexpr const char* kPage = "docs/sql/functions.md";

BindOptions example_options() {
    BindOptions options;
    options.bounded = true;
    options.sources = {declared("trades",
                                {field("at", kTimestamp), field("symbol", kString),
                                 field("price", kDouble), field("quantity", kBigint)},
                                "at")};
    return options;
}

std::string value_of(std::string_view example) {
    const std::string sql = "SELECT " + std::string(example) + " AS x FROM trades";
    try {
        const Plan plan = bind_query(sql, example_options());
        Evaluator evaluator(plan.output.columns.front().expression);
        Arena arena;
        FaultList faults;
        const Column& column = evaluator.evaluate({}, 1, Selection::all(1), arena, faults);
        return faults.empty() ? value_at(column, 0).sql() : faults.all().front().text;
    } catch (const Error& error) {
        return error.what();
    }
}

std::string answer_of(std::string_view example) {
    const std::string sql = "SELECT " + std::string(example) + " AS x FROM trades EMIT FINAL";
    try {
        const Plan plan = bind_query(sql, example_options());
        LogicRun run(plan, {.pipelines = 2, .batch_rows = 2}, {1});
        std::vector<RecordLiteral> records;
        for (const char* line : ExampleTrades::kRows)
            records.push_back(record_literal(line, plan.source.declared));
        static_cast<void>(run.push(0, 0, records));
        const LogicResult result = run.finish();
        if (result.rows.size() != 1) return std::to_string(result.rows.size()) + " rows";
        return result.rows.front().cells.front();
    } catch (const Error& error) {
        return error.what();
    }
}

template <class Functions, class Value>
void check_examples(const Functions& functions, Value&& value) {
    for (const auto& function : functions) {
        INFO(function.name << ": " << function.example);
        CHECK(function.help.ends_with("."));
        CHECK(value(function.example) == function.gives);
    }
}

TEST_CASE("every example of a scalar function is true", "[page]") {
    check_examples(special_forms(), value_of);
    for (const FunctionGroup& group : function_groups()) check_examples(group.functions, value_of);
}

TEST_CASE("every example of an aggregate is true", "[page]") {
    check_examples(aggregate_functions(), answer_of);
}

TEST_CASE("the page of functions is the one that the lists make", "[page]") {
    const std::string page = function_page();
    if (std::getenv("VELO_REWRITE") != nullptr) std::ofstream(kPage) << page;
    std::stringstream written;
    written << std::ifstream(kPage).rdbuf();
    INFO("VELO_REWRITE=1 engine_test \"[page]\" writes it anew");
    CHECK(written.str() == page);
}

}  // namespace
}  // namespace velo::engine
