#include <limits>

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("BIGINT arithmetic is exact, and overflow is a fault", "[arithmetic]") {
    CHECK(typed("+", {bigint(2), bigint(3)}) == "5 BIGINT");
    CHECK(typed("-", {bigint(2), bigint(3)}) == "-1 BIGINT");
    CHECK(typed("*", {bigint(-4), bigint(3)}) == "-12 BIGINT");
    CHECK(value("+", {bigint(kLargest), bigint(1)}) == "overflow");
    CHECK(value("-", {bigint(kSmallest), bigint(1)}) == "overflow");
    CHECK(value("*", {bigint(kLargest), bigint(2)}) == "overflow");
    CHECK(value("-", {bigint(kSmallest)}) == "overflow");
    CHECK(value("-", {bigint(5)}) == "-5");
}

TEST_CASE("BIGINT / BIGINT truncates towards zero; by zero it is a fault", "[arithmetic]") {
    CHECK(typed("/", {bigint(7), bigint(2)}) == "3 BIGINT");
    CHECK(value("/", {bigint(-7), bigint(2)}) == "-3");
    CHECK(value("/", {bigint(7), bigint(0)}) == "division_by_zero");
    CHECK(value("/", {bigint(kSmallest), bigint(-1)}) == "overflow");
    CHECK(value("%", {bigint(-7), bigint(3)}) == "-1");
    CHECK(value("MOD", {bigint(7), bigint(-3)}) == "1");
    CHECK(value("%", {bigint(kSmallest), bigint(-1)}) == "0");
    CHECK(value("%", {bigint(7), bigint(0)}) == "division_by_zero");
}

TEST_CASE("a DOUBLE makes the result DOUBLE; beyond its range it is a fault", "[arithmetic]") {
    CHECK(typed("+", {real(0.5), bigint(1)}) == "1.5 DOUBLE");
    CHECK(typed("*", {exact("0.5"), real(3)}) == "1.5 DOUBLE");
    CHECK(value("*", {real(1e300), real(1e300)}) == "overflow");
    CHECK(value("+", {real(-1.7e308), real(-1.7e308)}) == "overflow");
    CHECK(value("/", {real(1), real(0)}) == "division_by_zero");
    CHECK(value("/", {real(0), real(0)}) == "division_by_zero");
    CHECK(value("/", {real(1e300), real(1e-300)}) == "overflow");
    CHECK(value("%", {real(5.5), real(2)}) == "1.5");
    CHECK(value("%", {real(5.5), real(0)}) == "division_by_zero");
    CHECK(value("-", {real(1.5)}) == "-1.5");
}

TEST_CASE("DECIMAL results have the documented precision and scale", "[arithmetic]") {
    Rows rows;
    const auto of = [&](int precision, int scale) {
        return rows.column(decimal_type(precision, scale), {decimal(1, precision, scale)});
    };
    CHECK(call("+", {of(10, 2), of(5, 4)})->type == decimal_type(13, 4));
    CHECK(call("-", {of(38, 2), of(38, 4)})->type == decimal_type(38, 4));
    CHECK(call("*", {of(10, 2), of(5, 4)})->type == decimal_type(15, 6));
    CHECK(call("*", {of(38, 10), of(38, 10)})->type == decimal_type(38, 6));
    CHECK(call("*", {of(30, 2), of(20, 2)})->type == decimal_type(38, 4));
    CHECK(call("/", {of(10, 2), of(10, 2)})->type == decimal_type(23, 13));
    CHECK(call("/", {of(4, 0), of(1, 0)})->type == decimal_type(10, 6));
    CHECK(call("/", {of(38, 2), of(38, 2)})->type == decimal_type(38, 6));
    CHECK(call("%", {of(10, 2), of(5, 4)})->type == decimal_type(5, 4));
    CHECK(call("+", {of(10, 2), rows.bigints({bigint(1)})})->type == decimal_type(22, 2));
    CHECK(call("*", {of(10, 2), lit(bigint(2))})->type == decimal_type(11, 2));
}

