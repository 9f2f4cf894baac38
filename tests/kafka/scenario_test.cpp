// The five scenario queries from topic to topic, against answers computed here by plain code. The records are keyed
// otherwise than the GROUP BY key, out of order, and some come too late.
#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

constexpr std::int64_t kRecords = 200'000;
constexpr std::int64_t kBaseMs = 1'700'000'000'000;
constexpr std::int64_t kLatenessMs = 5000;
constexpr std::int64_t kWindowMs = 60'000;

/// One input record as the test knows it.
struct Trade {
    std::string trader, symbol;
    std::int64_t quarters = 0;  // The price in quarters, so that sums are exact in any order.
    std::int64_t quantity = 0;
    std::int64_t time = 0;
    std::int32_t partition = 0;

    [[nodiscard]] double price() const { return static_cast<double>(quarters) / 4; }
    [[nodiscard]] std::string json() const {
        const std::string cents = std::to_string(quarters / 4) + "." +
                                  (quarters % 4 == 0   ? "0"
                                   : quarters % 4 == 1 ? "25"
                                   : quarters % 4 == 2 ? "5"
                                                       : "75");
        return R"({"trader_id":")" + trader + R"(","symbol":")" + symbol + R"(","price":)" + cents +
               R"(,"quantity":)" + std::to_string(quantity) + R"(,"trade_time":)" +
               std::to_string(time) + "}";
    }
};

/// 200,000 trades over `partitions` partitions, jittered by 2 s and now and then by 30 s, so that some are late at 5 s;
/// each symbol in one partition only if asked for.
std::vector<Trade> make_trades(std::int32_t partitions, bool keyed_by_symbol) {
    std::mt19937_64 random(20240115);
    std::vector<Trade> trades;
    for (std::int64_t i = 0; i < kRecords; ++i) {
        Trade trade;
        const auto symbol = static_cast<std::int64_t>(random() % 25);
        trade.trader = "T" + std::to_string(random() % 20);
        trade.symbol = "SYM" + std::to_string(symbol);
        trade.quarters = static_cast<std::int64_t>(400 + random() % 400);
        trade.quantity = static_cast<std::int64_t>(1 + random() % 1000);
        trade.time = kBaseMs + i * 3 -
                     static_cast<std::int64_t>(random() % (random() % 50 == 0 ? 30'000 : 2'000));
        trade.partition =
            keyed_by_symbol
                ? static_cast<std::int32_t>(symbol % partitions)
                : static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(partitions));
        trades.push_back(trade);
    }
    return trades;
}

/// Which trades a one-minute tumbling window takes: judged at the row's own partition, row by row.
std::vector<bool> on_time(const std::vector<Trade>& trades, std::int32_t partitions) {
    std::vector<std::int64_t> newest(static_cast<std::size_t>(partitions), INT64_MIN / 2);
    std::vector<bool> result;
    for (const Trade& trade : trades) {
        std::int64_t& seen = newest[static_cast<std::size_t>(trade.partition)];
        const std::int64_t end = trade.time / kWindowMs * kWindowMs + kWindowMs;
        result.push_back(end > seen - kLatenessMs);
        seen = std::max(seen, trade.time);
    }
    return result;
}

std::string topic_of(std::int32_t partitions, bool keyed) {
    return "trades_" + std::to_string(partitions) + (keyed ? "_by_symbol" : "");
}

/// The trades of this shape, written to their topic once per test program.
const std::vector<Trade>& trades_in_kafka(std::int32_t partitions, bool keyed) {
    static std::map<std::pair<std::int32_t, bool>, std::vector<Trade>> made;
    auto& trades = made[{partitions, keyed}];
    if (!trades.empty()) return trades;
    trades = make_trades(partitions, keyed);
    const KafkaClient client(shared_broker().bootstrap_servers());
    client.create_topic(topic_of(partitions, keyed), partitions);
    std::vector<Record> records;
    for (const Trade& trade : trades) {
        Record record;
        record.key = keyed ? trade.symbol : trade.trader;
        record.value = trade.json();
        record.partition = trade.partition;
        records.push_back(std::move(record));
    }
    client.produce(topic_of(partitions, keyed), records);
    return trades;
}

