// The plans of the scenario queries, whole.
#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

std::vector<std::string> read_names(const Plan& plan) {
    std::vector<std::string> names;
    for (const SourceColumn& column : plan.source.columns) {
        names.push_back(column.origin == ColumnOrigin::Field
                            ? plan.source.declared[column.field].name
                            : "#" + std::to_string(static_cast<int>(column.origin)));
    }
    return names;
}

std::vector<std::string> output_names(const Plan& plan) {
    std::vector<std::string> names;
    for (const OutputColumn& column : plan.output.columns) names.push_back(column.name);
    return names;
}

std::vector<std::uint32_t> output_numbers(const Plan& plan) {
    std::vector<std::uint32_t> numbers;
    for (const OutputColumn& column : plan.output.columns) {
        REQUIRE(column.expression->kind == BoundKind::Column);
        numbers.push_back(column.expression->column);
    }
    return numbers;
}

using Names = std::vector<std::string>;
using Numbers = std::vector<std::uint32_t>;

const std::string kRawKey = "#" + std::to_string(static_cast<int>(ColumnOrigin::RawKey));
const std::string kEventTime = "#" + std::to_string(static_cast<int>(ColumnOrigin::EventTime));

constexpr std::string_view kS3 =
    "SELECT trader_id, symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price,\n"
    "       SUM(quantity) AS total_quantity, SUM(price * quantity) AS total_value\n"
    "FROM trades\n"
    "GROUP BY trader_id, symbol\n"
    "WINDOW TUMBLING (trade_time, INTERVAL '1' MINUTE)\n";

}  // namespace

TEST_CASE("S0 reads what it selects and filters, and stays where it was read", "[plan]") {
    const Plan plan = bound(
        "SELECT order_id, customer_id, order_date, total_amount\nFROM orders\nWHERE total_amount > "
        "100");
    CHECK(read_names(plan) ==
          Names{"order_id", "customer_id", "order_date", "total_amount", kRawKey});
    CHECK(plan.source.columns[3].early);
    CHECK_FALSE(plan.source.columns[0].early);
    CHECK_FALSE(plan.source.event_time_column);
    REQUIRE(plan.where);
    CHECK(plan.where->type == kBoolean);
    CHECK(plan.where->children[0]->column == 3);
    CHECK(plan.computed.empty());
    CHECK_FALSE(plan.keyed);
    CHECK(output_names(plan) == Names{"order_id", "customer_id", "order_date", "total_amount"});
    CHECK(output_numbers(plan) == Numbers{0, 1, 2, 3});
    CHECK(plan.output.key.kind == OutputKey::Kind::PassThrough);
    REQUIRE(plan.output.key.columns.size() == 1);
    CHECK(plan.output.key.columns[0].expression->column == 4);
    CHECK(plan.query_class == QueryClass::Stateless);
    CHECK(plan.strategy == Strategy::Sticky);
    CHECK(plan.emit.mode == EmitMode::Changes);
}

TEST_CASE("S1 buffers rows by symbol in the order of its time", "[plan]") {
    const Plan plan = bound(
        "SELECT symbol, price,\n  AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS\n"
        "                   PARTITION BY symbol ORDER BY timestamp) AS moving_avg\nFROM "
        "market_rows");
    CHECK(read_names(plan) == Names{"symbol", "price", "timestamp", kRawKey});
    CHECK(plan.source.event_time_column == 2U);
    CHECK(plan.source.columns[2].early);
    REQUIRE(plan.keyed);
    const auto& over = std::get<RowsOverPlan>(*plan.keyed);
    CHECK(over.keys == Numbers{0});
    CHECK(over.order_column == 2U);
    CHECK_FALSE(over.descending);
    CHECK(over.buffer_rows == 100);
    REQUIRE(over.calls.size() == 1);
    CHECK(over.calls[0].args == Numbers{1});
    CHECK(over.calls[0].text == "AVG(price)");
    CHECK(output_names(plan) == Names{"symbol", "price", "moving_avg"});
    CHECK(output_numbers(plan) == Numbers{0, 1, 4});  // The call follows the four source columns.
    CHECK(plan.output.key.kind == OutputKey::Kind::PassThrough);
    CHECK(plan.output.key.columns[0].expression->column == 3);
    CHECK(plan.query_class == QueryClass::Keyed);
    CHECK(plan.strategy == Strategy::Hash);
    CHECK(plan.window() == nullptr);
}

