#include "engine/sql/parser.hpp"

#include <chrono>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/sql/ast_text.hpp"

namespace velo::engine::sql {

namespace {

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("the scenario queries parse", "[sql][parser]") {
    CHECK(query_shape("SELECT order_id, customer_id, order_date, total_amount FROM orders WHERE "
                      "total_amount > 100") ==
          "SELECT order_id, customer_id, order_date, total_amount | FROM orders | WHERE "
          "(total_amount > 100)");
    CHECK(query_shape("SELECT symbol, price,\n  AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS\n"
                      "                   PARTITION BY symbol ORDER BY timestamp) AS "
                      "moving_avg\nFROM market_data") ==
          "SELECT symbol, price, AVG(price) OVER {buffer 100 by symbol order timestamp} AS "
          "moving_avg | FROM market_data");
    CHECK(query_shape("SELECT symbol, COUNT(*) AS trade_count FROM market_data GROUP BY symbol "
                      "EMIT CHANGES EVERY 1s") ==
          "SELECT symbol, COUNT(*) AS trade_count | FROM market_data | GROUP BY symbol | EMIT "
          "CHANGES EVERY 1s");
    CHECK(query_shape("SELECT trader_id, SUM(price * quantity) AS total_value FROM market_data "
                      "GROUP BY trader_id, symbol "
                      "WINDOW TUMBLING (trade_time, INTERVAL '1' MINUTE)") ==
          "SELECT trader_id, SUM((price * quantity)) AS total_value | FROM market_data | GROUP BY "
          "trader_id symbol | WINDOW TUMBLING trade_time 1m 1m");
}

TEST_CASE("items are stars and expressions, with or without AS", "[sql][parser]") {
    CHECK(query_shape("SELECT * FROM t") == "SELECT * | FROM t");
    CHECK(query_shape("SELECT t.*, a x, b AS \"y z\", c AS end FROM t") ==
          "SELECT t*, a AS x, b AS \"y z\", c AS end | FROM t");
    CHECK(query_shape("SELECT * EXCEPT (a, \"b\") FROM t") == "SELECT * EXCEPT a.\"b\" | FROM t");
    CHECK(query_shape("SELECT DISTINCT a FROM t") == "SELECT DISTINCT a | FROM t");
    CHECK(query_shape("SELECT a AS count, b AS key, c AS value FROM t;") ==
          "SELECT a AS count, b AS key, c AS value | FROM t");
    CHECK(query_shape("SELECT a AS from FROM t") ==
          "1:13:4: unexpected 'from'; expected an alias (one of that name is written \"from\")");
    CHECK(query_shape("SELECT a AS 'x' FROM t") ==
          "1:13:3: 'x' is a text, and an alias is expected; names take double quotes: \"x\"");
    CHECK(query_shape("SELECT * EXCLUDE (a) FROM t") == "SELECT * EXCEPT a | FROM t");
    CHECK(
        query_shape("SELECT * REPLACE (a) FROM t") ==
        "1:10:7: * REPLACE is not supported; write * EXCEPT (column), and the column's expression "
        "with its name as alias");
}

TEST_CASE("clauses after WHERE come in any order", "[sql][parser]") {
    const std::string shape = query_shape(
        "SELECT a FROM t WHERE b GROUP BY a WINDOW TUMBLING (at, 1m) HAVING c EMIT FINAL");
    CHECK(shape ==
          "SELECT a | FROM t | WHERE b | GROUP BY a | WINDOW TUMBLING at 1m 1m | HAVING c | EMIT "
          "FINAL");
    std::vector<std::string> clauses{"EMIT FINAL", "GROUP BY a", "HAVING c",
                                     "WINDOW TUMBLING (at, 1m)"};
    int orders = 0;
    do {
        std::string text = "SELECT a FROM t WHERE b";
        for (const std::string& clause : clauses) text += " " + clause;
        CAPTURE(text);
        CHECK(query_shape(text) == shape);
        ++orders;
    } while (std::ranges::next_permutation(clauses).found);
    CHECK(orders == 24);
    CHECK(query_shape("SELECT a FROM t LIMIT 5 ORDER BY a DESC, b NULLS LAST") ==
          "SELECT a | FROM t | ORDER BY a DESC, b NULLS LAST | LIMIT 5");
    CHECK(query_shape("SELECT a FROM t GROUP BY a GROUP BY b") ==
          "1:28:5: GROUP BY is written twice; write it once");
    CHECK(query_shape("SELECT a FROM t WHERE b WHERE c") ==
          "1:25:5: WHERE is written twice; write it once");
    CHECK(query_shape("SELECT a FROM t GROUP BY a WHERE b") ==
          "1:28:5: WHERE stands after GROUP BY; write it right after FROM");
    CHECK(query_shape("SELECT a FROM t WHERE b JOIN u ON c") ==
          "1:25:4: JOIN stands after WHERE; write it right after FROM");
}

TEST_CASE("windows have a kind, a time and their durations", "[sql][parser]") {
    const auto window = [](std::string_view text) {
        const std::string shape = query_shape("SELECT a FROM t WINDOW " + std::string(text));
        const std::string_view start = "SELECT a | FROM t | WINDOW ";
        return shape.starts_with(start) ? shape.substr(start.size()) : shape;
    };
    CHECK(window("TUMBLING (at, 1m)") == "TUMBLING at 1m 1m");
    CHECK(window("TUMBLING(t.at, 1 MINUTE)") == "TUMBLING t.at 1m 1m");
    CHECK(window("HOPPING (at, 10m, 1m)") == "HOPPING at 10m 1m");
    CHECK(window("SLIDING (at, INTERVAL '10' MINUTE, INTERVAL 1 MINUTES)") == "HOPPING at 10m 1m");
    CHECK(window("SESSION (at, 30s)") == "SESSION at 30s 30s");
    CHECK(window("TUMBLING (5m)") == "TUMBLING - 5m 5m");
    CHECK(window("HOPPING (5m, 1m)") == "HOPPING - 5m 1m");
    CHECK(window("TUMBLING (at, 2w)") == "TUMBLING at 14d 14d");
    CHECK(window("TUMBLING (at, 1 MONTH)") == "TUMBLING at 1months 1months");
    CHECK(window("TUMBLING (at, INTERVAL '1' YEAR)") == "TUMBLING at 12months 12months");
    CHECK(window("HOPPING (2 QUARTERS, INTERVAL 1 MONTH, timezone 'Asia/Tokyo')") ==
          "HOPPING - 6months 1months timezone Asia/Tokyo");
    CHECK(window("TUMBLING (at, 0 MONTHS)") ==
          "1:38:1: the size of the window is a whole number of months, 1 to 1200, not '0'");
    CHECK(window("TUMBLING (at, INTERVAL '1.5' YEAR)") ==
          "1:47:5: the size of the window is a whole number of months, 1 to 1200, not '1.5'");
    CHECK(window("TUMBLING (at, 1h, offset 15m)") == "TUMBLING at 1h 1h offset 15m");
    CHECK(window("TUMBLING (at, 1 DAY, timezone 'Europe/Berlin', offset INTERVAL '6' HOUR)") ==
          "TUMBLING at 1d 1d offset 6h timezone Europe/Berlin");
    CHECK(window("TUMBLING (at, 1h, offset 1m, offset 2m)") ==
          "1:53:6: 'offset' is written twice; write it once");
    CHECK(window("TUMBLING (at, 1h, timezone UTC)") ==
          "1:51:3: unexpected 'UTC'; expected a time zone in quotes, as in 'Europe/Berlin'");
    CHECK(window("TUMBLING (at, 1h, ofset 15m)") ==
          "1:42:5: unexpected 'ofset'; did you mean 'OFFSET'?");
    CHECK(window("SESSION (at, 1h, offset 15m)") ==
          "1:41:6: a session begins with its first row; 'offset' and 'timezone' are for TUMBLING "
          "and HOPPING");
    CHECK(window("TUMBLING (at, 1y)") ==
          "1:38:2: '1y' counts months or years, which differ in length; use days: 30d");
    CHECK(window("TUMBLING (at, '5m')") ==
          "1:38:4: the size of the window is a duration without quotes, as in 5m or INTERVAL '5' "
          "MINUTE");
    CHECK(window("TUMBLING (at, 5)") ==
          "1:38:1: '5' has no unit; write it as 5s or INTERVAL '5' SECOND");
    CHECK(
        window("TUMBLING (at, x)") ==
        "1:38:1: unexpected 'x'; expected the size of the window, as in 5m or INTERVAL '5' MINUTE");
    CHECK(window("TUMBLING (at, INTERVAL '-5' MINUTE)") ==
          "1:38:20: the size of the window is not negative; write 5m");
    CHECK(window("TUMBLING (at)") ==
          "1:36:1: unexpected ')'; expected ',' and the size of the window");
    CHECK(window("HOPPING (at, 10m)") ==
          "1:40:1: unexpected ')'; expected ',' and how far the window advances");
    CHECK(window("TUMBLING (at, 10m, 1m)") ==
          "1:41:1: TUMBLING takes a time and a size; windows that overlap are HOPPING (time, size, "
          "advance)");
    CHECK(window("SESSION (at, 10m, symbol)") ==
          "1:40:1: SESSION takes a time and a gap; what a session belongs to stands in GROUP BY");
    CHECK(window("TUMBLNG (at, 1m)") == "1:24:7: unexpected 'TUMBLNG'; did you mean 'TUMBLING'?");
    CHECK(window("TUMBLE (at, 1m)") ==
          "1:24:6: this window is written TUMBLING (time, size) or HOPPING (time, size, advance)");
    CHECK(window("w AS (PARTITION BY a)") ==
          "1:24:1: named windows are not supported; write the window in the parentheses of OVER ( "
          "… )");
    CHECK(window("HOPPING (SIZE 10 MINUTES, ADVANCE BY 1 MINUTE)") ==
          "1:33:4: SIZE is not written; a window is WINDOW TUMBLING (time, size) or HOPPING (time, "
          "size, advance)");
    CHECK(window("HOPPING (at, 10m, ADVANCE BY 1m)") ==
          "1:42:7: ADVANCE BY is not written; a hopping window is HOPPING (time, size, advance)");
    CHECK(window("HOPPING (at, 10m ADVANCE BY 1m)") ==
          "1:41:7: a hopping window is written WINDOW HOPPING (time, size, advance)");
    CHECK(window("TUMBLING (at, 1h, GRACE PERIOD 5m)") ==
          "1:42:5: GRACE PERIOD is not part of a window; set event_time: {lateness: …} of the "
          "source");
    CHECK(
        window("TUMBLING (at, 1h) GRACE PERIOD 5m") ==
        "1:42:5: GRACE PERIOD is not part of a query; set event_time: {lateness: …} of the source");
    CHECK(query_shape("SELECT a FROM t WINDOW size") ==
          "1:24:4: a hopping window is written WINDOW HOPPING (time, size, advance)");
}

TEST_CASE("EMIT says when answers are written", "[sql][parser]") {
    const auto emit = [](std::string_view text) {
        const std::string shape = query_shape("SELECT a FROM t EMIT " + std::string(text));
        const std::string_view start = "SELECT a | FROM t | ";
        return shape.starts_with(start) ? shape.substr(start.size()) : shape;
    };
    CHECK(emit("CHANGES") == "EMIT CHANGES");
    CHECK(emit("CHANGES EVERY 500 MS") == "EMIT CHANGES EVERY 500ms");
    CHECK(emit("FINAL") == "EMIT FINAL");
    CHECK(emit("FINAL EARLY EVERY INTERVAL '1' SECOND") == "EMIT FINAL EVERY 1s");
    CHECK(emit("EVERY 1s") == "1:22:5: EMIT says what it writes first; write EMIT CHANGES EVERY …");
    CHECK(emit("CHANGES EVERY 5 ROWS") ==
          "1:36:1: EVERY counts time, not rows; write EMIT CHANGES EVERY 1s");
    CHECK(
        emit("CHANGES EVERY '1s'") ==
        "1:36:4: the time of EVERY is a duration without quotes, as in 5m or INTERVAL '5' MINUTE");
    CHECK(emit("FINAL EVERY 1s") ==
          "1:28:5: EMIT FINAL EVERY would not be final; write EMIT CHANGES EVERY, or EMIT FINAL "
          "EARLY EVERY");
    CHECK(emit("ON WINDOW CLOSE") ==
          "1:22:2: this EMIT is not supported; write EMIT FINAL for answers when a window closes, "
          "or EMIT CHANGES");
    CHECK(emit("CHNAGES") == "1:22:7: unexpected 'CHNAGES'; did you mean 'CHANGES'?");
    CHECK(emit("") == "1:22:1: unexpected end; expected CHANGES or FINAL");
    CHECK(query_shape("SELECT a EMIT CHANGES FROM t") ==
          "1:10:4: 'emit' stands before FROM; write SELECT …, then FROM, then the other clauses");
    CHECK(query_shape("EMIT CHANGES SELECT a FROM t") ==
          "1:1:4: unexpected 'EMIT'; expected SELECT or WITH");
    CHECK(query_shape("SELECT emit FROM t EMIT CHANGES WHERE a") ==
          "1:33:5: WHERE stands after EMIT; write it right after FROM");
}

TEST_CASE("LIMIT is a whole number", "[sql][parser]") {
    CHECK(query_shape("SELECT a FROM t LIMIT 10") == "SELECT a | FROM t | LIMIT 10");
    for (const std::string_view bad :
         {"1.5", "1e3", "x", "'5'", "ALL", "99999999999999999999", "-"}) {
        const std::string shown = bad == "'5'" ? "5" : std::string(bad);
        CHECK(query_shape("SELECT a FROM t LIMIT " + std::string(bad)) ==
              "1:23:" + std::to_string(bad.size()) +
                  ": the number of rows of LIMIT is a whole number, not '" + shown + "'");
    }
    CHECK(query_shape("SELECT a FROM t LIMIT") ==
          "1:22:1: the number of rows of LIMIT is a whole number, not the end");
    CHECK(query_shape("SELECT a FROM t LIMIT 5 OFFSET 2") ==
          "1:25:6: only LIMIT n is supported; a stream has no pages");
}

TEST_CASE("sources are names, queries and joins of them", "[sql][parser]") {
    CHECK(query_shape("SELECT a FROM t AS x") == "SELECT a | FROM t AS x");
    CHECK(query_shape("SELECT a FROM \"t\" x") == "SELECT a | FROM \"t\" AS x");
    CHECK(query_shape("SELECT a FROM (SELECT b FROM t) x") ==
          "SELECT a | FROM {SELECT b | FROM t} AS x");
    CHECK(
        query_shape(
            "SELECT a FROM t JOIN u ON t.a = u.a LEFT OUTER JOIN v AS w WITHIN 5m ON w.b = u.b") ==
        "SELECT a | FROM t | INNER JOIN u ON (t.a = u.a) | LEFT JOIN v AS w WITHIN 5m ON (w.b = "
        "u.b)");
    CHECK(query_shape("SELECT a FROM t INNER JOIN u ON b RIGHT JOIN v ON c FULL JOIN (SELECT d "
                      "FROM w) x ON e WHERE f") ==
          "SELECT a | FROM t | INNER JOIN u ON b | RIGHT JOIN v ON c | FULL JOIN {SELECT d | FROM "
          "w} AS x ON e | WHERE f");
    CHECK(query_shape("SELECT a FROM t JOIN u WITHIN 5 MINUTES") ==
          "1:40:1: unexpected end; expected ON");
    CHECK(query_shape("SELECT a FROM t JOIN u x = y") ==
          "1:26:1: unexpected '='; expected WITHIN or ON");
    CHECK(query_shape("SELECT a FROM t JOIN u USING (id)") ==
          "1:24:5: USING is not supported; write ON a.id = b.id");
    CHECK(query_shape("SELECT a FROM t JOIN u ON b WITHIN 5m") ==
          "1:29:6: WITHIN stands between the joined source and ON: JOIN b WITHIN 5m ON …");
    CHECK(query_shape("SELECT a FROM t JOIN u WITHIN (1m, 2m) ON b") ==
          "1:31:1: WITHIN takes one duration, which holds before and after; write WITHIN 5m");
    CHECK(query_shape("SELECT a FROM t, u") ==
          "1:16:1: a query with several sources joins them; write FROM a JOIN b ON a.id = b.id");
    CHECK(query_shape("SELECT a FROM t CROSS JOIN u") ==
          "1:17:5: every join needs its condition; write JOIN … ON …, or CROSS JOIN UNNEST(array) "
          "AS name for the elements of an array");
    CHECK(query_shape("SELECT a FROM t AS o CROSS JOIN UNNEST(o.b) AS i, UNNEST(i.c) x WHERE d") ==
          "SELECT a | FROM t AS o | UNNEST o.b AS i | UNNEST i.c AS x | WHERE d");
    CHECK(query_shape("SELECT a FROM t LEFT JOIN LATERAL UNNEST(b) WITH ORDINALITY AS i(c, n) ON "
                      "TRUE JOIN UNNEST(d) ON TRUE") ==
          "SELECT a | FROM t | LEFT UNNEST b ORDINALITY AS i c n | UNNEST d");
    CHECK(query_shape("SELECT a FROM 'orders.json'") ==
          "1:15:13: a source is a name; write the topic or path under 'sources' of the job file");
    CHECK(query_shape("SELECT a FROM db.t") ==
          "1:17:1: the name of a source has no dot; give the topic a name under 'sources' of the "
          "job file");
    CHECK(query_shape("SELECT a FROM WHERE b") ==
          "1:15:5: unexpected 'WHERE'; expected the name of a source");
}

TEST_CASE("windows are table functions in FROM, too", "[sql][parser]") {
    CHECK(query_shape("SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '1' MINUTE)) "
                      "WHERE b") == "SELECT a | FROM t | WHERE b | TABLE TUMBLING at 1m 1m");
    CHECK(query_shape("SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), 1 MONTH, 6h)) AS w") ==
          "SELECT a | FROM t AS w | TABLE TUMBLING at 1months 1months offset 6h");
    CHECK(query_shape("SELECT a FROM TABLE(HOP(TABLE t, DESCRIPTOR(at), 1m, 10m))") ==
          "SELECT a | FROM t | TABLE HOPPING at 10m 1m");
    CHECK(query_shape("SELECT a FROM TABLE(SESSION(TABLE t, DESCRIPTOR(at), 10m))") ==
          "SELECT a | FROM t | TABLE SESSION at 10m 10m");
    CHECK(query_shape("SELECT a FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(at), 1m))") ==
          "1:37:9: what a session belongs to stands in GROUP BY; leave PARTITION BY out");
    CHECK(query_shape("SELECT a FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(at), 1m, 1h))") ==
          "1:21:8: CUMULATE is not supported; TUMBLE of its size with EMIT FINAL EARLY EVERY, or "
          "EMIT CHANGES EVERY, answers before a window ends");
    CHECK(query_shape("SELECT a FROM TABLE(TUMBLE(t, DESCRIPTOR(at), 1m))") ==
          "1:28:1: unexpected 't'; expected TABLE");
    CHECK(query_shape("SELECT a FROM TABLE(TUMBLE(TABLE t, ts, 1m))") ==
          "1:37:2: unexpected 'ts'; expected DESCRIPTOR");
    CHECK(query_shape("SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), 1m)) WINDOW TUMBLING "
                      "(1m)") == "1:58:6: WINDOW is written twice; write it once");
}

TEST_CASE("queries are named by WITH and put together by UNION ALL", "[sql][parser]") {
    CHECK(query_shape("WITH x AS (SELECT a FROM t), y AS (WITH z AS (SELECT b FROM u) SELECT b "
                      "FROM z) SELECT a FROM x") ==
          "WITH x {SELECT a | FROM t} WITH y {WITH z {SELECT b | FROM u} SELECT b | FROM z} SELECT "
          "a | FROM x");
    CHECK(query_shape("SELECT a FROM t UNION ALL SELECT b FROM u WHERE c EMIT CHANGES") ==
          "SELECT a | FROM t UNION ALL SELECT b | FROM u | WHERE c | EMIT CHANGES");
    CHECK(query_shape("SELECT a FROM t UNION SELECT b FROM u") ==
          "1:17:5: UNION would have to remember every row to tell duplicates; write UNION ALL");
    CHECK(query_shape("SELECT a FROM t INTERSECT SELECT b FROM u") ==
          "1:17:9: only UNION ALL combines queries; filter with WHERE or a JOIN instead");
    CHECK(query_shape("WITH RECURSIVE x AS (SELECT 1 FROM t) SELECT a FROM x") ==
          "1:6:9: WITH RECURSIVE is not supported; write WITH name AS (SELECT …)");
    CHECK(query_shape("SELECT a FROM t UNION ALL") == "1:26:1: unexpected end; expected SELECT");
    CHECK(query_shape("SELECT a FROM (SELECT b FROM t") == "1:31:1: unexpected end; expected ')'");
}

TEST_CASE("statements that are no queries are refused by name", "[sql][parser]") {
    CHECK(query_shape("CREATE TABLE s AS SELECT a FROM t; SELECT a FROM s") ==
          "1:1:6: a job file names its sources under 'sources' and its output under 'sink'; here "
          "CREATE STREAM name AS SELECT …; names a query for the SELECT after it");
    CHECK(
        query_shape("CREATE STREAM s AS SELECT a FROM t SELECT b FROM s").starts_with("1:36:6: "));
    CHECK(query_shape("CREATE STREAM s AS SELECT a FROM t") ==
          "1:35:1: unexpected end; expected ';' and the SELECT that reads it");
    CHECK(query_shape("INSERT INTO out SELECT a FROM t") ==
          "1:1:6: a query does not name where its rows go; write the SELECT alone, and the topic "
          "under 'sink' of the job file");
    CHECK(query_shape("UPDATE t SET a = 1") ==
          "1:1:6: rows of a stream are not changed in place; write a SELECT, whose newest row per "
          "key is the current one");
    CHECK(
        query_shape("DROP STREAM s") ==
        "1:1:4: there is nothing stored to change; edit the job file, or remove it to end the job");
    CHECK(query_shape("SHOW STREAMS") ==
          "1:1:4: this is not a query; 'velostream explain JOB.yaml' shows a job's sources, "
          "columns and plan");
    CHECK(query_shape("EXPLAIN SELECT a FROM t") ==
          "1:1:7: EXPLAIN is a command, not a query; run 'velostream explain JOB.yaml'");
    CHECK(
        query_shape("START JOB j AS SELECT a FROM t") ==
        "1:1:5: jobs are not run by statements; a job file is a job, and 'velostream run' runs it");
    CHECK(query_shape("SET 'x' = 'y'") ==
          "1:1:3: settings are keys of the job file, not statements");
    CHECK(query_shape("FROM t SELECT a") ==
          "1:1:4: a query begins with SELECT, and FROM follows its items");
    CHECK(query_shape("SELECT a FROM t; SELECT b FROM t") ==
          "1:18:6: a job has one query, which stands last; name the ones it reads (CREATE STREAM "
          "name AS SELECT …;), or write a job file for each");
    CHECK(query_shape(" -- nothing\n") == "1:1:1: the query is empty; write SELECT … FROM …");
}

TEST_CASE("statements name queries for what follows, as WITH does", "[sql][parser]") {
    CHECK(query_shape("CREATE STREAM s AS SELECT a FROM t; CREATE VIEW v AS SELECT a FROM s;"
                      "WITH w AS (SELECT a FROM v) SELECT a FROM w;") ==
          "WITH s {SELECT a | FROM t} WITH v {SELECT a | FROM s} WITH w {SELECT a | FROM v} "
          "SELECT a | FROM w");
}

TEST_CASE("clauses of other systems are refused by name", "[sql][parser]") {
    const auto after = [](std::string_view text) {
        return query_shape("SELECT a FROM t " + std::string(text));
    };
    CHECK(after("INTO out") ==
          "1:17:4: INTO is not part of a query; the job file's 'sink' says where rows go");
    CHECK(after("GROUP BY a INTO out") ==
          "1:28:4: INTO is not part of a query; the job file's 'sink' says where rows go");
    CHECK(after("WITH ('x' = 'y')") ==
          "1:17:4: WITH is for named queries before SELECT; settings are keys of the job file");
    CHECK(after("EMIT CHANGES WITH ('x' = 'y')") ==
          "1:30:4: WITH is for named queries before SELECT; settings are keys of the job file");
    CHECK(after("PARTITION BY a") ==
          "1:17:9: PARTITION BY belongs inside OVER; the key of the output is 'key: [columns]' of "
          "the sink");
    CHECK(after("GROUP BY ROLLUP (a, b)") ==
          "1:26:6: only plain GROUP BY is supported; write one job per set of columns");
    CHECK(after("GROUP BY GROUPING SETS (a)") ==
          "1:26:8: only plain GROUP BY is supported; write one job per set of columns");
    CHECK(after("FETCH FIRST 5 ROWS ONLY") ==
          "1:17:5: only LIMIT n is supported; a stream has no pages");
    CHECK(after("MATCH_RECOGNIZE (a)") ==
          "1:17:15: MATCH_RECOGNIZE is not supported; compare neighbouring rows with OVER (ROWS "
          "WINDOW BUFFER n ROWS …)");
    CHECK(after("EMIT CHANGES CLOSE AFTER IDLE 5s") ==
          "1:30:5: CLOSE AFTER IDLE is not part of a query; set event_time: {idle_after: …} of the "
          "source");
    CHECK(query_shape("SELECT a PRIMARY KEY, b FROM t") ==
          "1:10:7: the key of the output is not part of a query; set 'key: [columns]' of the sink");
}

TEST_CASE("misspelled keywords are recognized, also where they read as aliases", "[sql][parser]") {
    CHECK(query_shape("SELEC a FROM t") == "1:1:5: unexpected 'SELEC'; did you mean 'SELECT'?");
    CHECK(query_shape("SELECT a FORM t") == "1:10:4: unexpected 'FORM'; did you mean 'FROM'?");
    CHECK(query_shape("SELECT a FROM t WERE b = 1") ==
          "1:17:4: unexpected 'WERE'; did you mean 'WHERE'?");
    CHECK(query_shape("SELECT a FROM t GRUOP BY a") ==
          "1:17:5: unexpected 'GRUOP'; did you mean 'GROUP BY'?");
    CHECK(query_shape("SELECT a FROM t x GROPU BY a") ==
          "1:19:5: unexpected 'GROPU'; did you mean 'GROUP BY'?");
    CHECK(query_shape("SELECT a FROM t GROUP BY a HAVNG b") ==
          "1:28:5: unexpected 'HAVNG'; did you mean 'HAVING'?");
    CHECK(query_shape("SELECT a FROM t GROUP a") == "1:23:1: unexpected 'a'; expected BY");
}

TEST_CASE("the first wrong token is named with what was expected", "[sql][parser]") {
    CHECK(query_shape("SELECT FROM t") ==
          "1:8:4: unexpected 'FROM'; expected an expression (a column of that name is written "
          "\"FROM\")");
    CHECK(query_shape("SELECT a, FROM t") ==
          "1:11:4: unexpected 'FROM'; expected an expression (a column of that name is written "
          "\"FROM\")");
    CHECK(query_shape("SELECT a") == "1:9:1: unexpected end; expected ',' or FROM");
    CHECK(query_shape("SELECT a b c FROM t") == "1:12:1: unexpected 'c'; expected ',' or FROM");
    CHECK(query_shape("SELECT a FROM t x y") ==
          "1:19:1: unexpected 'y'; expected JOIN, WHERE, GROUP BY, WINDOW, HAVING, ORDER BY, "
          "LIMIT, EMIT, UNION ALL or the end");
    CHECK(query_shape("SELECT a FROM t WHERE b GROUP BY a )") ==
          "1:36:1: unexpected ')'; expected the end");
    CHECK(query_shape("SELECT a FROM t WHERE b 5") ==
          "1:25:1: unexpected '5'; expected GROUP BY, WINDOW, HAVING, ORDER BY, LIMIT, EMIT, UNION "
          "ALL or the end");
    CHECK(query_shape("SELECT a FROM t GROUP BY a, WINDOW TUMBLING (at, 1m)") ==
          "1:29:6: unexpected 'WINDOW'; expected an expression (a column of that name is written "
          "\"WINDOW\")");
    CHECK(query_shape("SELECT a\nFROM t\nWHERE b = 'ACME' extra") ==
          "3:18:5: unexpected 'extra'; expected GROUP BY, WINDOW, HAVING, ORDER BY, LIMIT, EMIT, "
          "UNION ALL or the end");
    CHECK(
        query_shape("SELECT a FROM t WHERE " + std::string(100, 'x') + " " +
                    std::string(100, 'y')) ==
        "1:124:100: unexpected '" + std::string(40, 'y') +
            "...'; expected GROUP BY, WINDOW, HAVING, ORDER BY, LIMIT, EMIT, UNION ALL or the end");
}

TEST_CASE("clauses know their places", "[sql][parser]") {
    const Query query = parse_query(
        "SELECT DISTINCT a\nFROM t\nGROUP BY a\nWINDOW TUMBLING (at, 1m)\nHAVING b\nORDER BY "
        "c\nLIMIT 1\nEMIT FINAL");
    const Select& select = query.selects.front();
    CHECK(select.distinct_place == Place{{}, 1, 8, 8});
    CHECK(select.group_by_place == Place{{}, 3, 1, 5});
    CHECK(select.window->place == Place{{}, 4, 1, 24});
    CHECK(select.having_place == Place{{}, 5, 1, 6});
    CHECK(select.order_by_place == Place{{}, 6, 1, 5});
    CHECK(select.limit_place == Place{{}, 7, 1, 5});
    CHECK(select.emit->place == Place{{}, 8, 1, 10});
    CHECK(select.place == Place{{}, 1, 1, 99});
}

TEST_CASE("queries in queries have a bound", "[sql][parser]") {
    const std::string too_deep = ": the query is nested more than 256 levels deep; split it";
    CHECK(query_shape(repeated("SELECT a FROM (", 15'000)).ends_with(too_deep));
    CHECK(query_shape(repeated("WITH x AS (", 20'000)).ends_with(too_deep));
    const std::string deep =
        repeated("SELECT a FROM (", 250) + "SELECT a FROM t" + repeated(")", 250);
    CHECK(parse_query(deep).height == 252);
    CHECK(parse_query("SELECT a FROM t" + repeated(" UNION ALL SELECT a FROM t", 9'000)).height ==
          2);
}

TEST_CASE("text of the greatest size is read in linear time", "[sql][parser]") {
    // Each of these would take minutes where anything is read again and again.
    const auto fill = [](std::string_view start, std::string_view part) {
        std::string text(start);
        while (text.size() + part.size() <= kMaxSqlBytes) text += part;
        return text;
    };
    for (const auto& [start, part] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"SELECT a", ",a"},
             {"SELECT f(", "(a,"},
             {"SELECT f(", "a,"},
             {"SELECT a WHERE ", "("},
             {"SELECT '", "''"},
             {"SELECT ", "/**/"},
             {"SELECT a FROM t GROUP BY a", ",a.b.c"},
             {"SELECT ", "a."},
             {"SELECT 1", "1"},
             {"SELECT 1.", "0"},
             {"SELECT ", "a "},
             {"SELECT ", "\n"}}) {
        CAPTURE(part);
        CHECK_FALSE(query_shape(fill(start, part)).empty());
    }
}

TEST_CASE("damaged queries are parsed or refused, never more", "[sql][parser]") {
    const std::vector<std::string> words{
        "SELECT", "FROM",      "t",       "a",        ",",    "(",       ")",         "WHERE",
        "GROUP",  "BY",        "WINDOW",  "TUMBLING", "EMIT", "CHANGES", "CASE",      "WHEN",
        "THEN",   "END",       "AND",     "OR",       "NOT",  "IN",      "IS",        "NULL",
        "LIKE",   "BETWEEN",   "=",       "-",        "*",    "||",      "1",         "1.5",
        "5m",     "'x'",       "\"q\"",   "OVER",     "ROWS", "BUFFER",  "PARTITION", "ORDER",
        "JOIN",   "ON",        "UNION",   "ALL",      "WITH", "AS",      "CAST",      "INTERVAL",
        "MINUTE", "->",        "[",       "]",        ":=",   "STRUCT",  "MAP",       "ARRAY",
        "COUNT",  "DISTINCT",  "FILTER",  ".",        ";",    "EVERY",   "FINAL",     "HAVING",
        "LIMIT",  "TIMESTAMP", "EXTRACT", "<",        ">"};
    const std::vector<std::string> whole{
        "SELECT",   "a",       ",",    "COUNT", "(",     "*",     ")",      "FROM", "t",
        "WHERE",    "a",       "IN",   "(",     "1",     ",",     "2",      ")",    "AND",
        "b",        "BETWEEN", "1",    "AND",   "2",     "GROUP", "BY",     "a",    "WINDOW",
        "TUMBLING", "(",       "at",   ",",     "1m",    ")",     "HAVING", "CASE", "WHEN",
        "a",        "THEN",    "TRUE", "ELSE",  "FALSE", "END",   "EMIT",   "FINAL"};
    std::mt19937 random(3);
    int parsed = 0;
    for (int round = 0; round < 8'000; ++round) {
        std::vector<std::string> tokens = whole;
        for (std::size_t changes = random() % 4; changes > 0; --changes) {
            const std::size_t at = random() % tokens.size();
            if (random() % 3 == 0) {
                tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at));
            } else {
                tokens[at] = words[random() % words.size()];
            }
        }
        std::string text;
        for (const std::string& token : tokens) text += token + " ";
        const std::string shape = query_shape(text);
        if (shape.starts_with("SELECT")) ++parsed;
        REQUIRE(
            (shape.starts_with("SELECT") || shape.starts_with("WITH") || shape.starts_with("1:")));
    }
    CHECK(parsed > 2'000);
    for (int round = 0; round < 8'000; ++round) {
        std::string text;
        for (std::size_t left = random() % 16; left > 0; --left)
            text += words[random() % words.size()] + " ";
        REQUIRE_FALSE(query_shape(text).empty());
    }
}

}  // namespace velo::engine::sql
