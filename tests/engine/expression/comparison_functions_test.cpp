#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

TEST_CASE("values of one type compare by their order", "[comparison]") {
    CHECK(value("=", {bigint(3), bigint(3)}) == "TRUE");
    CHECK(value("!=", {bigint(3), bigint(3)}) == "FALSE");
    CHECK(value("<", {text("a"), text("ab")}) == "TRUE");
    CHECK(value(">=", {text("ä"), text("z")}) == "TRUE");
    CHECK(value(">", {truth(true), truth(false)}) == "TRUE");
    CHECK(value("<=", {real(-0.0), real(0.0)}) == "TRUE");
    CHECK(value("=", {raw("x"), raw("x")}) == "TRUE");
    CHECK(value("<", {date("2024-01-15"), timestamp("2024-01-15T00:00:01Z")}) == "TRUE");
    CHECK(value("=", {interval_of("60s"), interval_of("1m")}) == "TRUE");
}

TEST_CASE("number types compare exactly", "[comparison]") {
    const std::int64_t odd = (std::int64_t{1} << 53) + 1;  // As a double it would be 2^53.
    CHECK(value("=", {bigint(odd), real(9007199254740992.0)}) == "FALSE");
    CHECK(value(">", {bigint(odd), real(9007199254740992.0)}) == "TRUE");
    CHECK(value("<", {real(9007199254740992.0), bigint(odd)}) == "TRUE");
    CHECK(value("<", {bigint(std::numeric_limits<std::int64_t>::max()),
                      real(9223372036854775808.0)}) == "TRUE");
    CHECK(value(">", {bigint(1), exact("0.99")}) == "TRUE");
    CHECK(value("=", {exact("1.50"), exact("1.5")}) == "TRUE");
    CHECK(value("<", {exact("1.5"), bigint(2)}) == "TRUE");
    Rows rows;
    const BoundPtr doubles = rows.column(kDouble, {real(0.1), real(0.5), real(1e300)});
    const BoundPtr decimals = rows.column(
        decimal_type(38, 20),
        {decimal(10'000'000'000'000'000'000ULL, 38, 20),
         decimal(Int128{5} * 10'000'000'000'000'000'000ULL, 38, 20), decimal(1, 38, 20)});
    CHECK(rows.answers(call("=", {doubles, decimals})) ==
          Answers{"FALSE", "TRUE", "FALSE"});  // The double 0.1 is a little more.
    CHECK(rows.answers(call(">", {doubles, decimals})) == Answers{"TRUE", "FALSE", "TRUE"});
    CHECK(rows.answers(call("<", {decimals, doubles})) == Answers{"TRUE", "FALSE", "TRUE"});
}

TEST_CASE("a DECIMAL literal beside a DOUBLE is the nearest double", "[comparison]") {
    Rows rows;
    const BoundPtr price = rows.column(kDouble, {real(0.1), real(0.2)});
    const BoundPtr equal = call("=", {price, lit(exact("0.1"))});
    CHECK(equal->children[1]->type == kDouble);
    CHECK(rows.answers(equal) == Answers{"TRUE", "FALSE"});
}

TEST_CASE("literals take the other side's type where that loses nothing", "[comparison]") {
    Rows rows;
    const BoundPtr total = rows.column(kDouble, {real(1)});
    const BoundPtr quantity = rows.bigints({bigint(1)});
    const BoundPtr price = rows.column(decimal_type(10, 2), {decimal(100, 10, 2)});
    CHECK(call(">", {total, lit(bigint(100))})->children[1]->type == kDouble);
    CHECK(call(">", {quantity, lit(exact("2.00"))})->children[1]->type == kBigint);
    CHECK(call(">", {quantity, lit(exact("2.5"))})->children[1]->type == decimal_type(2, 1));
    CHECK(call(">", {price, lit(bigint(100))})->children[1]->type == decimal_type(38, 2));
    CHECK(rows.answers(call("=", {price, lit(exact("1.000"))})) == Answers{"TRUE"});
    CHECK(rows.answers(call("=", {price, lit(exact("1.001"))})) == Answers{"FALSE"});
    CHECK(rows.answers(call("<", {lit(bigint(0)), quantity})) == Answers{"TRUE"});
}

