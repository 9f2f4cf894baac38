#include "engine/plan/from_binder.hpp"

#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

std::vector<std::string> read_columns(const Plan& plan) {
    std::vector<std::string> names;
    for (const SourceColumn& column : plan.source.columns) {
        if (column.origin == ColumnOrigin::Field)
            names.push_back(plan.source.declared[column.field].name);
    }
    return names;
}

}  // namespace

TEST_CASE("a query in FROM becomes part of the plan: its WHERE first, unused columns unread",
          "[from]") {
    const Plan plan = bound(
        "WITH dear AS (SELECT price * 2 AS twice, note, quantity FROM trades WHERE price > 5 OR "
        "quantity > 5) SELECT twice FROM dear WHERE twice < 100");
    REQUIRE(plan.where);
    CHECK(plan.where->text == "(price > 5 OR quantity > 5) AND twice < 100");
    CHECK(read_columns(plan) == Lines{"price", "quantity", "trade_time"});
    CHECK(plan.query_class == QueryClass::Stateless);
}

TEST_CASE("explain names the queries that have been merged", "[from][explain]") {
    const std::string text = explain_text(bound(
        "CREATE STREAM a AS SELECT price AS p FROM trades; SELECT p FROM (SELECT p FROM a) b"));
    CHECK(text.find("merged queries  a, b") != std::string::npos);
}

TEST_CASE("queries that double each other's expressions are refused in bounded time", "[from]") {
    std::string sql = "WITH q0 AS (SELECT quantity AS x FROM trades)";
    for (int i = 1; i < 60; ++i)
        sql += fmt::format(", q{} AS (SELECT x + x AS x FROM q{})", i, i - 1);
    sql += " SELECT x FROM q59";
    const Lines lines = mistakes(sql);
    REQUIRE_FALSE(lines.empty());
    CHECK(
        lines.front().ends_with("the query repeats its expressions too often; use fewer aliases "
                                "of aliases, BETWEENs and CASEs inside each other"));
}

TEST_CASE("an expression does not grow without end through queries", "[from]") {
    std::string sql = "WITH q0 AS (SELECT quantity AS x FROM trades)";
    for (int i = 1; i < 80; ++i)
        sql += fmt::format(
            ", q{} AS (SELECT ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(x)))))))) AS x FROM q{})", i, i - 1);
    sql += " SELECT x FROM q79";
    const Lines lines = mistakes(sql);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.front().find("operations inside each other") != std::string::npos);
}

TEST_CASE("a job names so many queries and no more", "[from]") {
    std::string sql = "WITH q0 AS (SELECT price FROM trades)";
    for (std::size_t i = 1; i <= kMostNamedQueries; ++i)
        sql += fmt::format(", q{} AS (SELECT price FROM q{})", i, i - 1);
    sql += fmt::format(" SELECT price FROM q{}", kMostNamedQueries);
    CHECK(mistakes(sql) == Lines{"1:6: the job names more than 256 queries; use several jobs"});
}

TEST_CASE("queries inside each other are refused beyond the depth of SQL", "[from]") {
    std::string sql = "trades";
    for (int i = 0; i < 400; ++i) sql = "(SELECT price FROM " + sql + ")";
    CHECK(mistakes("SELECT price FROM " + sql).size() == 1);
}

}  // namespace velo::engine
