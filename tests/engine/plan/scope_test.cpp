#include "engine/plan/scope.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

BindOptions twins() {
    BindOptions options;
    options.sources = {
        declared("t", {field("Price", kDouble), field("price", kDouble), field("_key", kBigint)})};
    return options;
}

}  // namespace

TEST_CASE("names match without regard to case, and columns keep the case they were declared in",
          "[scope]") {
    const Plan plan =
        bound("SELECT ORDER_ID, O.Note, o.\"note\" AS n FROM Orders o WHERE ORDER_ID > 1");
    REQUIRE(plan.output.columns.size() == 3);
    CHECK(plan.output.columns[0].name == "order_id");
    CHECK(plan.output.columns[1].name == "note");
    CHECK(plan.output.columns[2].expression->column == plan.output.columns[1].expression->column);
}

TEST_CASE("an unknown name is told with the nearest one", "[scope]") {
    CHECK(mistakes("SELECT pric FROM trades") ==
          Lines{"1:8: unknown column 'pric' in source 'trades'; did you mean 'price'?"});
    CHECK(mistakes("SELECT zzzzzzzz FROM market_data") ==
          Lines{"1:8: unknown column 'zzzzzzzz' in source 'market_data'; its columns are 'symbol', "
                "'price', 'quantity', 'timestamp'"});
    CHECK(
        mistakes("SELECT _event_tim FROM trades") ==
        Lines{"1:8: unknown column '_event_tim' in source 'trades'; did you mean '_event_time'?"});
    CHECK(mistakes("SELECT price AS cost, cots FROM trades") ==
          Lines{"1:23: unknown column 'cots' in source 'trades'; did you mean 'cost'?"});
    CHECK(mistakes("SELECT \"Price\" FROM trades") ==
          Lines{"1:8: unknown column 'Price' in source 'trades'; quoted names match exactly, and "
                "the column is 'price'"});
}

TEST_CASE("an unknown source is told with the nearest one", "[scope]") {
    CHECK(mistakes("SELECT 1 AS x FROM trade") ==
          Lines{"1:20: unknown source 'trade'; did you mean 'trades'?"});
    CHECK(mistakes("SELECT 1 AS x FROM elsewhere") ==
          Lines{"1:20: unknown source 'elsewhere'; the job's sources are 'orders', 'market_rows', "
                "'market_data', 'trades', 'lines'"});
    CHECK(mistakes("SELECT 1 AS x FROM t", {}) ==
          Lines{"1:20: unknown source 't'; the job declares none"});
}

TEST_CASE("a source is known by its alias alone", "[scope]") {
    CHECK(mistakes("SELECT t.price FROM trades AS t").empty());
    CHECK(mistakes("SELECT trades.price FROM trades").empty());
    CHECK(mistakes("SELECT trades.price FROM trades t") ==
          Lines{"1:8: source 'trades' is called 't' in this query; write 't.price'"});
    CHECK(mistakes("SELECT x.price FROM trades t") ==
          Lines{"1:8: unknown source 'x' in 'x.price'; the source of this query is 't'"});
    CHECK(mistakes("SELECT x.* FROM trades t") ==
          Lines{"1:8: unknown source 'x'; the source of this query is 't'"});
}

TEST_CASE("looking into a column is refused with the way around", "[scope]") {
    CHECK(mistakes("SELECT note.city FROM trades") ==
          Lines{"1:8: 'note.city' looks into the column 'note', which is STRING; declare it as "
                "STRUCT<…>, or a column with path: \"$.note.city\""});
    CHECK(mistakes("SELECT t.note.city FROM trades t") ==
          Lines{"1:8: 'note.city' looks into the column 'note', which is STRING; declare it as "
                "STRUCT<…>, or a column with path: \"$.note.city\""});
}

TEST_CASE("columns that differ in case alone have to be quoted", "[scope]") {
    CHECK(mistakes("SELECT PRICE FROM t", twins()) ==
          Lines{"1:8: 'PRICE' is ambiguous: it could be 'Price' or 'price'; quote the one you "
                "mean: \"Price\""});
    const Plan plan = bind_query("SELECT \"price\", * EXCEPT (\"price\") FROM t", twins());
    REQUIRE(plan.output.columns.size() == 3);
    CHECK(plan.output.columns[0].expression->column == 1);
}

TEST_CASE("a declared column hides the system column of its name", "[scope]") {
    const Plan plan = bind_query("SELECT _KEY FROM t", twins());
    CHECK(plan.source.columns[0].origin == ColumnOrigin::Field);
    CHECK(plan.output.columns[0].name == "_key");
    CHECK(plan.output.columns[0].expression->type == kBigint);
}

TEST_CASE("system columns are read when they are named, and are no part of '*'", "[scope]") {
    const Plan plan =
        bound("SELECT _offset, _PARTITION, _key, _topic, _timestamp, _event_time FROM orders");
    std::vector<ColumnOrigin> origins;
    for (const OutputColumn& column : plan.output.columns)
        origins.push_back(plan.source.columns[column.expression->column].origin);
    CHECK(origins == std::vector{ColumnOrigin::Offset, ColumnOrigin::Partition, ColumnOrigin::Key,
                                 ColumnOrigin::Topic, ColumnOrigin::Timestamp,
                                 ColumnOrigin::EventTime});
    CHECK(plan.output.columns[1].name == "_partition");
    CHECK(bound("SELECT * FROM orders").output.columns.size() == 5);
}

TEST_CASE("window columns exist in windowed queries alone", "[scope]") {
    CHECK(mistakes("SELECT _window_start FROM trades") ==
          Lines{"1:8: '_window_start' exists only in a query with WINDOW; add WINDOW TUMBLING "
                "(trade_time, 1m)"});
    CHECK(mistakes("SELECT _window_end FROM orders WHERE _window_end > _timestamp").size() == 2);
}

}  // namespace velo::engine