struct Output {
    std::vector<Record> records;
    Summary summary;
};

/// Runs a query over the trades to their end and reads what it wrote.
Output run_query(const std::string& name, std::int32_t partitions, bool keyed, int workers,
                 const std::string& query) {
    const std::string job = name + "_" + std::to_string(partitions) + "_" + std::to_string(workers);
    const TestFolder folder;
    const std::string server = folder.write(
        "velostream.yaml", "kafka: {bootstrap_servers: \"" + shared_broker().bootstrap_servers() +
                               "\"}\nworkers: " + std::to_string(workers) + "\n");
    const std::string file = folder.write(job + ".yaml", "name: " + job + R"(
sources:
  trades:
    kafka: {topic: )" + topic_of(partitions, keyed) + R"(, start: earliest}
    schema: {trader_id: STRING, symbol: STRING, price: DOUBLE, quantity: BIGINT, trade_time: TIMESTAMP}
    event_time: {column: trade_time, lateness: 5s}
query: |
  )" + query + R"(
sink:
  kafka: {topic: )" + job + R"(.out, create: {partitions: 3, replication: 1}}
delivery: )" + (workers == 1 ? "at_least_once" : "exactly_once") +
                                                             "\n");
    const Ended ended = run_velostream({"run", "--config", server, "--until-end", file});
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    const KafkaClient client(shared_broker().bootstrap_servers());
    Output output{client.consume(job + ".out"), summary_of(job, ended.err)};
    CHECK(output.summary.in == kRecords);
    CHECK(output.summary.balances());
    CHECK(output.summary.out == output.records.size());
    for (std::int32_t p = 0; p < partitions; ++p) {
        const auto committed =
            client.committed("velostream." + job, topic_of(partitions, keyed), p);
        REQUIRE(committed.has_value());
        CHECK(committed->offset == client.end_offset(topic_of(partitions, keyed), p));
    }
    return output;
}

std::string number_text(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.12g", value);
    return text;
}

struct Totals {
    std::int64_t count = 0, quarters = 0, quantity = 0, value_quarters = 0;
    std::int64_t low = INT64_MAX, high = INT64_MIN;
    void add(const Trade& trade) {
        ++count;
        quarters += trade.quarters;
        quantity += trade.quantity;
        value_quarters += trade.quarters * trade.quantity;
        low = std::min(low, trade.quarters);
        high = std::max(high, trade.quarters);
    }
    [[nodiscard]] double average() const {
        return static_cast<double>(quarters) / 4 / static_cast<double>(count);
    }
};

double number(const std::string& json, const std::string& field) {
    return std::stod(json_field(json, field));
}
std::string text(const std::string& json, const std::string& field) {
    const std::string raw = json_field(json, field);
    return raw.size() < 2 ? raw : raw.substr(1, raw.size() - 2);
}

constexpr std::int32_t kPartitionCounts[] = {4, 8};
constexpr int kWorkerCounts[] = {1, 2};

}  // namespace

TEST_CASE("S0: a filter answers each row that passes once", "[kafka][scenario]") {
    for (const std::int32_t partitions : kPartitionCounts) {
        std::vector<std::string> expected;
        for (const Trade& trade : trades_in_kafka(partitions, false)) {
            if (trade.price() > 150)
                expected.push_back(trade.symbol + "/" + std::to_string(trade.quantity) + "/" +
                                   number_text(trade.price()));
        }
        std::ranges::sort(expected);
        for (const int workers : kWorkerCounts) {
            const Output output =
                run_query("s0", partitions, false, workers,
                          "SELECT symbol, quantity, price FROM trades WHERE price > 150");
            std::vector<std::string> actual;
            for (const Record& record : output.records) {
                actual.push_back(text(*record.value, "symbol") + "/" +
                                 json_field(*record.value, "quantity") + "/" +
                                 number_text(number(*record.value, "price")));
                REQUIRE(record.key.has_value());
                REQUIRE(record.key->starts_with("T"));  // The source record's key passes through.
            }
            std::ranges::sort(actual);
            CHECK((actual == expected));
            CHECK(output.summary.filtered + expected.size() == kRecords);
        }
    }
}

