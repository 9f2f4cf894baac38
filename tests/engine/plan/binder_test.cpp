#include "engine/plan/binder.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

TEST_CASE("all mistakes of a query come at once, in the order of their places", "[binder]") {
    CHECK(
        mistakes("SELECT DISTINCT symbl, SUM(symbol), prices, price\n"
                 "FROM trades\n"
                 "WHERE quantity\n"
                 "GROUP BY symbol\n"
                 "WINDOW TUMBLING (price, 0s)\n"
                 "LIMIT 5") ==
        Lines{"1:8: DISTINCT beside GROUP BY, WINDOW or an aggregate is not supported yet; groups "
              "are distinct already, so leave it out or GROUP BY fewer columns",
              "1:17: unknown column 'symbl' in source 'trades'; did you mean 'symbol'?",
              "1:24: SUM does not take STRING; it takes BIGINT, DOUBLE, DECIMAL or INTERVAL",
              "1:37: unknown column 'prices' in source 'trades'; did you mean 'price'?",
              "1:45: column 'price' is neither in GROUP BY nor in an aggregate; add it to GROUP "
              "BY, or write LAST(price)",
              "3:7: WHERE needs a condition, and 'quantity' is BIGINT; compare it with a value",
              "5:1: a window is longer than 0s, not '0s'",
              "5:18: the time of WINDOW is the source's event time 'trade_time', not 'price'; "
              "write 'trade_time'",
              "6:1: LIMIT over the answers of windows needs an order: ORDER BY … LIMIT n"});
}

TEST_CASE("mistakes of an alias and of what it stands for are told once", "[binder]") {
    CHECK(mistakes("SELECT nope AS n, COUNT(*) FROM trades GROUP BY n HAVING n > 1") ==
          Lines{"1:8: unknown column 'nope' in source 'trades'; did you mean 'note'?"});
}

TEST_CASE("'*' is every declared column, for queries that answer rows", "[binder]") {
    const Plan plan = bound(
        "SELECT *, AVG(price) OVER (ROWS WINDOW BUFFER 2 ROWS PARTITION BY symbol) AS mean FROM "
        "market_rows");
    CHECK(plan.output.columns.size() == 4);
    CHECK(mistakes("SELECT * EXCEPT (prize) FROM market_data") ==
          Lines{"1:18: unknown column 'prize' in source 'market_data'; did you mean 'price'?"});
    BindOptions bare;
    bare.sources = {declared("t", {})};
    CHECK(mistakes("SELECT * FROM t", bare) ==
          Lines{"1:8: source 't' declares no columns for '*'; add them under 'schema'"});
    CHECK(mistakes("SELECT a FROM t", bare) ==
          Lines{"1:8: unknown column 'a' in source 't', which declares no columns; add them under "
                "'schema'"});
    CHECK(mistakes("SELECT _offset FROM t", bare).empty());
}

TEST_CASE("what stands in the source's declaration stands in the plan", "[binder]") {
    BindOptions options = scenarios();
    options.sources[3].idle_after = std::nullopt;
    options.sources[3].skip_tombstones = true;
    const Plan plan = bind_query("SELECT price FROM TRADES", options);
    CHECK(plan.source.name == "trades");
    CHECK(plan.source.lateness == std::chrono::seconds{5});
    CHECK_FALSE(plan.source.idle_after);
    CHECK(plan.source.skip_tombstones);
    CHECK(plan.source.declared.size() == 6);
}

TEST_CASE("a query has no more columns than binding can compare", "[binder]") {
    std::string sql = "SELECT ";
    for (int i = 0; i < 5000; ++i) sql += "1 AS c" + std::to_string(i) + ", ";
    CHECK(mistakes(sql + "1 FROM trades") ==
          Lines{"1:1: the query has 5001 SELECT items, more than 4096; use several jobs"});
}

}  // namespace velo::engine
