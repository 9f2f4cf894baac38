#include <chrono>

#include "engine/data/calendar.hpp"
#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

namespace {

const Value kMoment = timestamp("2024-02-29T13:45:56.123456Z");

std::string field(std::string_view unit, const Value& time) {
    return value("EXTRACT", {text(std::string(unit)), time});
}

}  // namespace

TEST_CASE("EXTRACT knows every unit", "[time]") {
    CHECK(field("YEAR", kMoment) == "2024");
    CHECK(field("QUARTER", kMoment) == "1");
    CHECK(field("month", kMoment) == "2");
    CHECK(field("WEEK", kMoment) == "9");
    CHECK(field("DAY", kMoment) == "29");
    CHECK(field("HOUR", kMoment) == "13");
    CHECK(field("MINUTE", kMoment) == "45");
    CHECK(field("SECOND", kMoment) == "56");
    CHECK(field("MILLISECOND", kMoment) == "123");
    CHECK(field("MICROSECOND", kMoment) == "123456");
    CHECK(field("NANOSECOND", kMoment) == "123456000");
    CHECK(field("DOW", kMoment) == "4");
    CHECK(field("ISODOW", timestamp("2024-03-03T00:00:00Z")) == "7");
    CHECK(field("DOW", timestamp("2024-03-03T00:00:00Z")) == "0");
    CHECK(field("DOY", kMoment) == "60");
    CHECK(field("EPOCH", kMoment) == "1709214356");
}

TEST_CASE("weeks are those of ISO 8601", "[time]") {
    CHECK(field("WEEK", timestamp("2021-01-03T23:59:59Z")) == "53");
    CHECK(field("WEEK", timestamp("2021-01-04T00:00:00Z")) == "1");
    CHECK(field("WEEK", timestamp("2019-12-30T00:00:00Z")) == "1");
    CHECK(field("WEEK", timestamp("2020-12-31T00:00:00Z")) == "53");
}

TEST_CASE("fields before 1970 are as after it", "[time]") {
    const Value before = timestamp("1969-12-31T23:59:58.900000Z");
    CHECK(field("YEAR", before) == "1969");
    CHECK(field("SECOND", before) == "58");
    CHECK(field("MILLISECOND", before) == "900");
    CHECK(field("EPOCH", before) == "-2");
    CHECK(field("DOW", before) == "3");
}

TEST_CASE("a DATE is its midnight, and an INTERVAL has fields of its own", "[time]") {
    CHECK(field("HOUR", date("2024-01-15")) == "0");
    CHECK(field("DAY", date("2024-01-15")) == "15");
    CHECK(field("DAY", interval_of("3d4h5m6s")) == "3");
    CHECK(field("HOUR", interval_of("3d4h5m6s")) == "4");
    CHECK(field("EPOCH", interval_of("1m30s")) == "90");
    CHECK(mistake("EXTRACT", {lit(text("MONTH")), lit(interval_of("1d"))})
              .starts_with("'EXTRACT' does not know the unit 'MONTH'"));
}

TEST_CASE("the short forms of EXTRACT", "[time]") {
    CHECK(value("YEAR", {kMoment}) == "2024");
    CHECK(value("MONTH", {kMoment}) == "2");
    CHECK(value("DAY", {date("2024-01-15")}) == "15");
    CHECK(value("HOUR", {kMoment}) == "13");
    CHECK(value("DAYOFWEEK", {kMoment}) == "5");
    CHECK(value("DAYOFYEAR", {kMoment}) == "60");
    CHECK(value("QUARTER", {timestamp("2024-12-01T00:00:00Z")}) == "4");
    CHECK(value("YEAR", {kNull}) == "NULL");
}

TEST_CASE("DATE_TRUNC gives the start of the unit", "[time]") {
    const auto start = [](std::string_view unit, const Value& time) {
        return value("DATE_TRUNC", {text(std::string(unit)), time});
    };
    CHECK(start("year", kMoment) == "TIMESTAMP '2024-01-01T00:00:00.000Z'");
    CHECK(start("quarter", timestamp("2024-06-30T00:00:00Z")) ==
          "TIMESTAMP '2024-04-01T00:00:00.000Z'");
    CHECK(start("month", kMoment) == "TIMESTAMP '2024-02-01T00:00:00.000Z'");
    CHECK(start("week", kMoment) == "TIMESTAMP '2024-02-26T00:00:00.000Z'");
    CHECK(start("day", kMoment) == "TIMESTAMP '2024-02-29T00:00:00.000Z'");
    CHECK(start("hour", kMoment) == "TIMESTAMP '2024-02-29T13:00:00.000Z'");
    CHECK(start("minute", kMoment) == "TIMESTAMP '2024-02-29T13:45:00.000Z'");
    CHECK(start("second", kMoment) == "TIMESTAMP '2024-02-29T13:45:56.000Z'");
    CHECK(start("millisecond", kMoment) == "TIMESTAMP '2024-02-29T13:45:56.123Z'");
    CHECK(start("microsecond", kMoment) == "TIMESTAMP '2024-02-29T13:45:56.123456Z'");
    CHECK(start("day", timestamp("1969-12-31T23:00:00Z")) ==
          "TIMESTAMP '1969-12-31T00:00:00.000Z'");
    CHECK(start("year", {kTimestamp, std::numeric_limits<std::int64_t>::min()}) == "overflow");
    Rows rows;
    const BoundPtr times = rows.column(kTimestamp, {kMoment, kNull});
    CHECK(rows.answers(call("DATE_TRUNC", {lit(text("hour")), times})) ==
          Answers{"TIMESTAMP '2024-02-29T13:00:00.000Z'", "NULL"});
    CHECK(rows.answers(call("EXTRACT", {lit(text("hour")), times})) == Answers{"13", "NULL"});
    CHECK(mistake("DATE_TRUNC", {lit(text("hours")), times}) ==
          "'DATE_TRUNC' does not know the unit 'hours'; did you mean 'HOUR'?");
    CHECK(mistake("DATE_TRUNC", {times, times})
              .starts_with("'DATE_TRUNC' wants the unit as a literal; it is one of YEAR, QUARTER"));
}

