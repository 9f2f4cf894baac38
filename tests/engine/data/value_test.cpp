#include "engine/data/value.hpp"

#include <catch2/catch.hpp>

#include "engine/data/date.hpp"
#include "tests/support/values.hpp"

namespace velo::engine {

TEST_CASE("types and values read as SQL writes them", "[value]") {
    CHECK(decimal_type(10, 2).text() == "DECIMAL(10,2)");
    CHECK(kTimestamp.text() == "TIMESTAMP");
    CHECK(text("it's").sql() == "'it''s'");
    CHECK(boolean(true).sql() == "TRUE");
    CHECK(bigint(-5).sql() == "-5");
    CHECK(real(0.1).sql() == "0.1");
    CHECK(decimal(1250, 4, 2).sql() == "12.50");
    CHECK(Value{kBytes, std::string("\x01\xFF")}.sql() == "X'01ff'");
    CHECK(Value{kTimestamp, std::int64_t{1'500}}.sql() ==
          "TIMESTAMP '1970-01-01T00:00:00.001500Z'");
    CHECK(Value{kDate, std::int64_t{19'737}}.sql() == "DATE '2024-01-15'");
    CHECK(interval(90'000'000).sql() == "INTERVAL '1m30s'");
    CHECK(interval(-90'000'000).sql() == "-INTERVAL '1m30s'");
    CHECK(null_of(kString).sql() == "NULL");
}

TEST_CASE("a value fills a constant column and comes back out of it", "[value]") {
    for (const Value& value : {boolean(true), bigint(7), real(1.5), decimal(1250, 4, 2),
                               text("abc"), null_of(kString), null_of(kNullType)}) {
        Column column;
        fill_constant(column, value, 5);
        CHECK(column.rows() == 5);
        CHECK(column.is_constant());
        CHECK(value_at(column, 4) == value);
    }
}

TEST_CASE("dates are days that exist", "[value]") {
    CHECK(parse_date("1970-01-01") == 0);
    CHECK(parse_date("1969-12-31") == -1);
    CHECK(parse_date("2024-02-29") == 19'782);
    for (const std::string_view wrong :
         {"2023-02-29", "2024-13-01", "2024-00-01", "2024-01-32", "2024-1-15", "2024-01-15 ",
          "24-01-15xx", "", "2024/01/15"}) {
        CHECK_FALSE(parse_date(wrong));
    }
    CHECK(date_text(0) == "1970-01-01");
    CHECK(date_text(*parse_date("0001-02-03")) == "0001-02-03");
    CHECK(date_text(2'932'897) == "+10000-01-01");
    CHECK(date_text(-719'529) == "-0001-12-31");
}

}  // namespace velo::engine
