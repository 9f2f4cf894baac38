#include "engine/plan/layout.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

std::vector<ColumnOrigin> origins(const Plan& plan) {
    std::vector<ColumnOrigin> out;
    for (const SourceColumn& column : plan.source.columns) out.push_back(column.origin);
    return out;
}

}  // namespace

TEST_CASE("FIRST and LAST read what their order needs", "[layout]") {
    const Plan plan = bound("SELECT symbol, LAST(price) AS price FROM trades GROUP BY symbol");
    CHECK(origins(plan) == std::vector{ColumnOrigin::Field, ColumnOrigin::Field,
                                       ColumnOrigin::Field, ColumnOrigin::Offset,
                                       ColumnOrigin::EventTime, ColumnOrigin::Order});
}

TEST_CASE("WHERE and the event time are judged first, and nothing else", "[layout]") {
    const Plan plan =
        bound("SELECT symbol, LAST(quantity) FROM trades WHERE price > 1 GROUP BY symbol");
    std::vector<std::string> early;
    for (const SourceColumn& column : plan.source.columns) {
        if (column.early)
            early.push_back(column.origin == ColumnOrigin::Field
                                ? plan.source.declared[column.field].name
                                : "_event_time");
    }
    CHECK(early == Lines{"price", "trade_time", "_event_time"});
}

TEST_CASE("only what something reads is decoded", "[layout]") {
    const Plan plan = bound("SELECT COUNT(*) FROM orders");
    CHECK(plan.source.columns.empty());
    CHECK(plan.source.declared.size() == 5);
    CHECK(origins(bound("SELECT COUNT(*) FROM trades")) ==
          std::vector{ColumnOrigin::Field});  // The event time: a NULL is a fault.
}

TEST_CASE("an OVER query computes what it selects beside its calls before the rows meet",
          "[layout]") {
    const Plan plan = bound(
        "SELECT price * 2 AS twice, price, SUM(price * 2) OVER (ROWS WINDOW BUFFER 5 ROWS "
        "PARTITION BY UPPER(symbol)) + 1 AS more FROM market_rows");
    REQUIRE(plan.computed.size() == 2);
    const auto sources = static_cast<std::uint32_t>(plan.source.columns.size());
    const auto& over = std::get<RowsOverPlan>(*plan.keyed);
    CHECK(plan.computed[0]->text == "UPPER(symbol)");
    CHECK(over.keys == std::vector{sources});
    CHECK(over.calls[0].args == std::vector{sources + 1});
    CHECK_FALSE(over.order_column);
    CHECK(plan.output.columns[0].expression->column == sources + 1);
    CHECK(plan.output.columns[1].expression->column < sources);
    CHECK(plan.output.columns[2].expression->children[0]->column == sources + 2);
}

TEST_CASE("window columns follow keys and aggregates", "[layout]") {
    const Plan plan = bound(
        "SELECT _window_end, _window_start AS since, symbol, COUNT(*), MAX(price) FROM trades "
        "GROUP BY symbol WINDOW TUMBLING (1m)");
    std::vector<std::uint32_t> numbers;
    for (const OutputColumn& column : plan.output.columns)
        numbers.push_back(column.expression->column);
    CHECK(numbers == std::vector<std::uint32_t>{4, 3, 0, 1, 2});
    CHECK(plan.output.columns[0].expression->type == kTimestamp);
}

TEST_CASE("a constant argument is a computed column, except where it only counts", "[layout]") {
    const Plan plan = bound(
        "SELECT SUM(2) AS twos, COUNT(1) AS ones, COUNT(*) AS rows, COUNT(NULL) AS none FROM "
        "orders");
    const auto& aggregates = std::get<GroupPlan>(*plan.keyed).aggregates;
    REQUIRE(aggregates.size() == 3);
    CHECK(aggregates[1].args.empty());
    CHECK(plan.computed.size() == 2);
    CHECK(plan.output.columns[1].expression->column == plan.output.columns[2].expression->column);
}

}  // namespace velo::engine
