#include "engine/plan/expression_binder.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

// What a SELECT item over `lines` (a BIGINT, b DECIMAL(10,2), c STRING, at TIMESTAMP, day DATE, ok BOOLEAN) binds to.
BoundPtr item(std::string_view expression) {
    return bound("SELECT " + std::string(expression) + " AS x FROM lines")
        .output.columns.front()
        .expression;
}

// The one mistake in such an item, its place counted from the item's first character.
Lines wrong(std::string_view expression) {
    return mistakes("SELECT\n" + std::string(expression) + " AS x FROM lines");
}

Lines wrong_where(std::string_view condition) {
    return mistakes("SELECT a FROM lines WHERE\n" + std::string(condition));
}

}  // namespace

TEST_CASE("expressions know their types", "[binder]") {
    CHECK(item("a")->type == kBigint);
    CHECK(item("a + 1")->type == kBigint);
    CHECK(item("a > 1 AND ok")->type == kBoolean);
    CHECK(item("c || 'x'")->type == kString);
    CHECK(item("at + INTERVAL '1' DAY")->type == kTimestamp);
    CHECK(item("-a")->type == kBigint);
    CHECK(item("+b")->type == decimal_type(10, 2));
    CHECK(item("CAST(a AS DOUBLE)")->type == kDouble);
    CHECK(item("a IS NULL")->type == kBoolean);
    CHECK(item("c LIKE 'x%'")->type == kBoolean);
    CHECK(item("a BETWEEN 1 AND 2")->type == kBoolean);
    CHECK(item("a IN (1, 2)")->type == kBoolean);
    CHECK(item("NULL")->type == kString);
    CHECK(item("a IS NOT NULL")->function->name == "IS NOT NULL");
}

TEST_CASE("constants are folded", "[binder]") {
    CHECK(item("1 + 2 * 3")->value == Value{kBigint, std::int64_t{7}});
    CHECK(item("NOT (1 > 2)")->value == Value{kBoolean, true});
    CHECK(item("CASE WHEN 1 = 1 THEN 'yes' ELSE 'no' END")->value ==
          Value{kString, std::string("yes")});
    CHECK(item("COALESCE(NULL, 5)")->value == Value{kBigint, std::int64_t{5}});
    CHECK(item("1 / 0")->kind == BoundKind::Call);  // The row that meets it will say so.
    CHECK(item("TRY_CAST(c AS BIGINT)")->kind == BoundKind::Try);
    CHECK_FALSE(bound("SELECT a FROM lines WHERE 1 = 1").where);
    CHECK(bound("SELECT a FROM lines WHERE NULL").where->type == kBoolean);
}

TEST_CASE("branches take the type they have in common", "[binder]") {
    CHECK(item("CASE WHEN ok THEN 1 ELSE 2.5 END")->type.kind == TypeKind::Decimal);
    CHECK(item("CASE WHEN ok THEN a ELSE CAST(a AS DOUBLE) END")->type == kDouble);
    CHECK(item("CASE WHEN ok THEN 'x' END")->type == kString);
    CHECK(item("CASE a WHEN 1 THEN 'one' WHEN 2 THEN 'two' END")->children.size() == 5);
    CHECK(item("COALESCE(a, b, 0)")->type.kind == TypeKind::Decimal);
    CHECK(item("IF(ok, at, day)")->type == kTimestamp);
    CHECK(item("NULLIF(a, 0)")->type == kBigint);
    CHECK(item("IF(ok, c)")->type == kString);
}

TEST_CASE("branches without a common type are told apart", "[binder]") {
    CHECK(wrong("CASE WHEN ok THEN a ELSE c END") ==
          Lines{"2:26: CASE gives BIGINT before and STRING here; CAST one of them"});
    CHECK(wrong("COALESCE(a, c)") ==
          Lines{"2:13: COALESCE gets BIGINT before and STRING here; CAST one of them"});
    CHECK(wrong("IF(ok, a, c)") ==
          Lines{"2:11: IF gives BIGINT before and STRING here; CAST one of them"});
}

TEST_CASE("conditions are BOOLEAN", "[binder]") {
    CHECK(wrong_where("a + 1") ==
          Lines{"2:1: WHERE needs a condition, and 'a + 1' is BIGINT; compare it with a value"});
    CHECK(wrong_where("a AND ok") ==
          Lines{"2:1: AND needs a condition, and 'a' is BIGINT; compare it with a value"});
    CHECK(wrong_where("NOT c") ==
          Lines{"2:5: NOT needs a condition, and 'c' is STRING; compare it with a value"});
    CHECK(wrong("CASE WHEN a THEN 1 END") ==
          Lines{"2:11: WHEN needs a condition, and 'a' is BIGINT; compare it with a value"});
    CHECK(wrong("IF(a, 1, 2)") ==
          Lines{"2:4: IF needs a condition, and 'a' is BIGINT; compare it with a value"});
}

