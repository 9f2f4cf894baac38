#include <catch2/catch.hpp>

#include "engine/plan/expression_binder.hpp"
#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

Lines wrong(std::string_view expression) {
    return mistakes("SELECT\n" + std::string(expression) + " AS x FROM trades");
}

}  // namespace

TEST_CASE("a function is known by any case and any synonym", "[call]") {
    CHECK(mistakes("SELECT upper(symbol), Lower(symbol), ABS(price) FROM trades").empty());
    CHECK(wrong("uper(symbol)") == Lines{"2:1: unknown function 'uper'; did you mean 'UPPER'?"});
    CHECK(wrong("xyzzy_frobnicate(symbol)") ==
          Lines{"2:1: unknown function 'xyzzy_frobnicate'; the page on SQL lists all functions"});
}

TEST_CASE("the wrong number of arguments is refused with how to write it", "[call]") {
    CHECK(wrong("NULLIF(price)") ==
          Lines{"2:1: 'NULLIF' does not take 1 argument; write NULLIF(x, y)"});
    CHECK(wrong("IF(price > 1)") ==
          Lines{"2:1: 'IF' does not take 1 argument; write IF(condition, x, y)"});
    CHECK(wrong("TRY(price, 1)") == Lines{"2:1: 'TRY' does not take 2 arguments; write TRY(x)"});
    CHECK(wrong("COUNT()") ==
          Lines{"2:1: 'COUNT' does not take 0 arguments; write COUNT(*) or COUNT(x)"});
    CHECK(wrong("SUM(*)") == Lines{"2:1: only COUNT takes '*'; write SUM(x)"});
    CHECK(wrong("UPPER(*)") ==
          Lines{"2:7: '*' is all columns, not a value; it stands alone in SELECT or in COUNT(*)"});
}

TEST_CASE("aggregates stand where groups are, and not inside each other", "[call]") {
    CHECK(mistakes("SELECT symbol FROM trades WHERE SUM(price) > 1") ==
          Lines{"1:33: 'SUM(price)' is an aggregate, and WHERE looks at one row at a time; use "
                "HAVING"});
    CHECK(wrong("SUM(AVG(price))") ==
          Lines{"2:5: 'AVG(price)' is an aggregate inside an aggregate; let a second job aggregate "
                "the output of the first"});
    CHECK(mistakes("SELECT SUM(price) AS s, MAX(s) AS m FROM trades") ==
          Lines{"1:29: 's' is an aggregate inside an aggregate; let a second job aggregate the "
                "output of the first"});
    CHECK(mistakes("SELECT price * quantity AS v, SUM(v) AS m FROM trades GROUP BY v").empty());
    CHECK(wrong("SUM(symbol)") ==
          Lines{"2:1: SUM does not take STRING; it takes BIGINT, DOUBLE, DECIMAL or INTERVAL"});
    CHECK(wrong("UPPER(DISTINCT symbol)") ==
          Lines{"2:1: DISTINCT belongs to aggregates, and 'UPPER' is none; leave it out"});
    CHECK(mistakes("SELECT COUNT(*) FROM trades WHERE _window_start > '2024-01-01' WINDOW TUMBLING "
                   "(1m)") ==
          Lines{"1:35: '_window_start' is not known yet where WHERE runs; use HAVING"});
    CHECK(mistakes("SELECT MAX(_window_start) AS m FROM trades WINDOW TUMBLING (1m)") ==
          Lines{"1:12: '_window_start' is the same for all rows of a group; use it outside the "
                "aggregate"});
}

TEST_CASE("OVER takes an aggregate in SELECT, over one buffer", "[call]") {
    const std::string over = " OVER (ROWS WINDOW BUFFER 3 ROWS PARTITION BY symbol)";
    CHECK(wrong("UPPER(symbol)" + over) ==
          Lines{"2:1: OVER needs an aggregate, and 'UPPER' is none; leave OVER out"});
    CHECK(mistakes("SELECT price FROM trades WHERE AVG(price)" + over + " > 1").front() ==
          "1:32: 'AVG(price) OVER (ROWS WINDOW BUFFER 3 ROWS PARTITION BY s...' uses OVER, which "
          "only SELECT items may; let a second job filter its output");
    CHECK(mistakes("SELECT AVG(price)" + over +
                   " AS a, MIN(price) OVER (ROWS WINDOW BUFFER 4 ROWS PARTITION BY symbol) AS b "
                   "FROM trades") ==
          Lines{"1:89: a second, different OVER in one query is not supported yet; write the same "
                "one everywhere, or use two jobs"});
    CHECK(mistakes("SELECT AVG(price)" + over + ", COUNT(*) FROM trades") ==
          Lines{"1:8: OVER beside GROUP BY, WINDOW or an aggregate is not supported yet; let a "
                "second job do one of them"});
}

TEST_CASE("a buffer has a size and one order", "[call]") {
    const auto over = [](std::string_view text) {
        return wrong("AVG(price) OVER (" + std::string(text) + ")");
    };
    CHECK(over("ROWS WINDOW BUFFER 0 ROWS") ==
          Lines{"2:12: a buffer holds 1 to 1000000 rows, not 0"});
    CHECK(over("ROWS WINDOW BUFFER 1000001 ROWS") ==
          Lines{"2:12: a buffer holds 1 to 1000000 rows, not 1000001"});
    CHECK(over("ROWS WINDOW BUFFER 3 ROWS ORDER BY symbol") ==
          Lines{"2:53: a rows window is ordered by a TIMESTAMP, DATE or BIGINT, and 'symbol' is "
                "STRING"});
    CHECK(over("ROWS WINDOW BUFFER 3 ROWS ORDER BY trade_time, price") ==
          Lines{"2:65: a rows window is ordered by one time; leave the other expressions out"});
    CHECK(over("ROWS WINDOW BUFFER 3 ROWS ORDER BY trade_time NULLS FIRST") ==
          Lines{"2:53: NULLS FIRST and NULLS LAST do not belong in a rows window; leave them out"});
    CHECK(over("ROWS WINDOW BUFFER 3 ROWS ORDER BY trade_time ROWS BETWEEN 1 PRECEDING AND CURRENT "
               "ROW") == Lines{"2:12: a frame inside ROWS WINDOW is not supported yet; make the "
                               "buffer as long as the frame and leave the frame out"});
    CHECK(std::get<RowsOverPlan>(*bound("SELECT AVG(price) OVER (ROWS WINDOW BUFFER 3 ROWS ORDER "
                                        "BY trade_time DESC) FROM trades")
                                      .keyed)
              .descending);
}

}  // namespace velo::engine
