#include "engine/sql/expression_parser.hpp"

#include <catch2/catch.hpp>

#include "engine/sql/parser.hpp"
#include "tests/engine/sql/ast_text.hpp"

namespace velo::engine::sql {

namespace {

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("operators bind by precedence, and to the left within a level", "[sql][parser]") {
    CHECK(expression_shape("a OR b AND NOT c = d || e + f * -g") ==
          "(a OR (b AND (NOT (c = (d || (e + (f * (- g))))))))");
    CHECK(expression_shape("a - b - c") == "((a - b) - c)");
    CHECK(expression_shape("a / b * c % d") == "(((a / b) * c) % d)");
    CHECK(expression_shape("a + b * c - d") == "((a + (b * c)) - d)");
    CHECK(expression_shape("(a + b) * c") == "((a + b) * c)");
    CHECK(expression_shape("a AND b OR c AND d") == "((a AND b) OR (c AND d))");
    CHECK(expression_shape("NOT a AND NOT NOT b") == "((NOT a) AND (NOT (NOT b)))");
    CHECK(expression_shape("- - a") == "(- (- a))");
    CHECK(expression_shape("+a - -b") == "((+ a) - (- b))");
    CHECK(expression_shape("a || b || c") == "((a || b) || c)");
}

TEST_CASE("comparisons take what binds tighter, and do not chain", "[sql][parser]") {
    CHECK(expression_shape("a + 1 >= b * 2") == "((a + 1) >= (b * 2))");
    CHECK(expression_shape("a != b") == "(a <> b)");
    CHECK(expression_shape("a IS NULL OR b IS NOT NULL") == "((a IS NULL) OR (b IS NOT NULL))");
    CHECK(expression_shape("a IS DISTINCT FROM b + 1") == "(a IS DISTINCT FROM (b + 1))");
    CHECK(expression_shape("a IS NOT DISTINCT FROM NULL AND b") ==
          "((a IS NOT DISTINCT FROM NULL) AND b)");
    CHECK(expression_shape("a BETWEEN 1 AND 2 + 3 AND b") == "((a BETWEEN 1 AND (2 + 3)) AND b)");
    CHECK(expression_shape("a NOT BETWEEN b AND c") == "(a NOT BETWEEN b AND c)");
    CHECK(expression_shape("a IN (1, b + 2)") == "(a IN 1 (b + 2))");
    CHECK(expression_shape("NOT a NOT IN (1)") == "(NOT (a NOT IN 1))");
    CHECK(expression_shape("a LIKE 'x%' || b") == "(a LIKE ('x%' || b))");
    CHECK(expression_shape("a NOT LIKE 'x!%' ESCAPE '!'") == "(a NOT LIKE 'x!%' ESCAPE '!')");
    CHECK(expression_shape("(a = b) = c") == "((a = b) = c)");
    constexpr std::string_view kChains =
        ": comparisons do not chain; write a < b AND b < c, or use parentheses";
    CHECK(expression_shape("a < b < c") == "1:7:1" + std::string(kChains));
    CHECK(expression_shape("a = b IS NULL") == "1:7:2" + std::string(kChains));
    CHECK(expression_shape("a IN (1) = b") == "1:10:1" + std::string(kChains));
}

TEST_CASE("numbers are exact", "[sql][parser]") {
    CHECK(expression_shape("0") == "0");
    CHECK(expression_shape("007") == "7");
    CHECK(expression_shape("9223372036854775807") == "9223372036854775807");
    CHECK(expression_shape("9223372036854775808") == "9223372036854775808:DECIMAL(19,0)");
    CHECK(expression_shape("-9223372036854775808") == "-9223372036854775808");
    CHECK(expression_shape("-9223372036854775809") == "-9223372036854775809:DECIMAL(19,0)");
    CHECK(expression_shape("1.5") == "1.5:DECIMAL(2,1)");
    CHECK(expression_shape("1.50") == "1.50:DECIMAL(3,2)");
    CHECK(expression_shape(".5") == "0.5:DECIMAL(1,1)");
    CHECK(expression_shape("5.") == "5:DECIMAL(1,0)");
    CHECK(expression_shape("0.05") == "0.05:DECIMAL(2,2)");
    CHECK(expression_shape("0.00") == "0.00:DECIMAL(2,2)");
    CHECK(expression_shape("1e3") == "1000:DECIMAL(4,0)");
    CHECK(expression_shape("1.25e1") == "12.5:DECIMAL(3,1)");
    CHECK(expression_shape("1.5E-3") == "0.0015:DECIMAL(4,4)");
    CHECK(expression_shape("-0.5e+1") == "-5:DECIMAL(1,0)");
    CHECK(expression_shape("0e999999999999999999999") == "0:DECIMAL(1,0)");
    CHECK(expression_shape("99999999999999999999999999999999999999") ==
          "99999999999999999999999999999999999999:DECIMAL(38,0)");
    CHECK(expression_shape("1.0000000000000000000000000000000000000000000")
              .starts_with("1.0000000000000000000000000000000000000:DECIMAL(38,37)"));
    const std::string too_long =
        "the number has more than 38 digits; write it as CAST('…' AS DOUBLE)";
    CHECK(expression_shape("999999999999999999999999999999999999999") == "1:1:39: " + too_long);
    CHECK(expression_shape("1e39") == "1:1:4: " + too_long);
    CHECK(expression_shape("1e-39") == "1:1:5: " + too_long);
    CHECK(expression_shape("1e99999999999999999999") == "1:1:22: " + too_long);
}

TEST_CASE("a minus sign belongs to the number after it, unless it subtracts", "[sql][parser]") {
    CHECK(expression_shape("-5") == "-5");
    CHECK(expression_shape("1 -5") == "(1 - 5)");
    CHECK(expression_shape("- 5 * a") == "(-5 * a)");
    CHECK(expression_shape("-a") == "(- a)");
}

TEST_CASE("other literals mean what they say", "[sql][parser]") {
    CHECK(expression_shape("'it''s'") == "'it''s'");
    CHECK(expression_shape("NULL") == "NULL");
    CHECK(expression_shape("true") == "TRUE");
    CHECK(parse_expression("TIMESTAMP '1970-01-01 00:00:01'")->value ==
          Value{kTimestamp, std::int64_t{1'000'000}});
    CHECK(parse_expression("TIMESTAMP '1970-01-01T00:00:01.25+01:00'")->value ==
          Value{kTimestamp, std::int64_t{-3'598'750'000}});
    CHECK(parse_expression("timestamp '1970-01-02'")->value ==
          Value{kTimestamp, std::int64_t{86'400'000'000}});
    CHECK(parse_expression("DATE '1970-01-02'")->value == Value{kDate, std::int64_t{1}});
    CHECK(expression_shape("TIMESTAMP 'yesterday'") ==
          "1:11:11: this is not a time; write TIMESTAMP '2024-01-15 10:00:00' or "
          "'2024-01-15T10:00:00.250Z'");
    CHECK(expression_shape("DATE '2023-02-29'") ==
          "1:6:12: this is not a date; write DATE '2024-01-15'");
}

TEST_CASE("intervals are written in many ways", "[sql][parser]") {
    CHECK(expression_shape("INTERVAL '1' MINUTE") == "1m");
    CHECK(expression_shape("INTERVAL '90' SECONDS") == "1m30s");
    CHECK(expression_shape("interval 5 minutes") == "5m");
    CHECK(expression_shape("INTERVAL 5m") == "5m");
    CHECK(expression_shape("INTERVAL '5 minutes'") == "5m");
    CHECK(expression_shape("INTERVAL '1h30m'") == "1h30m");
    CHECK(expression_shape("INTERVAL '1.5' SECOND") == "1s500ms");
    CHECK(expression_shape("INTERVAL '-5' MINUTE") == "-5m");
    CHECK(expression_shape("INTERVAL '2' WEEK") == "14d");
    CHECK(expression_shape("at - 5M") == "(at - 5m)");
    CHECK(expression_shape("1m30s") == "1m30s");
    CHECK(expression_shape("INTERVAL '1' MONTH") == "1:14:5: 'MONTH' has no fixed length; use DAY");
    CHECK(expression_shape("INTERVAL '1' YEARS") == "1:14:5: 'YEARS' has no fixed length; use DAY");
    CHECK(expression_shape("INTERVAL '1' NANOSECOND") ==
          "1:14:10: 'NANOSECOND' is finer than a microsecond, the finest unit of time; use "
          "MICROSECOND");
    CHECK(expression_shape("INTERVAL '1.5' us") ==
          "1:10:5: the interval is finer than a microsecond; use fewer digits");
    CHECK(expression_shape("INTERVAL 'x' MINUTE") ==
          "1:10:3: 'x' is not a number of units; write INTERVAL '5' MINUTE");
    CHECK(expression_shape("INTERVAL '5'") == "1:10:3: '5' has no unit; write INTERVAL '5' MINUTE");
    CHECK(expression_shape("INTERVAL 5 fortnights") ==
          "1:12:10: unexpected 'fortnights'; expected a unit of time");
    CHECK(expression_shape("INTERVAL '1:30' HOUR TO MINUTE") ==
          "1:10:6: '1:30' is not a number of units; write INTERVAL '5' MINUTE");
    CHECK(expression_shape("INTERVAL '1' DAY TO SECOND") ==
          "1:18:2: an interval has one unit; write INTERVAL '90' MINUTE for '1:30' HOUR TO MINUTE");
    CHECK(expression_shape("INTERVAL '999999999999999999' DAY") ==
          "1:10:20: the interval is longer than 292,000 years; use a shorter one");
    CHECK(expression_shape("1y") ==
          "1:1:2: '1y' counts months or years, which differ in length; use days: 30d");
}

TEST_CASE("words that mean something elsewhere are names where they can be", "[sql][parser]") {
    for (const std::string_view name :
         {"timestamp", "date",      "interval", "symbol", "count",   "key",     "value", "first",
          "last",      "map",       "array",    "struct", "cast",    "window",  "emit",  "end",
          "then",      "left",      "right",    "every",  "changes", "rows",    "row",   "over",
          "filter",    "partition", "size",     "within", "current", "session", "all",   "any",
          "exists",    "year",      "minute",   "by",     "with",    "except"}) {
        CAPTURE(name);
        CHECK(expression_shape(name) == name);
    }
    CHECK(expression_shape("date + 1 > timestamp") == "((date + 1) > timestamp)");
    CHECK(expression_shape("left(a, 2) || right(b, 1)") == "(left(a 2) || right(b 1))");
    CHECK(expression_shape("t.order + t.\"x y\"") == "(t.order + t.\"x y\")");
    CHECK(expression_shape("`from`") == "\"from\"");
    CHECK(expression_shape("order") ==
          "1:1:5: unexpected 'order'; expected an expression (a column of that name is written "
          "\"order\")");
    CHECK(expression_shape("a + from") ==
          "1:5:4: unexpected 'from'; expected an expression (a column of that name is written "
          "\"from\")");
}

TEST_CASE("CASE has a searched and a simple form", "[sql][parser]") {
    CHECK(expression_shape("CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END") ==
          "(CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3)");
    CHECK(expression_shape("CASE a WHEN 1 THEN 'x' END") == "(CASE a WHEN 1 THEN 'x')");
    CHECK(expression_shape("CASE WHEN CASE a WHEN 1 THEN b END THEN c END") ==
          "(CASE WHEN (CASE a WHEN 1 THEN b) THEN c)");
    CHECK(expression_shape("CASE WHEN f(end) > (end) THEN 1 END") ==
          "(CASE WHEN (f(end) > end) THEN 1)");
    CHECK(expression_shape("CASE WHEN a THEN END") ==
          "1:18:3: unexpected 'END'; expected an expression (a column of that name is written "
          "\"END\")");
    CHECK(expression_shape("CASE WHEN a THEN 1") ==
          "1:19:1: unexpected end; expected WHEN, ELSE or END");
    CHECK(expression_shape("CASE WHEN a THEN 1 ELES 2 END") ==
          "1:20:4: unexpected 'ELES'; did you mean 'ELSE'?");
    CHECK(expression_shape("CASE a THEN 1 END") ==
          "1:8:4: unexpected 'THEN'; did you mean 'WHEN'?");
    CHECK(expression_shape("CASE END") ==
          "1:6:3: unexpected 'END'; expected an expression (a column of that name is written "
          "\"END\")");
}

TEST_CASE("CAST and TRY_CAST name a type", "[sql][parser]") {
    CHECK(expression_shape("CAST(a + 1 AS DECIMAL(10, 2))") == "CAST((a + 1) AS DECIMAL(10, 2))");
    CHECK(expression_shape("try_cast(a AS ARRAY<MAP<STRING, BIGINT>>)") ==
          "TRY_CAST(a AS ARRAY<MAP<STRING, BIGINT>>)");
    CHECK(parse_expression("CAST(a AS INT)")->type.type == kBigint);
    CHECK(parse_expression("CAST(a AS STRUCT<x INT, y TEXT>)")->type.type ==
          struct_type({{"x", kBigint}, {"y", kString}}));
    CHECK(expression_shape("CAST(a, INT)") == "1:7:1: unexpected ','; expected AS");
    CHECK(expression_shape("CAST(a AS STRNG)") ==
          "1:11:5: unknown type 'STRNG'; did you mean 'STRING'?");
}

TEST_CASE("calls take DISTINCT, a star, FILTER and lambdas", "[sql][parser]") {
    CHECK(expression_shape("f()") == "f()");
    CHECK(expression_shape("COUNT(*)") == "COUNT(*)");
    CHECK(expression_shape("count(DISTINCT a)") == "count(DISTINCT a)");
    CHECK(expression_shape("SUM(a) FILTER (WHERE b > 0)") == "SUM(a) FILTER (b > 0)");
    CHECK(expression_shape("TRANSFORM(a, x -> x + 1)") == "TRANSFORM(a (x -> (x + 1)))");
    CHECK(expression_shape("REDUCE(a, (s, x) -> s + x)") == "REDUCE(a (s.x -> (s + x)))");
    CHECK(expression_shape("f((a), (a + b))") == "f(a (a + b))");
    CHECK(expression_shape("EXTRACT(HOUR FROM at)") == "EXTRACT('hour' at)");
    CHECK(expression_shape("EXTRACT('hour', at)") == "EXTRACT('hour' at)");
    CHECK(expression_shape("f(a b)") == "1:5:1: unexpected 'b'; expected ',' or ')'");
    CHECK(expression_shape("f(a,)") == "1:5:1: unexpected ')'; expected an expression");
    CHECK(expression_shape("f(a") == "1:4:1: unexpected end; expected ',' or ')'");
    CHECK(expression_shape("SUBSTRING(a FROM 2 FOR 3)") == "SUBSTRING(a 2 3)");
    CHECK(expression_shape("SUBSTRING(a FROM 2)") == "SUBSTRING(a 2)");
    CHECK(expression_shape("TRIM(a)") == "TRIM(a)");
    CHECK(expression_shape("TRIM(BOTH 'x' FROM a)") == "TRIM(a 'x')");
    CHECK(expression_shape("TRIM(LEADING FROM a)") == "LTRIM(a)");
    CHECK(expression_shape("TRIM('x' FROM a)") == "TRIM(a 'x')");
    CHECK(expression_shape("TRIM(both)") == "TRIM(both)");
    CHECK(expression_shape("POSITION('x' IN a || b)") == "POSITION('x' (a || b))");
    std::string deep;
    for (int i = 0; i < 20'000; ++i) deep += "POSITION(";
    CHECK(expression_shape(deep).ends_with(
        "the query is nested more than 256 levels deep; split it"));
    CHECK(expression_shape("POSITION('x', a)") == "POSITION('x' a)");
    CHECK(expression_shape("OVERLAY(a PLACING b FROM 2 FOR 3)") == "OVERLAY(a b 2 3)");
    CHECK(expression_shape("OVERLAY(a PLACING b)") == "1:20:1: unexpected ')'; expected FROM");
    CHECK(expression_shape("TIMESTAMPDIFF(DAY, a, b)") == "TIMESTAMPDIFF('day' a b)");
    CHECK(expression_shape("DATEADD('day', 1, b)") == "DATEADD('day' 1 b)");
    CHECK(expression_shape("ARRAY_AGG(a ORDER BY b)") ==
          "1:13:5: ORDER BY inside a call is not supported; rows come in the order of their event "
          "time");
    CHECK(expression_shape("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a)") ==
          "PERCENTILE_CONT(a 0.5:DECIMAL(1,1))");
    CHECK(expression_shape("MODE() WITHIN GROUP (ORDER BY a)") == "MODE(a)");
    CHECK(expression_shape("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a DESC)") ==
          "1:45:1: WITHIN GROUP orders by one value, upwards and without NULLs; write ORDER BY x, "
          "and 1 - f for a fraction from the other end");
    CHECK(expression_shape("LISTAGG(a) WITHIN GROUP (ORDER BY b)") ==
          "1:12:6: WITHIN GROUP is not for LISTAGG, whose rows come in the order of their event "
          "time; leave it out");
}

TEST_CASE("OVER has a buffer of rows or a standard frame", "[sql][parser]") {
    CHECK(expression_shape("AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS PARTITION BY symbol ORDER "
                           "BY timestamp)") ==
          "AVG(price) OVER {buffer 100 by symbol order timestamp}");
    CHECK(expression_shape("AVG(a) OVER (ROWS WINDOW BUFFER 5 ROWS)") == "AVG(a) OVER {buffer 5}");
    CHECK(expression_shape("SUM(a) OVER (PARTITION BY b, c ORDER BY t ROWS BETWEEN 3 PRECEDING AND "
                           "CURRENT ROW)") ==
          "SUM(a) OVER {standard by b c order t rows 3 PRECEDING to CURRENT ROW}");
    CHECK(expression_shape(
              "SUM(a) OVER (ORDER BY t DESC NULLS FIRST RANGE INTERVAL '5' MINUTE PRECEDING)") ==
          "SUM(a) OVER {standard order t DESC NULLS FIRST range 5m PRECEDING to CURRENT ROW}");
    CHECK(expression_shape(
              "SUM(a) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)") ==
          "SUM(a) OVER {standard rows UNBOUNDED PRECEDING to UNBOUNDED FOLLOWING}");
    CHECK(expression_shape("COUNT(*) FILTER (WHERE a) OVER ()") ==
          "COUNT(*) FILTER a OVER {standard}");
    CHECK(expression_shape("AVG(a) OVER w") ==
          "1:13:1: named windows are not supported; write the window in the parentheses of OVER ( "
          "… )");
    CHECK(expression_shape("AVG(a) OVER (ROWS WINDOW BUFFER x ROWS)") ==
          "1:33:1: the rows of the buffer is a whole number, not 'x'");
    CHECK(expression_shape("AVG(a) OVER (ROWS WINDOW BUFFER 5)") ==
          "1:34:1: unexpected ')'; expected ROWS");
    CHECK(expression_shape("AVG(a) OVER (ROWS WINDOW BUFFER 5 ROWS EMIT EVERY RECORD)") ==
          "1:40:4: EMIT is not part of OVER; every row is answered when it arrives");
    CHECK(expression_shape("AVG(a) OVER (ROWS WINDOW BUFFER 5 ROWS EXPIRE AFTER NEVER)") ==
          "1:40:6: EXPIRE AFTER is not part of OVER; set state: {ttl: …} of the job file");
    CHECK(expression_shape("AVG(a) OVER (PARTITON BY b)") ==
          "1:14:8: unexpected 'PARTITON'; did you mean 'PARTITION BY'?");
    CHECK(expression_shape("AVG(a) OVER (ROWS x PRECEDING)") ==
          "1:19:1: unexpected 'x'; expected UNBOUNDED PRECEDING, CURRENT ROW, a number of rows or "
          "an interval");
}

TEST_CASE("collections have their literals", "[sql][parser]") {
    CHECK(expression_shape("ARRAY[1, a + 2][1]") == "ARRAY[1 (a + 2)][1]");
    CHECK(expression_shape("ARRAY[]") == "ARRAY[]");
    CHECK(expression_shape("MAP('a', 1)['a']") == "MAP('a' 1)['a']");
    CHECK(expression_shape("STRUCT(a := 1, \"b c\" := x)") == "STRUCT(a.\"b c\" := 1 x)");
    CHECK(expression_shape("a.b[1][2]") == "a.b[1][2]");
    CHECK(expression_shape("MAP('a')") ==
          "1:8:1: the last key of MAP has no value; write MAP(key, value, …)");
    CHECK(expression_shape("STRUCT(1 AS a)") ==
          "1:8:1: the fields of STRUCT have names; write STRUCT(name := value, …)");
    CHECK(expression_shape("MAP['a', 1]") == "MAP('a' 1)");
    CHECK(expression_shape("MAP('a' := 1)") == "MAP('a' 1)");
    CHECK(expression_shape("MAP['a', 1)") == "1:11:1: unexpected ')'; expected ']'");
    CHECK(expression_shape("a[1].b.\"c d\"[2]") == "a[1].b.\"c d\"[2]");
    CHECK(expression_shape("f(x).b + 1") == "(f(x).b + 1)");
    CHECK(expression_shape("TIME '12:30'") == expression_shape("TIME '12:30:00'"));
    CHECK(expression_shape("TIME '1:30'") ==
          "1:6:6: this is not a time of day; write TIME '12:34:56.789', from 00:00:00 to "
          "23:59:59.999999");
}

TEST_CASE("subqueries stand in parentheses", "[sql][parser]") {
    CHECK(expression_shape("a IN (SELECT b FROM t)") == "(a IN {SELECT b | FROM t})");
    CHECK(expression_shape("a > (SELECT MAX(b) FROM t WHERE c)") ==
          "(a > {SELECT MAX(b) | FROM t | WHERE c})");
    CHECK(expression_shape("CASE WHEN a IN (SELECT end FROM t) THEN 1 END") ==
          "(CASE WHEN (a IN {SELECT end | FROM t}) THEN 1)");
    CHECK(expression_shape("EXISTS (SELECT 1 FROM t)") ==
          "1:1:6: EXISTS is not supported; write x IN (SELECT …) or a JOIN");
    CHECK(expression_shape("a > ALL (SELECT b FROM t)") ==
          "1:5:3: ANY, SOME and ALL are not supported; use IN (SELECT …), or compare with MIN or "
          "MAX");
}

TEST_CASE("operators of other systems are functions", "[sql][parser]") {
    CHECK(expression_shape("a ILIKE 'x'") == "(LOWER(a) LIKE LOWER('x'))");
    CHECK(expression_shape("a RLIKE 'x'") == "REGEXP_LIKE(a 'x')");
    CHECK(expression_shape("a NOT REGEXP 'x' AND b") == "((NOT REGEXP_LIKE(a 'x')) AND b)");
    CHECK(expression_shape("a || b SIMILAR TO 'x'") == "SIMILAR_TO((a || b) 'x')");
    CHECK(expression_shape("a IS TRUE") == "(a IS NOT DISTINCT FROM TRUE)");
    CHECK(expression_shape("a IS NOT FALSE") == "(a IS DISTINCT FROM FALSE)");
    CHECK(expression_shape("a IS UNKNOWN") == "(a IS NULL)");
    CHECK(expression_shape("a IS NOT JSON") == "(NOT IS_JSON(a))");
    CHECK(expression_shape("a IS NICE") ==
          "1:6:4: unexpected 'NICE'; expected NULL, TRUE, FALSE or DISTINCT FROM");
    CHECK(expression_shape("a AT TIME ZONE 'UTC'") == "TO_LOCAL_TIME(a 'UTC')");
    CHECK(expression_shape("-a AT TIME ZONE 'UTC' + 1m") == "((- TO_LOCAL_TIME(a 'UTC')) + 1m)");
}

TEST_CASE("operators that there are not are refused by name", "[sql][parser]") {
    CHECK(expression_shape("a NOT NULL") ==
          "1:7:4: unexpected 'NULL'; expected IN, BETWEEN or LIKE");
    CHECK(expression_shape("a + NOT b") ==
          "1:5:3: NOT binds less than the operator before it; put it in parentheses: (NOT …)");
    CHECK(expression_shape("(a, b) = (1, 2)") ==
          "1:3:1: several values in parentheses stand only after IN; write a = 1 AND b = 2 for (a, "
          "b) = (1, 2)");
}

TEST_CASE("a place covers the whole text of its node", "[sql][parser]") {
    const ExpressionPtr sum = parse_expression("(a + b) *\n  f(c)");
    CHECK(sum->place == Place{{}, 1, 1, 16});
    CHECK(sum->children[0]->place == Place{{}, 1, 2, 5});
    CHECK(sum->children[1]->place == Place{{}, 2, 3, 4});
    CHECK(parse_expression("a AND b AND c")->children[0]->place == Place{{}, 1, 1, 7});
}

TEST_CASE("nesting has a bound", "[sql][parser]") {
    const std::string too_deep = "the query is nested more than 256 levels deep; split it";
    const auto ends_with_refusal = [&](const std::string& shape) {
        return shape.ends_with(": " + too_deep);
    };
    CHECK(expression_shape(repeated("(", 255) + "a" + repeated(")", 255)) == "a");
    CHECK(expression_shape(repeated("(", 256) + "a" + repeated(")", 256)) ==
          "1:257:1: " + too_deep);
    CHECK(ends_with_refusal(expression_shape(repeated("(", 100'000))));
    CHECK(ends_with_refusal(expression_shape(repeated("NOT ", 60'000))));
    CHECK(ends_with_refusal(expression_shape(repeated("- ", 100'000))));
    CHECK(ends_with_refusal(expression_shape(repeated("f(", 100'000))));
    CHECK(ends_with_refusal(expression_shape(repeated("CASE ", 50'000))));
    CHECK(ends_with_refusal(expression_shape(repeated("ARRAY[", 40'000))));
    CHECK(ends_with_refusal(expression_shape("a" + repeated("[a", 100'000))));
    CHECK(ends_with_refusal(expression_shape("a" + repeated("[1]", 80'000))));
    CHECK(ends_with_refusal(expression_shape(repeated("x->", 80'000))));
    CHECK(expression_shape("CAST(a AS " + repeated("ARRAY<", 40'000)) ==
          "1:203:5: types are at most 32 levels deep; use a flatter one");
    CHECK(ends_with_refusal(expression_shape(repeated("a IN (SELECT ", 15'000))));
    CHECK(ends_with_refusal(expression_shape("a" + repeated("+1", 300))));
    CHECK(ends_with_refusal(expression_shape("a" + repeated("*1", 100'000))));
    // Chains in parentheses in chains: shallow for the parser, deep as a tree.
    std::string tower = "a";
    for (int i = 0; i < 100; ++i) tower = "(" + tower + repeated("+1", 100) + ")";
    CHECK(ends_with_refusal(expression_shape(tower)));
}

TEST_CASE("long chains of AND, OR and || are not deep", "[sql][parser]") {
    CHECK(parse_expression("a" + repeated(" OR a", 50'000))->height < 64);
    CHECK(parse_expression("a" + repeated(" AND a", 40'000))->height < 64);
    CHECK(parse_expression("a" + repeated("||a", 80'000))->height < 64);
    CHECK(parse_expression("a IN (1" + repeated(",1", 100'000) + ")")->height == 2);
    // The order of the operands is that of the text.
    std::string chain = "a0";
    for (int i = 1; i < 100; ++i) chain += " OR a" + std::to_string(i);
    std::string names = expression_shape(chain);
    std::erase_if(names, [](char c) { return c == '(' || c == ')'; });
    CHECK(names == chain);
}

TEST_CASE("the deepest tree is destroyed without trouble", "[sql][parser]") {
    std::string tower = "a";
    for (int i = 0; i < 15; ++i) tower = "(" + tower + repeated("+1", 16) + ")";
    const ExpressionPtr deep = parse_expression(tower);
    CHECK(deep->height == 241);
}

}  // namespace velo::engine::sql
