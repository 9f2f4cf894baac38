#include <limits>

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

TEST_CASE("ABS and SIGN keep to their type", "[numeric]") {
    CHECK(typed("ABS", {bigint(-5)}) == "5 BIGINT");
    CHECK(typed("ABS", {exact("-1.50")}) == "1.50 DECIMAL(3,2)");
    CHECK(value("ABS", {real(-0.5)}) == "0.5");
    CHECK(value("ABS", {bigint(std::numeric_limits<std::int64_t>::min())}) == "overflow");
    CHECK(typed("SIGN", {real(-0.5)}) == "-1 BIGINT");
    CHECK(value("SIGN", {exact("0.0")}) == "0");
    CHECK(value("SIGN", {bigint(9)}) == "1");
}

TEST_CASE("functions of a DOUBLE take every number; no result is a fault", "[numeric]") {
    CHECK(typed("SQRT", {bigint(16)}) == "4 DOUBLE");
    CHECK(value("SQRT", {bigint(-1)}) == "bad_argument");
    CHECK(value("LN", {exact("1.0")}) == "0");
    CHECK(value("LN", {bigint(0)}) == "bad_argument");
    CHECK(value("LOG10", {bigint(1000)}) == "3");
    CHECK(value("LOG10", {real(-1)}) == "bad_argument");
    CHECK(value("EXP", {bigint(0)}) == "1");
    CHECK(value("EXP", {bigint(1000)}) == "overflow");
    CHECK(value("POW", {bigint(2), bigint(10)}) == "1024");
    CHECK(value("POWER", {bigint(-8), real(0.5)}) == "bad_argument");
    CHECK(value("POWER", {bigint(0), bigint(-1)}) == "bad_argument");
    CHECK(value("POWER", {real(1e200), bigint(2)}) == "overflow");
    CHECK(value("SQRT", {kNull}) == "NULL");
    CHECK(mistake("SQRT", {lit(text("4"))}) == "'SQRT' takes a number, not STRING; write SQRT(x)");
}

TEST_CASE("GREATEST and LEAST skip NULLs and find a common type", "[conditional]") {
    CHECK(typed("GREATEST", {bigint(1), bigint(3), bigint(2)}) == "3 BIGINT");
    CHECK(typed("LEAST", {bigint(1), exact("0.5")}) == "0.5 DECIMAL(2,1)");
    CHECK(value("GREATEST", {kNull, bigint(3), kNull}) == "3");
    CHECK(value("LEAST", {kNull, kNull}) == "NULL");
    CHECK(value("GREATEST", {text("b"), text("a")}) == "'b'");
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), kNull, kNull, bigint(4)});
    const BoundPtr b = rows.bigints({bigint(2), bigint(5), kNull, kNull});
    CHECK(rows.answers(call("GREATEST", {a, b})) == Answers{"2", "5", "NULL", "4"});
    CHECK(rows.answers(call("LEAST", {a, b, lit(bigint(3))})) == Answers{"1", "3", "3", "3"});
    CHECK(mistake("GREATEST", {lit(bigint(1)), lit(text("a"))}) ==
          "'GREATEST' takes values of one type, not BIGINT and STRING; CAST one of them");
}

}  // namespace velo::engine