TEST_CASE("S1: a moving average follows each symbol's own order", "[kafka][scenario]") {
    for (const std::int32_t partitions : kPartitionCounts) {
        // Each symbol lives in one partition and is the message key, so its order is defined from end to end.
        std::map<std::string, std::vector<std::string>> expected;
        std::map<std::string, std::vector<std::int64_t>> window;
        for (const Trade& trade : trades_in_kafka(partitions, true)) {
            auto& rows = window[trade.symbol];
            rows.push_back(trade.quarters);
            if (rows.size() > 100) rows.erase(rows.begin());
            std::int64_t sum = 0;
            for (const std::int64_t quarters : rows) sum += quarters;
            expected[trade.symbol].push_back(
                number_text(trade.price()) + "/" +
                number_text(static_cast<double>(sum) / 4 / static_cast<double>(rows.size())));
        }
        for (const int workers : kWorkerCounts) {
            const Output output =
                run_query("s1", partitions, true, workers,
                          "SELECT symbol, price, AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS "
                          "PARTITION BY symbol) AS moving_avg FROM trades");
            REQUIRE(output.records.size() == kRecords);
            std::map<std::string, std::vector<std::string>> actual;
            for (const Record& record : output.records) {
                actual[text(*record.value, "symbol")].push_back(
                    number_text(number(*record.value, "price")) + "/" +
                    number_text(number(*record.value, "moving_avg")));
            }
            CHECK((actual == expected));
        }
    }
}

TEST_CASE("S2: running aggregates answer every row, with counts 1 to n per group",
          "[kafka][scenario]") {
    for (const std::int32_t partitions : kPartitionCounts) {
        std::map<std::string, Totals> expected;
        for (const Trade& trade : trades_in_kafka(partitions, false))
            expected[trade.symbol].add(trade);
        for (const int workers : kWorkerCounts) {
            const Output output =
                run_query("s2", partitions, false, workers,
                          "SELECT symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price, "
                          "MIN(price) AS min_price, MAX(price) AS max_price, "
                          "SUM(quantity) AS total_quantity FROM trades GROUP BY symbol");
            REQUIRE(output.records.size() == kRecords);
            std::map<std::string, std::int64_t> counted;
            std::map<std::string, std::string> last;
            bool in_order = true;
            for (const Record& record : output.records) {
                in_order = in_order && number(*record.value, "trade_count") ==
                                           static_cast<double>(++counted[*record.key]);
                last[*record.key] = *record.value;
            }
            CHECK(in_order);
            REQUIRE(last.size() == expected.size());
            for (const auto& [symbol, totals] : expected) {
                const std::string& row = last.at(symbol);
                CHECK(number(row, "trade_count") == static_cast<double>(totals.count));
                CHECK(number(row, "avg_price") == totals.average());
                CHECK(number(row, "min_price") == static_cast<double>(totals.low) / 4);
                CHECK(number(row, "max_price") == static_cast<double>(totals.high) / 4);
                CHECK(json_field(row, "total_quantity") == std::to_string(totals.quantity));
            }
        }
    }
}