TEST_CASE("DECIMAL arithmetic is exact", "[arithmetic]") {
    CHECK(typed("+", {exact("0.1"), exact("0.20")}) == "0.30 DECIMAL(3,2)");
    CHECK(typed("-", {exact("1"), exact("0.001")}) == "0.999 DECIMAL(5,3)");
    CHECK(typed("*", {exact("1.5"), exact("-2.25")}) == "-3.375 DECIMAL(5,3)");
    CHECK(typed("/", {exact("1"), exact("3")}) == "0.333333 DECIMAL(7,6)");
    CHECK(value("/", {exact("2"), exact("3")}) == "0.666667");
    CHECK(value("/", {exact("1.0"), exact("0.0")}) == "division_by_zero");
    CHECK(value("%", {exact("-7.5"), exact("2")}) == "-1.5");
    CHECK(value("%", {exact("7.5"), exact("0")}) == "division_by_zero");
    CHECK(value("+", {exact("99999999999999999999999999999999999999"), exact("1")}) == "overflow");
    CHECK(value("*", {exact("99999999999999999999"), exact("99999999999999999999")}) == "overflow");
    CHECK(value("-", {exact("1.5")}) == "-1.5");
}

TEST_CASE("times and intervals add and subtract", "[arithmetic]") {
    const Value noon = timestamp("2024-01-15T12:00:00Z");
    CHECK(typed("+", {noon, interval_of("90m")}) ==
          "TIMESTAMP '2024-01-15T13:30:00.000Z' TIMESTAMP");
    CHECK(value("+", {interval_of("90m"), noon}) == "TIMESTAMP '2024-01-15T13:30:00.000Z'");
    CHECK(value("-", {noon, interval_of("1d")}) == "TIMESTAMP '2024-01-14T12:00:00.000Z'");
    CHECK(typed("-", {noon, timestamp("2024-01-15T10:30:00Z")}) == "INTERVAL '1h30m' INTERVAL");
    CHECK(value("-", {noon, date("2024-01-15")}) == "INTERVAL '12h'");
    CHECK(typed("+", {date("2024-01-31"), interval_of("1d")}) ==
          "TIMESTAMP '2024-02-01T00:00:00.000Z' TIMESTAMP");
    CHECK(value("*", {interval_of("10m"), bigint(3)}) == "INTERVAL '30m'");
    CHECK(value("*", {bigint(-3), interval_of("10m")}) == "-INTERVAL '30m'");
    CHECK(value("/", {interval_of("1h"), bigint(4)}) == "INTERVAL '15m'");
    CHECK(value("/", {interval_of("1h"), bigint(0)}) == "division_by_zero");
    CHECK(value("-", {interval_of("1h")}) == "-INTERVAL '1h'");
    CHECK(value("+", {{kTimestamp, kLargest}, interval_of("1h")}) == "overflow");
}

TEST_CASE("a NULL operand makes the result NULL, of the type it would have", "[arithmetic]") {
    CHECK(typed("+", {kNull, bigint(1)}) == "NULL BIGINT");
    CHECK(typed("+", {timestamp("2024-01-15T12:00:00Z"), kNull}) == "NULL TIMESTAMP");
    CHECK(typed("*", {kNull, interval_of("1h")}) == "NULL INTERVAL");
    CHECK(typed("/", {kNull, bigint(0)}) == "NULL BIGINT");
    CHECK(typed("-", {kNull}) == "NULL BIGINT");
}

TEST_CASE("operands that do not go together are refused with what would", "[arithmetic]") {
    CHECK(mistake("+", {lit(text("a")), lit(bigint(1))}) ==
          "'+' takes two numbers, two INTERVALs, a time and an INTERVAL, or a DATE and a TIME, not "
          "STRING and BIGINT; write a + b");
    CHECK(
        mistake("*", {lit(truth(true)), lit(bigint(1))}) ==
        "'*' takes two numbers, or an INTERVAL and a BIGINT, not BOOLEAN and BIGINT; write a * b");
    CHECK(mistake("%", {lit(bigint(1))}) == "'%' takes 2 arguments, not 1; write a % b");
    CHECK(mistake("-", {lit(text("a"))}) ==
          "'-' takes a number or an INTERVAL, not STRING; write a - b");
}

}  // namespace velo::engine
