#include "engine/plan/state_shape.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

using Shape = std::vector<StatePart>;

Shape shape(std::string_view sql) { return state_shape(bound(sql)); }

/// The parts in which the shapes of two queries differ.
std::vector<std::string> differences(std::string_view a, std::string_view b) {
    const Shape first = shape(a);
    const Shape second = shape(b);
    REQUIRE(first.size() == second.size());
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < first.size(); ++i) {
        CHECK(first[i].part == second[i].part);
        if (first[i] != second[i]) parts.push_back(first[i].part);
    }
    return parts;
}

using Parts = std::vector<std::string>;

constexpr std::string_view kWindowed =
    "SELECT trader_id, symbol, COUNT(*) AS n, SUM(price * quantity) AS total FROM trades "
    "WHERE price > 0 GROUP BY trader_id, symbol WINDOW TUMBLING (trade_time, 1m)";

}  // namespace

TEST_CASE("the shape of a state is stored in Kafka, so its texts stay", "[plan]") {
    CHECK(shape(kWindowed) ==
          Shape{{"source event time", "trade_time"},
                {"group keys", "trader_id STRING, symbol STRING"},
                {"window", "TUMBLING 1m"},
                {"aggregates", "COUNT(*), SUM(*(price, CAST(quantity) AS DOUBLE) DOUBLE)"},
                {"emit", "FINAL"},
                {"ttl", "none"}});
    CHECK(shape("SELECT COUNT(price) AS n, AVG(price) AS a FROM market_data") ==
          Shape{{"source event time", "the record timestamp"},
                {"group keys", "none"},
                {"window", "none"},
                {"aggregates", "COUNT(price DOUBLE), AVG(price DOUBLE)"},
                {"emit", "CHANGES"},
                {"ttl", "none"}});
    CHECK(shape("SELECT AVG(price) OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY symbol ORDER BY "
                "timestamp) AS a FROM market_rows") ==
          Shape{{"source event time", "timestamp"},
                {"group keys", "symbol STRING"},
                {"window", "ROWS 5 ORDER BY timestamp"},
                {"aggregates", "AVG(price DOUBLE)"},
                {"emit", "each row"},
                {"ttl", "none"}});
    CHECK(shape("SELECT price, ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY timestamp) AS n, "
                "AVG(price) OVER (PARTITION BY symbol ORDER BY timestamp) AS a, MIN(price) OVER "
                "(PARTITION BY symbol ORDER BY timestamp ROWS 3 PRECEDING) AS m, MAX(price) OVER "
                "(PARTITION BY symbol ORDER BY timestamp RANGE 1m PRECEDING) AS x FROM "
                "market_rows") ==
          Shape{{"source event time", "timestamp"},
                {"group keys", "symbol STRING"},
                {"window", "OVER, rows with price DOUBLE, (record key) BYTES"},
                {"aggregates",
                 "AVG(price DOUBLE) OVER RANGE UNBOUNDED; MIN(price DOUBLE) OVER ROWS 3; MAX(price "
                 "DOUBLE) OVER RANGE 1m"},
                {"emit", "each row"},
                {"ttl", "none"}});
    CHECK(shape("SELECT DISTINCT symbol FROM trades") == Shape{{"source event time", "trade_time"},
                                                               {"group keys", "symbol STRING"},
                                                               {"window", "none"},
                                                               {"aggregates", "none"},
                                                               {"emit", "first row of a key"},
                                                               {"ttl", "none"}});
    CHECK(shape("SELECT symbol FROM trades LIMIT 5") == Shape{{"source event time", "trade_time"},
                                                              {"group keys", "none"},
                                                              {"window", "none"},
                                                              {"aggregates", "LIMIT"},
                                                              {"emit", "each row"},
                                                              {"ttl", "none"}});
    CHECK(shape("SELECT symbol FROM trades").empty());
}

TEST_CASE("spelling, filter, projection, HAVING and the length of EVERY do not change the shape",
          "[plan]") {
    CHECK(differences(kWindowed,
                      "select  symbol AS s, count( * ) AS c, sum(t.price*t.quantity) AS v FROM "
                      "trades AS t WHERE quantity > 3 GROUP BY TRADER_ID, symbol WINDOW TUMBLING "
                      "(trade_time, 60s) HAVING SUM(price * quantity) > 3") == Parts{});
    CHECK(differences(
              "SELECT symbol, COUNT(*) AS n FROM trades GROUP BY symbol EMIT CHANGES EVERY 1s",
              "SELECT COUNT(*) AS n FROM trades GROUP BY symbol HAVING COUNT(*) > 2 EMIT "
              "CHANGES EVERY 5s") == Parts{});
}