TEST_CASE("a string beside a time is read as one", "[binder]") {
    const auto day = Value{kTimestamp, std::int64_t{1705276800000000}};
    CHECK(item("at >= '2024-01-15T00:00:00Z'")->children[1]->value == day);
    CHECK(item("at >= '2024-01-15'")->children[1]->value == day);
    CHECK(item("at >= '2024-01-15 00:00:00'")->children[1]->value == day);
    CHECK(item("day = '2024-01-15'")->children[1]->value == Value{kDate, std::int64_t{19737}});
    CHECK(wrong_where("at BETWEEN '2024-01-15' AND 'tomorrow'") ==
          Lines{"2:29: 'tomorrow' is no TIMESTAMP; write '2024-01-15T10:00:00Z'"});
    CHECK(wrong_where("day IN ('2024-01-15', '2024-13-01')") ==
          Lines{"2:23: '2024-13-01' is no DATE; write '2024-01-15'"});
    CHECK(item("CASE WHEN ok THEN at ELSE '2024-01-15' END")->type == kTimestamp);
}

TEST_CASE("a chain of conditions is one node, however long", "[binder]") {
    std::string chain = "a = 0";
    for (int i = 1; i < 5000; ++i) chain += " OR a = " + std::to_string(i);
    const Plan plan = bound("SELECT a FROM lines WHERE " + chain);
    CHECK(plan.where->kind == BoundKind::Or);
    CHECK(plan.where->children.size() == 5000);
}

TEST_CASE("aliases serve the items after them", "[binder]") {
    const Plan plan = bound("SELECT a + 1 AS x, x * 2 AS y, y + x AS z FROM lines");
    CHECK(same_expression(*plan.output.columns[1].expression->children[0],
                          *plan.output.columns[0].expression));
    CHECK(bound("SELECT a AS \"X\", a + 1 AS y FROM lines").output.columns[0].name == "X");
    CHECK(mistakes("SELECT y + 1 AS x, a AS y FROM lines") ==
          Lines{"1:8: 'y' is an alias of this or a later item; define it before it is used"});
    CHECK(mistakes("SELECT a + 1 AS x FROM lines WHERE x > 1") ==
          Lines{"1:36: 'x' is an alias, which WHERE cannot use; repeat its expression"});
    CHECK(mistakes("SELECT a AS \"X\", X + 1 AS y FROM lines").empty());
    CHECK(mistakes("SELECT a AS \"X\", x + 1 AS y FROM lines") ==
          Lines{"1:18: unknown column 'x' in source 'lines'; did you mean 'X'?"});
}

TEST_CASE("a column hides an alias of its name", "[binder]") {
    const Plan plan = bound("SELECT a * 2 AS b, b AS c FROM lines");
    CHECK(plan.output.columns[1].expression->type == decimal_type(10, 2));
}

TEST_CASE("aliases of aliases cannot make a plan of any size", "[binder]") {
    std::string sql = "SELECT a + a AS x0";
    for (int i = 1; i < 40; ++i)
        sql += ", x" + std::to_string(i - 1) + " + x" + std::to_string(i - 1) + " AS x" +
               std::to_string(i);
    const Lines lines = mistakes(sql + " FROM lines");
    REQUIRE_FALSE(lines.empty());
    CHECK(
        lines.front().ends_with("the query repeats its expressions too often; use fewer aliases of "
                                "aliases, BETWEENs and CASEs inside each other"));
}

TEST_CASE("aliases of aliases cannot nest without end", "[binder]") {
    std::string deep = "a";
    for (int i = 0; i < 120; ++i) deep = "ABS(" + deep + ")";
    std::string sql = "SELECT " + deep + " AS x0";
    for (int i = 1; i < 6; ++i) {
        std::string next = "x" + std::to_string(i - 1);
        for (int j = 0; j < 120; ++j) next = "ABS(" + next + ")";
        sql += ",\n" + next + " AS x" + std::to_string(i);
    }
    CHECK(mistakes(sql + " FROM lines") ==
          Lines{"6:481: 'x4' stands for more than 512 operations inside each other; use fewer "
                "aliases of aliases"});
}

TEST_CASE("casts that do not exist are refused", "[binder]") {
    CHECK(wrong("CAST(ok AS TIMESTAMP)") ==
          Lines{"2:1: 'ok' is BOOLEAN, which cannot become TIMESTAMP"});
    CHECK(wrong("CAST(a AS ARRAY<STRING>)") ==
          Lines{"2:1: 'a' is BIGINT, which cannot become ARRAY<STRING>"});
}

TEST_CASE("every mistake is told once, and what follows from it not at all", "[binder]") {
    CHECK(mistakes("SELECT nope + 1 AS x, x * 2 AS y, UPPER(nope) AS z, x FROM lines WHERE nada > "
                   "1 AND a = 'x'")
              .size() == 5);
    CHECK(mistakes("SELECT nope1 AS n, a FROM lines WHERE nope2 = 1 AND nope3 = 2") ==
          Lines{"1:8: unknown column 'nope1' in source 'lines'; its columns are 'a', 'b', 'c', "
                "'at', 'day', 'ok'",
                "1:39: unknown column 'nope2' in source 'lines'; its columns are 'a', 'b', 'c', "
                "'at', 'day', 'ok'",
                "1:53: unknown column 'nope3' in source 'lines'; its columns are 'a', 'b', 'c', "
                "'at', 'day', 'ok'"});
}

}  // namespace velo::engine