namespace {

using WindowKey = std::tuple<std::string, std::string, std::int64_t>;

std::map<WindowKey, Totals> window_totals(const std::vector<Trade>& trades, std::int32_t partitions,
                                          std::uint64_t& late) {
    const std::vector<bool> taken = on_time(trades, partitions);
    std::map<WindowKey, Totals> totals;
    late = 0;
    for (std::size_t i = 0; i < trades.size(); ++i) {
        if (!taken[i]) {
            ++late;
            continue;
        }
        totals[{trades[i].trader, trades[i].symbol, trades[i].time / kWindowMs}].add(trades[i]);
    }
    return totals;
}

std::int64_t minute_of(const std::string& json) {
    // The window starts are in 2023-11-14T22:12 … 23:59 UTC: minutes since that midnight tell them apart.
    const std::string start = text(json, "_window_start");
    const std::int64_t day = std::stoll(start.substr(8, 2));
    return (day - 14) * 1440 + std::stoll(start.substr(11, 2)) * 60 +
           std::stoll(start.substr(14, 2));
}

constexpr std::int64_t kMidnightMinute = 1'699'920'000 / 60;  // 2023-11-14T00:00Z

constexpr const char* kWindowColumns =
    "SELECT trader_id, symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price, SUM(quantity) AS "
    "total_quantity, "
    "SUM(price * quantity) AS total_value, _window_start FROM trades GROUP BY trader_id, symbol "
    "WINDOW TUMBLING (trade_time, INTERVAL '1' MINUTE) ";

void check_row(const std::string& row, const Totals& totals) {
    CHECK(number(row, "trade_count") == static_cast<double>(totals.count));
    CHECK(number(row, "avg_price") == totals.average());
    CHECK(json_field(row, "total_quantity") == std::to_string(totals.quantity));
    CHECK(number(row, "total_value") == static_cast<double>(totals.value_quarters) / 4);
}

}  // namespace

TEST_CASE("S3a: each group of a window answers once, the same on any number of workers",
          "[kafka][scenario]") {
    for (const std::int32_t partitions : kPartitionCounts) {
        std::uint64_t late = 0;
        const auto expected = window_totals(trades_in_kafka(partitions, false), partitions, late);
        REQUIRE(late > 100);
        for (const int workers : kWorkerCounts) {
            const Output output = run_query("s3a", partitions, false, workers,
                                            std::string(kWindowColumns) + "EMIT FINAL");
            CHECK(output.summary.late == late);
            REQUIRE(output.records.size() == expected.size());
            std::map<WindowKey, int> seen;
            for (const Record& record : output.records) {
                const WindowKey key{text(*record.value, "trader_id"), text(*record.value, "symbol"),
                                    minute_of(*record.value) + kMidnightMinute};
                ++seen[key];
                REQUIRE(expected.contains(key));
                check_row(*record.value, expected.at(key));
            }
            CHECK(seen.size() == expected.size());
        }
    }
}

TEST_CASE("S3b: each row answers with its group as it stands, and the last answer is the final one",
          "[kafka][scenario]") {
    for (const std::int32_t partitions : kPartitionCounts) {
        std::uint64_t late = 0;
        const auto expected = window_totals(trades_in_kafka(partitions, false), partitions, late);
        for (const int workers : kWorkerCounts) {
            const Output output = run_query("s3b", partitions, false, workers,
                                            std::string(kWindowColumns) + "EMIT CHANGES");
            CHECK(output.summary.late == late);
            REQUIRE(output.records.size() == kRecords - late);
            std::map<std::string, std::int64_t> counted;
            std::map<std::string, std::string> last;
            bool in_order = true;
            for (const Record& record : output.records) {
                in_order = in_order && number(*record.value, "trade_count") ==
                                           static_cast<double>(++counted[*record.key]);
                last[*record.key] = *record.value;
            }
            CHECK(in_order);
            REQUIRE(last.size() == expected.size());
            for (const auto& [key, row] : last) {
                const WindowKey group{text(row, "trader_id"), text(row, "symbol"),
                                      minute_of(row) + kMidnightMinute};
                REQUIRE(expected.contains(group));
                check_row(row, expected.at(group));
            }
        }
    }
}
