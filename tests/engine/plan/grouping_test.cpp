#include "engine/plan/grouping.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

const GroupPlan& group(const Plan& plan) { return std::get<GroupPlan>(*plan.keyed); }

}  // namespace

TEST_CASE("an expression of GROUP BY is recognised wherever it is repeated", "[grouping]") {
    const Plan plan = bound(
        "SELECT Upper(symbol) || '!' AS loud, COUNT(*) FROM trades GROUP BY UPPER( symbol ) HAVING "
        "upper(SYMBOL) <> 'X'");
    REQUIRE(plan.computed.size() == 1);
    CHECK(group(plan).keys ==
          std::vector<std::uint32_t>{static_cast<std::uint32_t>(plan.source.columns.size())});
    CHECK(plan.output.columns[0].expression->children[0]->kind == BoundKind::Column);
    CHECK(plan.output.columns[0].expression->children[0]->column == 0);
    REQUIRE(plan.output.having);
    CHECK(plan.output.having->children[0]->column == 0);
}

TEST_CASE("GROUP BY takes aliases and the numbers of items, as PostgreSQL does", "[grouping]") {
    for (const std::string_view by : {"1", "loud", "LOUD", "UPPER(symbol)"}) {
        const Plan plan =
            bound("SELECT UPPER(symbol) AS loud, COUNT(*) FROM trades GROUP BY " + std::string(by));
        CHECK(plan.computed.size() == 1);
        CHECK(plan.output.key.columns[0].name == "loud");
    }
}

TEST_CASE("in GROUP BY a column comes before an alias of its name", "[grouping]") {
    CHECK(mistakes("SELECT UPPER(symbol) AS symbol FROM trades GROUP BY symbol").empty());
    const Plan plan = bound("SELECT UPPER(symbol) AS symbol FROM trades GROUP BY symbol");
    CHECK(plan.computed.empty());
    CHECK(plan.output.columns[0].expression->kind == BoundKind::Call);
}

TEST_CASE("a group expression written twice is one key", "[grouping]") {
    CHECK(group(bound("SELECT symbol FROM trades GROUP BY symbol, trades.symbol, 1")).keys.size() ==
          1);
}

TEST_CASE("equal aggregates are computed once, equal arguments too", "[grouping]") {
    const Plan plan = bound(
        "SELECT symbol, SUM(price * quantity) AS total, SUM(price*quantity) / SUM(quantity) AS "
        "vwap, AVG(price * quantity) AS mean\n"
        "FROM trades GROUP BY symbol HAVING SUM(price * quantity) > 10 AND total < 100");
    CHECK(plan.computed.size() == 1);
    CHECK(group(plan).aggregates.size() == 3);
    CHECK(plan.output.columns[1].expression->column == 1);
}

TEST_CASE("a column that is not grouped is an error with its fix", "[grouping]") {
    CHECK(mistakes("SELECT symbol, price, COUNT(*) FROM trades GROUP BY symbol") ==
          Lines{"1:16: column 'price' is neither in GROUP BY nor in an aggregate; add it to GROUP "
                "BY, or write LAST(price)"});
    CHECK(mistakes("SELECT symbol, COUNT(*) FROM trades") ==
          Lines{"1:8: column 'symbol' is not in an aggregate as the others are; add GROUP BY "
                "symbol, or write LAST(symbol)"});
    CHECK(mistakes(
              "SELECT symbol, SUM(price) AS price FROM trades GROUP BY symbol HAVING price > 1") ==
          Lines{"1:71: column 'price' is neither in GROUP BY nor in an aggregate; add it to GROUP "
                "BY, or write LAST(price)"
                " (the alias 'price' is hidden by the column: give it another name)"});
    CHECK(mistakes("SELECT * FROM trades GROUP BY symbol") ==
          Lines{"1:8: '*' is every column of a row, and this query answers per group; name the "
                "columns of GROUP BY"});
}

TEST_CASE("what GROUP BY cannot group by is refused", "[grouping]") {
    CHECK(mistakes("SELECT COUNT(*) AS n FROM trades GROUP BY n") ==
          Lines{"1:43: 'n' is an aggregate, and GROUP BY makes the groups that aggregates are "
                "over; group by columns"});
    CHECK(mistakes("SELECT symbol FROM trades GROUP BY MAX(price)") ==
          Lines{"1:36: 'MAX(price)' is an aggregate, and GROUP BY makes the groups that aggregates "
                "are over; group by columns"});
    CHECK(mistakes("SELECT COUNT(*) FROM trades GROUP BY 3") ==
          Lines{"1:38: GROUP BY 3 is not the number of a SELECT item; there are 1"});
    CHECK(mistakes("SELECT COUNT(*) FROM trades GROUP BY 'x'") ==
          Lines{"1:38: 'x' is the same for every row; group by columns, or leave GROUP BY out"});
    CHECK(
        mistakes("SELECT price + 1 AS p, COUNT(*) FROM trades GROUP BY p * 2") ==
        Lines{
            "1:54: 'p' is an alias, which GROUP BY takes only on its own; repeat its expression"});
    CHECK(mistakes(
              "SELECT COUNT(*) FROM trades GROUP BY symbol, _window_start WINDOW TUMBLING (1m)") ==
          Lines{"1:46: '_window_start' is part of every group of a windowed query; leave it out of "
                "GROUP BY"});
}

TEST_CASE("aggregates without GROUP BY are one group", "[grouping]") {
    const Plan plan = bound("SELECT COUNT(*), SUM(price) + 1 AS more FROM trades");
    CHECK(group(plan).keys.empty());
    CHECK(plan.query_class == QueryClass::Global);
    CHECK(plan.strategy == Strategy::FanIn);
    CHECK(plan.output.key.kind == OutputKey::Kind::None);
}

TEST_CASE("a group needs no aggregate", "[grouping]") {
    const Plan plan = bound("SELECT symbol FROM trades GROUP BY symbol");
    CHECK(group(plan).aggregates.empty());
    CHECK(plan.output.columns.size() == 1);
}

TEST_CASE("HAVING needs groups", "[grouping]") {
    CHECK(mistakes("SELECT price FROM trades HAVING price > 1") ==
          Lines{"1:26: HAVING filters groups, and this query has none; use WHERE"});
    CHECK(mistakes("SELECT COUNT(*) AS n FROM trades HAVING n") ==
          Lines{"1:41: HAVING needs a condition, and 'n' is BIGINT; compare it with a value"});
}

}  // namespace velo::engine
