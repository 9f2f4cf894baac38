#include "engine/plan/output_binder.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

Lines names_of(std::string_view sql) {
    Lines names;
    const Plan plan = bound(sql);
    for (const OutputColumn& column : plan.output.columns) names.push_back(column.name);
    return names;
}

// `Json: a, b`
std::string key_of(const Plan& plan) {
    static constexpr std::array<std::string_view, 4> kKinds{"None", "PassThrough", "Text", "Json"};
    std::string text(kKinds[static_cast<std::size_t>(plan.output.key.kind)]);
    for (const OutputColumn& column : plan.output.key.columns)
        text += (&column == &plan.output.key.columns.front() ? " " : ", ") + column.name;
    return text;
}

BindOptions keyed_by(std::vector<std::string> columns) {
    BindOptions options = scenarios();
    options.sink_key = std::move(columns);
    return options;
}

}  // namespace

TEST_CASE("columns are called by alias, declared name, function, or number", "[output]") {
    CHECK(names_of("SELECT PRICE, trades.Symbol, price + 1, Upper(symbol), price AS \"Some "
                   "Price\", CAST(price AS STRING), quantity q FROM trades") ==
          Lines{"price", "symbol", "column_3", "upper", "Some Price", "column_6", "q"});
    CHECK(names_of("SELECT COUNT(*), sum(price), symbol FROM trades GROUP BY symbol") ==
          Lines{"count", "sum", "symbol"});
    CHECK(names_of("SELECT *, 1 FROM market_data") ==
          Lines{"symbol", "price", "quantity", "timestamp", "column_5"});
    CHECK(names_of("SELECT * EXCEPT (quantity, PRICE) FROM market_data") ==
          Lines{"symbol", "timestamp"});
    CHECK(names_of("SELECT _WINDOW_START, COUNT(*) FROM trades WINDOW TUMBLING (1m)") ==
          Lines{"_window_start", "count"});
}

TEST_CASE("two columns of one name are an error at the second", "[output]") {
    CHECK(mistakes("SELECT price, symbol, price FROM trades") ==
          Lines{"1:23: two output columns are called 'price'; give one an alias: … AS price_2"});
    CHECK(mistakes("SELECT COUNT(*), COUNT(price) FROM trades") ==
          Lines{"1:18: two output columns are called 'count'; give one an alias: … AS count_2"});
    CHECK(mistakes("SELECT *, UPPER(symbol) AS symbol FROM market_data") ==
          Lines{"1:28: two output columns are called 'symbol'; give one an alias: … AS symbol_2"});
}

TEST_CASE("one group column without a window is the key as text", "[key]") {
    CHECK(key_of(bound("SELECT symbol, COUNT(*) FROM trades GROUP BY symbol")) == "Text symbol");
    CHECK(key_of(bound("SELECT symbol AS s, COUNT(*) FROM trades GROUP BY symbol")) == "Text s");
    CHECK(key_of(bound("SELECT COUNT(*) FROM trades GROUP BY Symbol")) == "Text symbol");
    CHECK(key_of(bound("SELECT COUNT(*) FROM trades GROUP BY UPPER(symbol)")) == "Text upper");
}

TEST_CASE("several group columns, or a window, are a JSON key under the output's names", "[key]") {
    CHECK(
        key_of(bound("SELECT trader_id AS who, COUNT(*) FROM trades GROUP BY trader_id, symbol")) ==
        "Json who, symbol");
    CHECK(key_of(bound("SELECT COUNT(*) FROM trades GROUP BY symbol WINDOW TUMBLING (1m)")) ==
          "Json symbol, window_start");
    CHECK(key_of(bound("SELECT _window_start AS since, COUNT(*) FROM trades GROUP BY symbol WINDOW "
                       "TUMBLING (1m)")) == "Json symbol, since");
    CHECK(key_of(bound("SELECT COUNT(*) FROM trades WINDOW TUMBLING (1m)")) == "Json window_start");
    CHECK(mistakes("SELECT COUNT(*) FROM trades GROUP BY UPPER(symbol), UPPER(trader_id)") ==
          Lines{"1:53: two columns of the message key would be called 'upper'; select one with "
                "another alias: … AS upper_2"});
}

TEST_CASE("rows answered one by one keep their record's key; one group has none", "[key]") {
    CHECK(key_of(bound("SELECT price FROM trades")) == "PassThrough _key");
    CHECK(key_of(bound("SELECT AVG(price) OVER (ROWS WINDOW BUFFER 2 ROWS) FROM trades")) ==
          "PassThrough _key");
    CHECK(key_of(bound("SELECT COUNT(*) FROM trades")) == "None");
}

TEST_CASE("the sink's key names output columns", "[key]") {
    const std::string_view sql = "SELECT symbol AS Sym, price FROM trades";
    CHECK(key_of(bind_query(sql, keyed_by({"sym"}))) == "Text Sym");
    CHECK(key_of(bind_query(sql, keyed_by({"price", "Sym"}))) == "Json price, Sym");
    const Plan plan = bind_query(sql, keyed_by({"sym"}));
    for (const SourceColumn& column : plan.source.columns)
        CHECK(column.origin == ColumnOrigin::Field);
    CHECK(mistakes(sql, keyed_by({"symbol"})) ==
          Lines{"unknown column 'symbol' in the sink's key; the output has 'Sym', 'price'"});
    CHECK(mistakes(sql, keyed_by({"prize"})) ==
          Lines{"unknown column 'prize' in the sink's key; did you mean 'price'?"});
}

}  // namespace velo::engine
