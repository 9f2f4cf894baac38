#include <limits>

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

TEST_CASE("ROUND goes half away from zero", "[rounding]") {
    CHECK(value("ROUND", {real(2.5)}) == "3");
    CHECK(value("ROUND", {real(-2.5)}) == "-3");
    CHECK(value("ROUND", {exact("2.5")}) == "3");
    CHECK(value("ROUND", {exact("-2.45"), bigint(1)}) == "-2.5");
    CHECK(value("ROUND", {bigint(25), bigint(-1)}) == "30");
    CHECK(value("ROUND", {bigint(-25), bigint(-1)}) == "-30");
    CHECK(value("ROUND", {bigint(25), bigint(1)}) == "25");
}

TEST_CASE("a DOUBLE is rounded as it is written", "[rounding]") {
    CHECK(value("ROUND", {real(2.675), bigint(2)}) == "2.68");
    CHECK(value("ROUND", {real(1.005), bigint(2)}) == "1.01");
    CHECK(value("TRUNC", {real(-1.999), bigint(2)}) == "-1.99");
    CHECK(value("ROUND", {real(1234.5), bigint(-2)}) == "1200");
    CHECK(value("ROUND", {real(1e300), bigint(2)}) == "1e+300");
    CHECK(value("ROUND", {real(1e-300), bigint(2)}) == "0");
    CHECK(value("ROUND", {real(1.7e308), bigint(-308)}) == "overflow");
    CHECK(value("ROUND", {real(123), bigint(std::numeric_limits<std::int64_t>::min())}) == "0");
}

TEST_CASE("a DOUBLE rounds as the DECIMAL that writes the same", "[rounding]") {
    std::uint64_t random = 42;
    std::vector<Value> doubles;
    for (int i = 0; i < 5000; ++i) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto thousandths =
            static_cast<double>(static_cast<std::int64_t>(random >> 34) - (std::int64_t{1} << 29));
        doubles.push_back(real(i % 2 == 0 ? thousandths / 1000 : thousandths / 777));
    }
    Rows rows;
    const BoundPtr x = rows.column(kDouble, doubles);
    const BoundPtr as_decimal = bound_cast(x, decimal_type(38, 20));
    for (const std::int64_t digits : {0, 1, 2, 4}) {
        for (const std::string_view name : {"ROUND", "TRUNC"}) {
            const BoundPtr rounded =
                bound_cast(call(name, {as_decimal, lit(bigint(digits))}), kDouble);
            CHECK(rows.answers(call("=", {call(name, {x, lit(bigint(digits))}), rounded})) ==
                  Answers(5000, "TRUE"));
        }
    }
}

TEST_CASE("rounding a DECIMAL drops the digits after the point", "[rounding]") {
    CHECK(typed("ROUND", {exact("9.99"), bigint(1)}) == "10.0 DECIMAL(3,1)");
    CHECK(typed("ROUND", {exact("9.99")}) == "10 DECIMAL(2,0)");
    CHECK(typed("ROUND", {exact("149.9"), bigint(-2)}) == "100 DECIMAL(4,0)");
    CHECK(typed("ROUND", {exact("1.5"), bigint(3)}) == "1.5 DECIMAL(2,1)");
    CHECK(typed("TRUNC", {exact("-9.99"), bigint(1)}) == "-9.9 DECIMAL(3,1)");
    CHECK(typed("CEIL", {exact("1.01")}) == "2 DECIMAL(2,0)");
    CHECK(value("CEIL", {exact("-1.99")}) == "-1");
    CHECK(value("FLOOR", {exact("-1.01")}) == "-2");
    CHECK(value("FLOOR", {exact("1.99")}) == "1");
    Rows rows;
    const BoundPtr x = rows.column(
        decimal_type(4, 2), {decimal(1255, 4, 2), decimal(9999, 4, 2), decimal(-1255, 4, 2)});
    const BoundPtr digits = rows.bigints({bigint(1), bigint(1), bigint(-3)});
    const BoundPtr rounded = call("ROUND", {x, digits});
    CHECK(rounded->type == decimal_type(4, 2));
    CHECK(rows.answers(rounded) == Answers{"12.60", "overflow", "0.00"});
}

TEST_CASE("CEIL, FLOOR and TRUNC of a DOUBLE and a BIGINT", "[rounding]") {
    CHECK(typed("CEILING", {real(1.2)}) == "2 DOUBLE");
    CHECK(value("FLOOR", {real(-1.2)}) == "-2");
    CHECK(value("TRUNCATE", {real(-1.7)}) == "-1");
    CHECK(typed("FLOOR", {bigint(7)}) == "7 BIGINT");
    CHECK(value("CEIL", {real(-0.5)}) == "0");
    CHECK(value("ROUND", {real(-0.01), bigint(1)}) == "0");
    CHECK(value("-", {real(0)}) == "0");
    CHECK(value("TRUNC", {bigint(-199), bigint(-2)}) == "-100");
    CHECK(value("ROUND", {bigint(std::numeric_limits<std::int64_t>::max()), bigint(-1)}) ==
          "overflow");
    CHECK(value("ROUND", {kNull, bigint(1)}) == "NULL");
    CHECK(mistake("ROUND", {lit(real(1)), lit(real(1))}) ==
          "'ROUND' takes a number and a BIGINT, not DOUBLE and DOUBLE; write ROUND(x [, digits])");
    CHECK(mistake("ROUND", {}) ==
          "'ROUND' takes 1 or 2 arguments, not 0; write ROUND(x [, digits])");
}

}  // namespace velo::engine