TEST_CASE("NULL compares to NULL", "[comparison]") {
    CHECK(value("=", {kNull, kNull}) == "NULL");
    CHECK(value("<", {bigint(1), kNull}) == "NULL");
    CHECK(value("IS DISTINCT FROM", {bigint(1), kNull}) == "TRUE");
    CHECK(value("IS DISTINCT FROM", {kNull, kNull}) == "FALSE");
    CHECK(value("IS NOT DISTINCT FROM", {bigint(1), exact("1.0")}) == "TRUE");
    CHECK(value("IS NULL", {kNull}) == "TRUE");
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), kNull, bigint(3)});
    CHECK(rows.answers(call("IS NULL", {a})) == Answers{"FALSE", "TRUE", "FALSE"});
    CHECK(rows.answers(call("IS NOT NULL", {a})) == Answers{"TRUE", "FALSE", "TRUE"});
    CHECK(rows.answers(call("IS DISTINCT FROM", {a, lit(bigint(1))})) ==
          Answers{"FALSE", "TRUE", "TRUE"});
}

TEST_CASE("types that do not compare are refused", "[comparison]") {
    CHECK(mistake("=", {lit(text("1")), lit(bigint(1))}) ==
          "'=' cannot compare STRING with BIGINT; CAST one of them to the type of the other");
    CHECK(mistake("<", {lit(truth(true)), lit(bigint(1))}) ==
          "'<' cannot compare BOOLEAN with BIGINT; CAST one of them to the type of the other");
    CHECK(mistake("IN", {lit(text("a")), lit(bigint(1))}) ==
          "'IN' cannot compare STRING with BIGINT; CAST one of them to the type of the other");
}

TEST_CASE("IN over literals knows three answers", "[in]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), bigint(2), kNull});
    CHECK(rows.answers(call("IN", {a, lit(bigint(1)), lit(bigint(3))})) ==
          Answers{"TRUE", "FALSE", "NULL"});
    CHECK(rows.answers(call("IN", {a, lit(bigint(1)), lit(kNull)})) ==
          Answers{"TRUE", "NULL", "NULL"});
    const BoundPtr words = rows.column(kString, {text("ACME"), text("INIT"), text("")});
    CHECK(rows.answers(call("IN", {words, lit(text("INIT")), lit(text(""))})) ==
          Answers{"FALSE", "TRUE", "TRUE"});
    std::vector<BoundPtr> many{a};
    for (int i = 100; i >= 2; --i) many.push_back(lit(bigint(i)));
    const BoundPtr in = call("IN", many);
    CHECK(in->prepared != nullptr);
    CHECK(rows.answers(in) == Answers{"FALSE", "TRUE", "NULL"});
}

TEST_CASE("IN compares numbers exactly, and takes other expressions", "[in]") {
    Rows rows;
    const BoundPtr a = rows.bigints({bigint(1), bigint(2), bigint(3)});
    const BoundPtr b = rows.bigints({bigint(9), bigint(2), kNull});
    CHECK(rows.answers(call("IN", {a, lit(exact("1.0")), lit(exact("2.5"))})) ==
          Answers{"TRUE", "FALSE", "FALSE"});
    CHECK(rows.answers(call("IN", {a, b, lit(bigint(1))})) == Answers{"TRUE", "TRUE", "NULL"});
    CHECK(call("IN", {lit(bigint(1)), lit(exact("1.5")), lit(bigint(1))})->value == truth(true));
    CHECK(rows.answers(call("IN", {a, lit(real(3))})) == Answers{"FALSE", "FALSE", "TRUE"});
}

}  // namespace velo::engine
