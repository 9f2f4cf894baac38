#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

constexpr std::string_view kWindowed =
    "SELECT trader_id, symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price,\n"
    "       SUM(quantity) AS total_quantity, SUM(price *\n quantity) AS total_value\n"
    "FROM trades\nWHERE price > 0 -- no gifts\n"
    "GROUP BY trader_id, symbol\nWINDOW TUMBLING (trade_time, INTERVAL '1' MINUTE)\nHAVING "
    "COUNT(*) > 1";

bool has_line(const std::string& text, std::string_view line) {
    return text.find("\n" + std::string(line) + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("explain shows a windowed query from source to output", "[explain]") {
    const Plan plan = bound(kWindowed);
    std::size_t bytes = 0;
    for (const AggregateCall& call : std::get<GroupPlan>(*plan.keyed).aggregates)
        bytes += call.signature.kernels->state_size;
    CHECK(explain_text(plan) ==
          "query\n"
          "  class        keyed\n"
          "  strategy     hash\n"
          "  reason       rows with equal keys meet on one worker, by the hash of their key\n"
          "  emit         FINAL: each window once, when the watermark reaches its end\n"
          "  message key  JSON of trader_id, symbol, window_start\n"
          "\n"
          "1 source trades\n"
          "  reads        trader_id STRING, symbol STRING, price DOUBLE, quantity BIGINT, "
          "trade_time TIMESTAMP, _event_time TIMESTAMP\n"
          "  reads first  price, trade_time, _event_time\n"
          "  prunes       note\n"
          "  event time   trade_time\n"
          "  lateness     5s\n"
          "  watermark    of a partition: its latest event time minus 5s; of the query: the "
          "earliest of its partitions\n"
          "  idle         a partition read to its end holds nothing back after 30s without rows\n"
          "  state        none\n"
          "\n"
          "2 filter\n"
          "  where  price > 0\n"
          "  state  none\n"
          "\n"
          "3 compute\n"
          "  columns  price * quantity\n"
          "  state    none\n"
          "\n"
          "4 exchange\n"
          "  routes  by the hash of trader_id, symbol\n"
          "\n"
          "5 window\n"
          "  keys        trader_id, symbol\n"
          "  aggregates  COUNT(*), AVG(price), SUM(quantity), SUM(price * quantity)\n"
          "  window      TUMBLING 1m\n"
          "  late        a row is late when all its windows end at or before the watermark its "
          "partition had\n"
          "  state       one entry per key and open window, " +
              std::to_string(bytes) +
              " bytes of aggregates; dropped when the window has ended\n"
              "\n"
              "6 output\n"
              "  having   COUNT(*) > 1\n"
              "  columns  trader_id, symbol, trade_count = COUNT(*), avg_price = AVG(price), "
              "total_quantity = SUM(quantity), total_value = "
              "SUM(price * quantity)\n"
              "  state    none\n");
}

TEST_CASE("explain of a stateless query has no exchange", "[explain]") {
    const std::string text =
        explain_text(bound("SELECT order_id FROM orders WHERE total_amount > 100"));
    CHECK(has_line(text, "  class        stateless"));
    CHECK(
        has_line(text, "  reads        order_id BIGINT, total_amount DOUBLE, (record key) BYTES"));
    CHECK(has_line(text, "  prunes       customer_id, order_date, note"));
    CHECK(has_line(text, "  event time   the record timestamp"));
    CHECK(has_line(text, "  message key  the source record's key"));
    CHECK(text.find("exchange") == std::string::npos);
}

TEST_CASE("explain says what bounds the state of each kind of query", "[explain]") {
    CHECK(has_line(explain_text(bound("SELECT symbol, AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS "
                                      "PARTITION BY symbol) FROM market_rows")),
                   "  state  the latest 100 rows per key; grows with the number of keys"));
    const std::string over = " OVER (PARTITION BY symbol ORDER BY timestamp ";
    CHECK(has_line(explain_text(bound("SELECT RANK()" + over + "), MAX(price)" + over +
                                      "ROWS 9 PRECEDING) FROM market_rows")),
                   "  state       rows until the watermark has passed them, the last 10 rows, how "
                   "many rows there were; grows with the number of partitions"));
    const std::string by_time =
        explain_text(bound("SELECT MAX(price)" + over + "RANGE 5m PRECEDING) FROM market_rows"));
    CHECK(has_line(by_time,
                   "  state       rows until the watermark has passed them, the rows of the last "
                   "5m; a partition goes when all its rows are older"));
    CHECK(has_line(by_time, "  calls       MAX(price) RANGE 5m PRECEDING"));
    CHECK(has_line(by_time,
                   "  late        a row is late when its time is before the watermark its "
                   "partition had"));
    CHECK(has_line(
        by_time, "  emit         each row once, by event time, when the watermark has passed it"));
    CHECK(explain_text(bound("SELECT COUNT(*) FROM orders"))
              .find("bytes of aggregates; does not grow\n") != std::string::npos);
    CHECK(explain_text(bound("SELECT COUNT(*) FROM trades GROUP BY symbol"))
              .find("bytes of aggregates; grows with the number of keys (see state.ttl)\n") !=
          std::string::npos);
    Plan expiring = bound("SELECT COUNT(*) FROM trades GROUP BY symbol");
    expiring.ttl = std::chrono::hours{24};
    CHECK(explain_text(expiring).find(
              "bytes of aggregates; a group goes 1d after its latest row\n") != std::string::npos);
    CHECK(has_line(
        explain_text(bound("SELECT COUNT(*) FROM orders EMIT CHANGES EVERY 500ms")),
        "  emit         CHANGES: the last change of each group, every 500ms of wall clock"));
    const std::string session =
        explain_text(bound("SELECT COUNT(*) FROM orders WINDOW SESSION (10m)"));
    CHECK(has_line(session, "  window      SESSION, rows at most 10m apart"));
    CHECK(has_line(session,
                   "  late        a row is late when its time is before the watermark its "
                   "partition had"));
    CHECK(has_line(session,
                   "  state       one entry and open session, 8 bytes of aggregates; dropped when "
                   "the session has ended"));
    CHECK(has_line(explain_text(bound("SELECT COUNT(*) FROM orders WINDOW HOPPING (10m, 1m)")),
                   "  window      HOPPING 10m every 1m"));
}

TEST_CASE("explain names the calendar of windows, their offset, and how often they answer",
          "[explain]") {
    const auto window = [](std::string_view clause) {
        const std::string text =
            explain_text(bound("SELECT COUNT(*) FROM orders WINDOW " + std::string(clause)));
        const std::size_t start = text.find("  window      ") + 14;
        return text.substr(start, text.find('\n', start) - start);
    };
    CHECK(window("TUMBLING (1h, offset 15m)") == "TUMBLING 1h, offset 15m");
    CHECK(window("TUMBLING (14d, timezone 'Europe/Berlin', offset 6h)") ==
          "TUMBLING 2 weeks of Europe/Berlin, offset 6h");
    CHECK(window("HOPPING (1 YEAR, 1 MONTH)") == "HOPPING 12 months every 1 month of UTC");
    CHECK(window("TUMBLING (INTERVAL '1' YEAR)") == "TUMBLING 1 year of UTC");
    const std::string corrected =
        explain_text(bound("SELECT COUNT(*) FROM orders WINDOW TUMBLING (1m) EMIT FINAL EARLY "
                           "EVERY 10s ALLOWED LATENESS 5m"));
    CHECK(has_line(corrected,
                   "  emit         FINAL: each window once, when the watermark reaches its end; "
                   "early answers of what has changed, every 10s of wall clock; corrected by rows "
                   "that are late by less than 5m"));
    CHECK(has_line(corrected,
                   "  late        a row is late when all its windows end 5m or more before the "
                   "watermark its partition had"));
}

TEST_CASE("explain shows each query over the answers of another", "[explain]") {
    const std::string text = explain_text(bound(
        "SELECT symbol, MAX(n) AS most FROM (SELECT symbol, trader_id, COUNT(*) AS n FROM "
        "trades GROUP BY trader_id, symbol WINDOW TUMBLING (1m) HAVING COUNT(*) > 1) AS m WHERE "
        "n < 9 GROUP BY symbol WINDOW TUMBLING (1h)"));
    CHECK(has_line(text,
                   "  reason       rows meet by the group keys that all queries share, by "
                   "their hash"));
    CHECK(has_line(text, "  routes  by the hash of symbol"));
    CHECK(text.ends_with(
        "3 window\n"
        "  keys        trader_id, symbol\n"
        "  aggregates  COUNT(*)\n"
        "  window      TUMBLING 1m\n"
        "  late        a row is late when all its windows end at or before the watermark its "
        "partition had\n"
        "  state       one entry per key and open window, 8 bytes of aggregates; dropped when the "
        "window has ended\n"
        "\n4 answers m\n"
        "  having      COUNT(*) > 1\n"
        "  columns     symbol, n = COUNT(*)\n"
        "  event time  _window_end less a microsecond\n"
        "  state       none\n"
        "\n5 filter\n"
        "  where  n < 9\n"
        "  state  none\n"
        "\n6 window\n"
        "  keys        symbol\n"
        "  aggregates  MAX(n)\n"
        "  window      TUMBLING 1h\n"
        "  late        never: the watermark follows the answers\n"
        "  state       one entry per key and open window, 16 bytes of aggregates; dropped when "
        "the window has ended\n"
        "\n7 output\n"
        "  columns  symbol, most = MAX(n)\n"
        "  state    none\n"));
    const std::string top = explain_text(
        bound("SELECT symbol, COUNT(*) AS n FROM trades GROUP BY symbol WINDOW TUMBLING (1m) "
              "ORDER BY n DESC, MAX(price) LIMIT 3"));
    CHECK(has_line(top,
                   "  reason       all groups of a window are put in one order, which one "
                   "worker does"));
    CHECK(has_line(top, "  columns     symbol, n = COUNT(*), COUNT(*), MAX(price)"));
    CHECK(has_line(top, "  order  COUNT(*) DESC, MAX(price)"));
}

TEST_CASE("explain as JSON has the same facts, quoted", "[explain]") {
    CHECK(
        explain_json(bound("SELECT note || '\\\"\n' AS n FROM orders")) ==
        R"({"class": "stateless", "strategy": "sticky", "reason": "each row is answered on its own, so it stays with the worker that read it", )"
        R"("emit": "each row that passes, at once", "message_key": "the source record's key", "operators": [)"
        R"({"operator": "source", "name": "orders", "reads": ["note STRING", "(record key) BYTES"], "reads_first": [], )"
        R"("prunes": ["order_id", "customer_id", "order_date", "total_amount"], "event_time": "the record timestamp", "lateness": "0s", )"
        R"("watermark": "of a partition: its latest event time; of the query: the earliest of its partitions", )"
        R"("idle": "a partition read to its end holds nothing back after 30s without rows", "state": "none"}, )"
        R"({"operator": "output", "columns": ["n = note || '\\\"\u000a'"], "state": "none"}]})"
        "\n");
}

TEST_CASE("explain as DOT is one chain of boxes", "[explain]") {
    const std::string dot = explain_dot(bound("SELECT note FROM orders WHERE note <> '\"'"));
    CHECK(dot.starts_with("digraph plan {\n"));
    CHECK(dot.find(
              "n2 [label=\"filter\\lwhere: note <> '\\\"'\\lstate: none\\l\"];\n  n1 -> n2;\n") !=
          std::string::npos);
    CHECK(dot.ends_with("  n2 -> n3;\n}\n"));
}

TEST_CASE("explain shows what DISTINCT and LIMIT keep, and where their rows meet", "[explain]") {
    const std::string distinct = explain_text(bound("SELECT DISTINCT symbol FROM trades"));
    CHECK(has_line(distinct, "  class        keyed"));
    CHECK(has_line(distinct, "  emit         each different row once, when it first appears"));
    CHECK(has_line(distinct,
                   "  state       one entry per key, 0 bytes of aggregates; grows with the "
                   "number of keys (see state.ttl)"));
    const std::string limit = explain_text(bound("SELECT symbol FROM trades LIMIT 3"));
    CHECK(has_line(limit, "  class        global"));
    CHECK(has_line(limit, "  strategy     fan_in"));
    CHECK(has_line(limit, "  rows   the first 3 to arrive"));
    CHECK(has_line(limit, "  state  how many rows have been answered; does not grow"));
}

TEST_CASE("explain shows the arrays that rows are made of", "[explain]") {
    const std::string text = explain_text(
        bound("SELECT symbol, UPPER(word) AS word FROM trades CROSS JOIN UNNEST(SPLIT(note, ' ')) "
              "AS word WHERE price > 1 AND word <> ''"));
    CHECK(has_line(text, "  where  price > 1"));
    CHECK(has_line(text, "  array    SPLIT(note, ' ')"));
    CHECK(has_line(text, "  rows     one for each element; a record without is filtered"));
    CHECK(has_line(text, "  carries  symbol, (record key)"));
    CHECK(has_line(text, "  where    word <> ''"));
    CHECK(has_line(explain_text(bound("SELECT word, COUNT(*) AS n FROM trades LEFT JOIN "
                                      "UNNEST(SPLIT(note, ' ')) AS word ON TRUE GROUP BY word")),
                   "  keys        element of SPLIT(note, ' ')"));
}

}  // namespace velo::engine
