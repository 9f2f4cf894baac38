#include "engine/expression/cast.hpp"

#include <limits>

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

namespace {

// What CAST gives, over a literal and over a column.
std::string cast(const Value& value, Type type) {
    Rows rows;
    const BoundPtr column = rows.column(value.type, {value, kNull});
    const Answers answers = rows.answers(bound_cast(column, type));
    CHECK(answers[1] == "NULL");
    CHECK(rows.answers(bound_cast(lit(value), type))[0] == answers[0]);
    return answers[0];
}

const Type kPrice = decimal_type(5, 2);

}  // namespace

TEST_CASE("numbers become numbers, rounded half away from zero", "[cast]") {
    CHECK(cast(real(2.5), kBigint) == "3");
    CHECK(cast(real(-2.5), kBigint) == "-3");
    CHECK(cast(real(9.3e18), kBigint) == "bad_cast");
    CHECK(cast(exact("2.5"), kBigint) == "3");
    CHECK(cast(exact("9223372036854775808"), kBigint) == "bad_cast");
    CHECK(cast(exact("9223372036854775807.4"), kBigint) == "9223372036854775807");
    CHECK(cast(bigint(3), kDouble) == "3");
    CHECK(cast(exact("0.1"), kDouble) == "0.1");
    CHECK(cast(bigint(999), kPrice) == "999.00");
    CHECK(cast(bigint(1000), kPrice) == "bad_cast");
    CHECK(cast(real(1.005), kPrice) == "1.01");
    CHECK(cast(real(1e30), kPrice) == "bad_cast");
    CHECK(cast(exact("1.005"), kPrice) == "1.01");
    CHECK(cast(exact("999.995"), kPrice) == "bad_cast");
    CHECK(cast(bigint(7), kBoolean) == "TRUE");
    CHECK(cast(boolean(true), kBigint) == "1");
}

TEST_CASE("strings become what they hold", "[cast]") {
    CHECK(cast(text(" 42 "), kBigint) == "42");
    CHECK(cast(text("5.0"), kBigint) == "5");
    CHECK(cast(text("1e2"), kBigint) == "100");
    CHECK(cast(text("5.5"), kBigint) == "bad_cast");
    CHECK(cast(text("9223372036854775808"), kBigint) == "bad_cast");
    CHECK(cast(text(""), kBigint) == "bad_cast");
    CHECK(cast(text("-1.5e3"), kDouble) == "-1500");
    CHECK(cast(text("+1.5"), kDouble) == "1.5");
    CHECK(cast(text("inf"), kDouble) == "bad_cast");
    CHECK(cast(text("nan"), kDouble) == "bad_cast");
    CHECK(cast(text("1e999"), kDouble) == "bad_cast");
    CHECK(cast(text("1x"), kDouble) == "bad_cast");
    CHECK(cast(text("12.345"), kPrice) == "12.35");
    CHECK(cast(text("1000"), kPrice) == "bad_cast");
    CHECK(cast(text("TRUE"), kBoolean) == "TRUE");
    CHECK(cast(text("no"), kBoolean) == "FALSE");
    CHECK(cast(text("maybe"), kBoolean) == "bad_cast");
    CHECK(cast(text("é"), kBytes) == "X'c3a9'");
}

TEST_CASE("strings become times; UTC and midnight unless they say otherwise", "[cast]") {
    CHECK(cast(text("2024-01-15T10:00:00.25Z"), kTimestamp) ==
          "TIMESTAMP '2024-01-15T10:00:00.250Z'");
    CHECK(cast(text("2024-01-15 10:00:00+02:00"), kTimestamp) ==
          "TIMESTAMP '2024-01-15T08:00:00.000Z'");
    CHECK(cast(text("2024-01-15 10:00:00"), kTimestamp) == "TIMESTAMP '2024-01-15T10:00:00.000Z'");
    CHECK(cast(text("2024-01-15"), kTimestamp) == "TIMESTAMP '2024-01-15T00:00:00.000Z'");
    CHECK(cast(text("soon"), kTimestamp) == "bad_cast");
    CHECK(cast(text(std::string(500, '1')), kTimestamp) == "bad_cast");
    CHECK(cast(text("2024-02-29"), kDate) == "DATE '2024-02-29'");
    CHECK(cast(text("2023-02-29"), kDate) == "bad_cast");
    CHECK(cast(text("1m30s"), kInterval) == "INTERVAL '1m30s'");
    CHECK(cast(text("-1h"), kInterval) == "-INTERVAL '1h'");
    CHECK(cast(text("later"), kInterval) == "bad_cast");
}

TEST_CASE("everything but BYTES that is not UTF-8 has a text", "[cast]") {
    CHECK(cast(boolean(false), kString) == "'false'");
    CHECK(cast(bigint(std::numeric_limits<std::int64_t>::min()), kString) ==
          "'-9223372036854775808'");
    CHECK(cast(real(0.1), kString) == "'0.1'");
    CHECK(cast(exact("-12.50"), kString) == "'-12.50'");
    CHECK(cast(timestamp("2024-01-15T10:00:00.000001Z"), kString) ==
          "'2024-01-15T10:00:00.000001Z'");
    CHECK(cast(date("2024-01-15"), kString) == "'2024-01-15'");
    CHECK(cast(interval_of("90s"), kString) == "'1m30s'");
    CHECK(cast({kInterval, std::int64_t{-1'000'000}}, kString) == "'-1s'");
    CHECK(cast({kInterval, std::numeric_limits<std::int64_t>::min()}, kString).starts_with("'-"));
    CHECK(cast(raw("é"), kString) == "'é'");
    CHECK(cast(raw("\xC3"), kString) == "bad_cast");
    CHECK(cast(raw("\xED\xA0\x80"), kString) == "bad_cast");
    CHECK(cast(raw("\xF4\x90\x80\x80"), kString) == "bad_cast");
    CHECK(cast(raw("\xC0\x80"), kString) == "bad_cast");
}

TEST_CASE("times become days and milliseconds, cut downwards", "[cast]") {
    CHECK(cast(timestamp("1969-12-31T23:59:59.9999Z"), kDate) == "DATE '1969-12-31'");
    CHECK(cast(timestamp("1969-12-31T23:59:59.9999Z"), kBigint) == "-1");
    CHECK(cast(bigint(1705312800000), kTimestamp) == "TIMESTAMP '2024-01-15T10:00:00.000Z'");
    CHECK(cast(bigint(std::numeric_limits<std::int64_t>::max()), kTimestamp) == "bad_cast");
    CHECK(cast(date("2024-01-15"), kTimestamp) == "TIMESTAMP '2024-01-15T00:00:00.000Z'");
    CHECK(cast({kDate, std::numeric_limits<std::int64_t>::max()}, kTimestamp) == "bad_cast");
    CHECK(cast(interval_of("1s500ms"), kBigint) == "1500");
    CHECK(cast(bigint(1500), kInterval) == "INTERVAL '1s500ms'");
}

TEST_CASE("casts that make no sense do not exist", "[cast]") {
    CHECK_FALSE(can_cast(kDouble, kBoolean));
    CHECK_FALSE(can_cast(kBigint, kDate));
    CHECK_FALSE(can_cast(kDouble, kTimestamp));
    CHECK_FALSE(can_cast(kBytes, kBigint));
    CHECK_FALSE(can_cast(kString, kNullType));
    CHECK(can_cast(kNullType, kBytes));
    CHECK(can_cast(kDate, kDate));
}

}  // namespace velo::engine