TEST_CASE("unix times come in seconds unless a unit is given", "[time]") {
    CHECK(value("FROM_UNIXTIME", {bigint(1709214356)}) == "TIMESTAMP '2024-02-29T13:45:56.000Z'");
    CHECK(value("FROM_UNIXTIME", {bigint(1709214356123), text("ms")}) ==
          "TIMESTAMP '2024-02-29T13:45:56.123Z'");
    CHECK(value("FROM_UNIXTIME", {exact("0.5")}) == "TIMESTAMP '1970-01-01T00:00:00.500Z'");
    CHECK(value("FROM_UNIXTIME", {real(1.5)}) == "TIMESTAMP '1970-01-01T00:00:01.500Z'");
    CHECK(value("FROM_UNIXTIME", {bigint(std::numeric_limits<std::int64_t>::max())}) == "overflow");
    CHECK(value("UNIX_TIMESTAMP", {kMoment}) == "1709214356");
    CHECK(value("UNIX_TIMESTAMP", {kMoment, text("us")}) == "1709214356123456");
    CHECK(value("UNIX_TIMESTAMP", {timestamp("1969-12-31T23:59:59.5Z")}) == "-1");
    CHECK(mistake("FROM_UNIXTIME", {lit(bigint(1)), lit(text("days"))}) ==
          "'FROM_UNIXTIME' does not know that unit; it is one of 's', 'ms', 'us'");
    CHECK(mistake("FROM_UNIXTIME", {lit(text("1"))})
              .starts_with("'FROM_UNIXTIME' takes a number, not STRING"));
}

TEST_CASE("TO_TIMESTAMP reads RFC 3339 or a pattern", "[time]") {
    CHECK(value("TO_TIMESTAMP", {text("2024-02-29T13:45:56+02:00")}) ==
          "TIMESTAMP '2024-02-29T11:45:56.000Z'");
    CHECK(value("TO_TIMESTAMP", {text("29.2.2024 13:45"), text("d.M.yyyy HH:mm")}) ==
          "TIMESTAMP '2024-02-29T13:45:00.000Z'");
    CHECK(value("TO_TIMESTAMP",
                {text("2024-02-29T13:45:56.5-0130"), text("yyyy-MM-dd'T'HH:mm:ss.SX")}) ==
          "TIMESTAMP '2024-02-29T15:15:56.500Z'");
    CHECK(value("TO_TIMESTAMP", {text("20240229"), text("yyyyMMdd")}) ==
          "TIMESTAMP '2024-02-29T00:00:00.000Z'");
    CHECK(value("TO_TIMESTAMP", {text("2023-02-29"), text("yyyy-MM-dd")}) == "bad_argument");
    CHECK(value("TO_TIMESTAMP", {text("2024-02-29x"), text("yyyy-MM-dd")}) == "bad_argument");
    CHECK(value("TO_TIMESTAMP", {text("2024-02-29 24:00"), text("yyyy-MM-dd HH:mm")}) ==
          "bad_argument");
    CHECK(value("TO_TIMESTAMP", {text("x"), kNull}) == "NULL");
    CHECK(mistake("TO_TIMESTAMP", {lit(text("x")), lit(text("yy"))}) ==
          "'TO_TIMESTAMP' does not know 'yy' in its pattern; it knows yyyy MM MMM dd EEE HH hh a "
          "mm ss SSS X "
          "and 'text'");
    CHECK(mistake("TO_TIMESTAMP", {lit(text("x")), lit(text("'T"))}) ==
          "'TO_TIMESTAMP' has a pattern with an open quote; close it, or write '''' for a quote");
}

TEST_CASE("the calendar agrees with the standard library's", "[time]") {
    using namespace std::chrono;
    for (std::int64_t day = -800'000; day < 3'000'000; day += 97) {
        const year_month_day expected{sys_days{days{day}}};
        const CivilDate date = civil_from_days(day);
        REQUIRE(date == CivilDate{int{expected.year()},
                                  static_cast<int>(unsigned{expected.month()}),
                                  static_cast<int>(unsigned{expected.day()})});
        REQUIRE(days_from_civil(date) == day);
    }
}

}  // namespace velo::engine