TEST_CASE("S1 with MIN and MAX shares one buffer", "[plan]") {
    const std::string over =
        " OVER (ROWS WINDOW BUFFER 100 ROWS PARTITION BY symbol ORDER BY timestamp)";
    const Plan plan =
        bound("SELECT AVG(price)" + over + ", MIN(price)" + over + " AS low, MAX(price)" + over +
              " AS high, AVG(price)" + over + " AS again FROM market_rows");
    const auto& rows = std::get<RowsOverPlan>(*plan.keyed);
    CHECK(rows.calls.size() == 3);
    CHECK(output_numbers(plan) == Numbers{4, 5, 6, 4});
    CHECK(output_names(plan) == Names{"avg", "low", "high", "again"});
}

TEST_CASE("S2 groups by symbol and writes every change", "[plan]") {
    const std::string sql =
        "SELECT symbol, COUNT(*) AS trade_count, AVG(price) AS avg_price,\n"
        "       MIN(price) AS min_price, MAX(price) AS max_price, SUM(quantity) AS total_quantity\n"
        "FROM market_data\nGROUP BY symbol";
    const Plan plan = bound(sql);
    CHECK(read_names(plan) == Names{"symbol", "price", "quantity"});
    CHECK(plan.computed.empty());
    const auto& group = std::get<GroupPlan>(*plan.keyed);
    CHECK(group.keys == Numbers{0});
    CHECK_FALSE(group.window);
    REQUIRE(group.aggregates.size() == 5);
    CHECK(group.aggregates[0].args.empty());
    CHECK(group.aggregates[1].args == Numbers{1});
    CHECK(group.aggregates[4].args == Numbers{2});
    CHECK(group.aggregates[4].signature.result == decimal_type(38, 0));
    CHECK(output_numbers(plan) == Numbers{0, 1, 2, 3, 4, 5});
    CHECK(plan.output.key.kind == OutputKey::Kind::Text);
    REQUIRE(plan.output.key.columns.size() == 1);
    CHECK(plan.output.key.columns[0].name == "symbol");
    CHECK(plan.output.key.columns[0].expression->column == 0);
    CHECK(plan.query_class == QueryClass::Keyed);
    CHECK(plan.strategy == Strategy::Hash);
    CHECK(plan.emit.mode == EmitMode::Changes);
    CHECK_FALSE(plan.emit.every);
    CHECK(bound(sql + "\nEMIT CHANGES EVERY 1s").emit.every == std::chrono::seconds{1});
    CHECK(plan.query_text == sql);
}

TEST_CASE("S3a answers once per window, with the window in its key", "[plan]") {
    const Plan plan = bound(kS3);
    CHECK(read_names(plan) ==
          Names{"trader_id", "symbol", "price", "quantity", "trade_time", kEventTime});
    CHECK(plan.source.event_time_column == 4U);
    CHECK(plan.source.lateness == std::chrono::seconds{5});
    REQUIRE(plan.computed.size() == 1);
    CHECK(plan.computed[0]->text == "price * quantity");
    const auto& group = std::get<GroupPlan>(*plan.keyed);
    CHECK(group.keys == Numbers{0, 1});
    REQUIRE(group.aggregates.size() == 4);
    CHECK(group.aggregates[3].args ==
          Numbers{6});  // The computed column follows the six source columns.
    REQUIRE(plan.window() != nullptr);
    CHECK(plan.window()->kind == WindowPlan::Kind::Tumbling);
    CHECK(plan.window()->size == std::chrono::minutes{1});
    CHECK(plan.window()->advance == std::chrono::minutes{1});
    CHECK(plan.emit.mode == EmitMode::Final);
    CHECK(plan.output.key.kind == OutputKey::Kind::Json);
    REQUIRE(plan.output.key.columns.size() == 3);
    CHECK(plan.output.key.columns[2].name == "window_start");
    CHECK(plan.output.key.columns[2].expression->column ==
          6);  // After two keys and four aggregates.
    CHECK(output_numbers(plan) == Numbers{0, 1, 2, 3, 4, 5});
}

TEST_CASE("S3b is S3a with every change", "[plan]") {
    const Plan plan = bound(std::string(kS3) + "EMIT CHANGES");
    CHECK(plan.emit.mode == EmitMode::Changes);
    CHECK(plan.window() != nullptr);
    CHECK(plan.output.key.kind == OutputKey::Kind::Json);
}

}  // namespace velo::engine