TEST_CASE("what entries mean is in the shape", "[plan]") {
    const auto from_windowed = [](std::string_view sql) { return differences(kWindowed, sql); };
    CHECK(from_windowed("SELECT COUNT(*) AS n, SUM(price * quantity) AS v FROM trades GROUP BY "
                        "symbol, trader_id WINDOW TUMBLING (trade_time, 1m)") ==
          Parts{"group keys"});
    CHECK(from_windowed("SELECT COUNT(*) AS n, SUM(price * quantity) AS v FROM trades GROUP BY "
                        "trader_id, symbol WINDOW HOPPING (trade_time, 1m, 20s)") ==
          Parts{"window"});
    for (const std::string_view window :
         {"TUMBLING (1m, offset 5s)", "TUMBLING (1 DAY, timezone 'UTC')", "SESSION (1m)"}) {
        CHECK(from_windowed("SELECT COUNT(*) AS n, SUM(price * quantity) AS v FROM trades GROUP BY "
                            "trader_id, symbol WINDOW " +
                            std::string(window)) == Parts{"window"});
    }
    for (const std::string_view emit : {"EARLY EVERY 1s", "ALLOWED LATENESS 1m"}) {
        CHECK(from_windowed("SELECT COUNT(*) AS n, SUM(price * quantity) AS v FROM trades GROUP BY "
                            "trader_id, symbol WINDOW TUMBLING (1m) EMIT FINAL " +
                            std::string(emit)) == Parts{"emit"});
    }
    CHECK(from_windowed("SELECT COUNT(*) AS n, SUM(price + quantity) AS v FROM trades GROUP BY "
                        "trader_id, symbol WINDOW TUMBLING (trade_time, 1m) EMIT CHANGES") ==
          Parts{"aggregates", "emit"});
    CHECK(from_windowed("SELECT COUNT(*) AS n, SUM(price * 2) AS v FROM trades GROUP BY trader_id, "
                        "symbol WINDOW TUMBLING (trade_time, 1m)") == Parts{"aggregates"});
    const auto of_literal = [](std::string_view literal) {
        return "SELECT COUNT(*) AS n FROM trades GROUP BY CASE WHEN price > " +
               std::string(literal) + " THEN 'high' ELSE 'low' END";
    };
    CHECK(differences(of_literal("3"), of_literal("4")) == Parts{"group keys"});
}

TEST_CASE("the shape of several stages names each of them, and what rows meet by", "[plan]") {
    constexpr std::string_view kHours =
        "SELECT symbol, MAX(n) AS most FROM (SELECT symbol, trader_id, COUNT(*) AS n FROM trades "
        "GROUP BY trader_id, symbol WINDOW TUMBLING (1m)) GROUP BY symbol WINDOW TUMBLING (1h)";
    CHECK(shape(kHours) == Shape{{"source event time", "trade_time"},
                                 {"group keys", "trader_id STRING, symbol STRING"},
                                 {"window", "TUMBLING 1m"},
                                 {"aggregates", "COUNT(*)"},
                                 {"emit", "FINAL"},
                                 {"ttl", "none"},
                                 {"group keys of stage 2", "symbol STRING"},
                                 {"window of stage 2", "TUMBLING 1h"},
                                 {"aggregates of stage 2", "MAX(COUNT(*) BIGINT)"},
                                 {"emit of stage 2", "FINAL"},
                                 {"ttl of stage 2", "none"},
                                 {"rows meet by", "symbol STRING"}});
    CHECK(
        differences(kHours,
                    "WITH m AS (SELECT COUNT(*) AS c, symbol AS s FROM trades GROUP BY trader_id, "
                    "symbol WINDOW TUMBLING (1m) HAVING COUNT(*) > 1) SELECT s, MAX(c) AS x FROM m "
                    "WHERE c > 2 GROUP BY s WINDOW TUMBLING (1h)") == Parts{});
    CHECK(differences(kHours,
                      "SELECT MAX(n) AS most FROM (SELECT symbol, COUNT(*) + 1 AS n FROM trades "
                      "GROUP BY trader_id, symbol WINDOW TUMBLING (1m)) GROUP BY UPPER(symbol) "
                      "WINDOW TUMBLING (1h)") ==
          Parts{"group keys of stage 2", "aggregates of stage 2", "rows meet by"});
}

TEST_CASE("where a column comes from is in the shape", "[plan]") {
    BindOptions options = scenarios();
    const auto sql = "SELECT symbol, COUNT(*) AS n FROM trades GROUP BY symbol";
    const Shape before = state_shape(bind_query(sql, options));
    options.sources[3].schema[1].path = "$.instrument.symbol";
    options.sources[3].schema[4].time_unit = "us";
    const Shape after = state_shape(bind_query(sql, options));
    CHECK(after[0].text == "trade_time in us");
    CHECK(after[1].text == "symbol at $.instrument.symbol STRING");
    CHECK(before != after);
}

TEST_CASE("the arrays that rows are made of are in the shape", "[plan]") {
    const Shape shape =
        state_shape(bound("SELECT word, COUNT(*) AS n FROM trades CROSS JOIN UNNEST(SPLIT(note, "
                          "' ')) AS word GROUP BY word"));
    CHECK(shape[1].text == "ELEMENT OF SPLIT(note, STRING ' ') STRING");
    CHECK(shape[5].part == "rows");
    CHECK(shape[5].text == "UNNEST(SPLIT(note, STRING ' '))");
}

}  // namespace velo::engine
