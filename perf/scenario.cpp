#include "perf/scenario.hpp"

#include <algorithm>
#include <array>

namespace velo::perf {

namespace {

constexpr std::string_view kMarketSchema =
    "      symbol: STRING\n      price: DOUBLE\n      quantity: BIGINT\n      timestamp: "
    "TIMESTAMP\n";
constexpr std::string_view kTradesSchema =
    "      trader_id: STRING\n      symbol: STRING\n      price: DOUBLE\n      quantity: BIGINT\n  "
    "    trade_time: TIMESTAMP\n";
constexpr std::string_view kGroupQuery =
    "    SELECT symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price, MIN(price) AS "
    "min_price,\n"
    "           MAX(price) AS max_price, SUM(quantity) AS total_quantity\n"
    "    FROM source_rows\n"
    "    GROUP BY symbol\n";
constexpr std::string_view kGroupQueryEvery =
    "    SELECT symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price, MIN(price) AS "
    "min_price,\n"
    "           MAX(price) AS max_price, SUM(quantity) AS total_quantity\n"
    "    FROM source_rows\n"
    "    GROUP BY symbol\n"
    "    EMIT CHANGES EVERY 1s\n";
constexpr std::string_view kWindowQuery =
    "    SELECT trader_id, symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price,\n"
    "           SUM(quantity) AS total_quantity, SUM(price * quantity) AS total_value, "
    "_window_start\n"
    "    FROM source_rows\n"
    "    GROUP BY trader_id, symbol\n"
    "    WINDOW TUMBLING (trade_time, INTERVAL '1' MINUTE)\n";
constexpr std::string_view kWindowQueryChanges =
    "    SELECT trader_id, symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price,\n"
    "           SUM(quantity) AS total_quantity, SUM(price * quantity) AS total_value, "
    "_window_start\n"
    "    FROM source_rows\n"
    "    GROUP BY trader_id, symbol\n"
    "    WINDOW TUMBLING (trade_time, INTERVAL '1' MINUTE)\n"
    "    EMIT CHANGES\n";

constexpr std::array kScenarios{
    Scenario{"s0", "orders",
             "      order_id: BIGINT\n      customer_id: BIGINT\n      order_date: STRING\n      "
             "total_amount: DOUBLE\n",
             "",
             "    SELECT order_id, customer_id, order_date, total_amount\n    FROM source_rows\n   "
             " WHERE total_amount > 100\n"},
    Scenario{"s1", "market_rows",
             "      symbol: STRING\n      price: DOUBLE\n      timestamp: TIMESTAMP\n",
             "{column: timestamp}",
             "    SELECT symbol, price,\n"
             "           AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS PARTITION BY symbol ORDER BY "
             "timestamp) AS moving_avg\n"
             "    FROM source_rows\n"},
    Scenario{"s2", "market", kMarketSchema, "{column: timestamp}", kGroupQuery},
    Scenario{"s2_every", "market", kMarketSchema, "{column: timestamp}", kGroupQueryEvery},
    Scenario{"s2w_every", "wide", kMarketSchema, "{column: timestamp}", kGroupQueryEvery},
    Scenario{"s2m_every", "million", kMarketSchema, "{column: timestamp}", kGroupQueryEvery},
    Scenario{"s3a", "trades", kTradesSchema, "{column: trade_time, lateness: 5s}", kWindowQuery},
    Scenario{"s3b", "trades", kTradesSchema, "{column: trade_time, lateness: 5s}",
             kWindowQueryChanges},
};

constexpr std::uint64_t kBaseMilliseconds = 1'700'000'000'000;

std::string numbered(std::string_view prefix, std::uint64_t number) {
    return std::string(prefix) + std::to_string(number);
}

}  // namespace

std::span<const Scenario> scenarios() noexcept { return kScenarios; }

const Scenario* find_scenario(std::string_view name) noexcept {
    const auto found = std::ranges::find(kScenarios, name, &Scenario::name);
    return found == kScenarios.end() ? nullptr : &*found;
}

std::string record_key(std::string_view topic, std::uint64_t i) {
    if (topic == "orders") return std::to_string(i % 1000);
    if (topic == "market_rows") return numbered("SYM", i % 10);
    if (topic == "market") return numbered("SYM", i * 7919 % 200);
    if (topic == "wide") return numbered("SYM", i * 7919 % 100'003);
    if (topic == "million") return numbered("SYM", i * 7919 % 1'000'003);
    return numbered("TRADER", i % 20);
}

void append_record(std::string_view topic, std::uint64_t i, std::string& out) {
    const auto number = [&out](std::uint64_t value) { out += std::to_string(value); };
    if (topic == "orders") {
        out += R"({"order_id":)";
        number(i);
        out += R"(,"customer_id":)";
        number(i % 1000);
        out += R"(,"order_date":"2024-01-15","total_amount":)";
        number(50 + i % 100);
        out += ".5}";
        return;
    }
    if (topic == "trades") {
        out += R"({"trader_id":"TRADER)";
        number(i % 20);
        out += R"(","symbol":"SYM)";
        number(i / 20 % 10);
        out += R"(","price":)";
        number(100 + i % 50);
        out += R"(.25,"quantity":)";
        number(100 + i % 1000);
        out += R"(,"trade_time":)";
        number(kBaseMilliseconds + i);
        out += '}';
        return;
    }
    out += R"({"symbol":")";
    out += record_key(topic, i);
    out += R"(","price":)";
    number(100 + i % (topic == "market_rows" ? 50 : 100));
    out += ".25";
    if (topic != "market_rows") {
        out += R"(,"quantity":)";
        number(i % 1000);
    }
    out += R"(,"timestamp":)";
    number(topic == "market_rows" ? i * 1000 : kBaseMilliseconds + i);
    out += '}';
}

std::string job_yaml(const Scenario& scenario, std::string_view job_name, std::string_view source,
                     std::string_view sink) {
    std::string yaml = "name: " + std::string(job_name) + "\nsources:\n  source_rows:\n    " +
                       std::string(source) + "\n    format: json\n    schema:\n" +
                       std::string(scenario.schema);
    if (!scenario.event_time.empty())
        yaml += "    event_time: " + std::string(scenario.event_time) + "\n";
    yaml += "query: |\n" + std::string(scenario.query) + "sink:\n  " + std::string(sink) +
            "\n  format: json\n";
    return yaml;
}

}  // namespace velo::perf
