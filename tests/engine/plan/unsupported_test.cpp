#include "engine/plan/unsupported.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

TEST_CASE("clauses to come are refused at their place, with what works now", "[unsupported]") {
    CHECK(mistakes("SELECT price FROM trades ORDER BY price") ==
          Lines{"1:26: ORDER BY is not supported yet, and a stream never ends; leave it out"});
    CHECK(
        mistakes("SELECT COUNT(*) FROM trades WINDOW TUMBLING (1m) ORDER BY 1") ==
        Lines{
            "1:50: ORDER BY is not supported yet; the reader of the output sorts a window's rows"});
    CHECK(mistakes(
              "SELECT a.price FROM trades a JOIN orders b WITHIN 5m ON a.quantity = b.order_id") ==
          Lines{"1:30: JOIN is not supported yet; a query reads one source"});
    CHECK(mistakes("SELECT symbol FROM trades UNION SELECT symbol FROM market_data") ==
          Lines{"1:27: UNION would have to remember every row to tell duplicates; write UNION "
                "ALL"});
    CHECK(
        mistakes("SELECT n FROM (SELECT COUNT(*) AS n FROM trades) t") ==
        Lines{"1:16: a query in FROM that groups rows is not supported yet; let another job write "
              "it to a topic and read that"});
}

TEST_CASE("expressions to come are refused at their place, with what works now", "[unsupported]") {
    CHECK(mistakes("SELECT price FROM trades WHERE price IN (SELECT price FROM orders)") ==
          Lines{"1:32: IN (SELECT …) is not supported yet; list the values: IN (1, 2, 3)"});
    CHECK(mistakes("SELECT AVG(price) OVER (PARTITION BY symbol ORDER BY trade_time ROWS BETWEEN 9 "
                   "PRECEDING AND CURRENT ROW) FROM trades") ==
          Lines{"1:19: OVER with a standard frame is not supported yet; use OVER (ROWS WINDOW "
                "BUFFER n ROWS PARTITION BY … ORDER BY …)"});
    CHECK(mistakes("SELECT price * * FROM trades").size() == 1);
}

TEST_CASE("functions of other systems are refused with what to use instead", "[unsupported]") {
    CHECK(mistakes("SELECT now() AS t FROM trades") ==
          Lines{"1:8: there is no function 'now'; answers depend on the data alone, so that a "
                "replay gives them again; use '_event_time' or '_timestamp'"});
    CHECK(mistakes("SELECT ROW_NUMBER() OVER (ROWS WINDOW BUFFER 3 ROWS) AS n FROM trades") ==
          Lines{"1:8: there is no function 'ROW_NUMBER'; analytic functions are not supported yet; "
                "OVER (ROWS WINDOW BUFFER n ROWS …) takes aggregates such as AVG and LAST"});
    CHECK(mistakes("SELECT COLLECT(price) FROM trades") ==
          Lines{"1:8: there is no function 'COLLECT'; ARRAY_AGG(x) gives the values as an array, "
                "STRING_AGG(x, ',') as one text"});
    CHECK(instead_of_function("tumble_start") ==
          "the start of a row's window is the column '_window_start'");
    CHECK(instead_of_function("upper").empty());
    CHECK(instead_of_function("").empty());
}

}  // namespace velo::engine
