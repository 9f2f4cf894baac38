#include "engine/base/time.hpp"

#include <array>
#include <limits>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

namespace velo {

namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
    const auto duration = parse_duration(text);
    return duration ? "accepted: " + duration_text(*duration) : duration.error();
}

EventTime at(Duration since) { return EventTime{since}; }

}  // namespace

TEST_CASE("durations add up numbers with units", "[time]") {
    CHECK(parse_duration("0s") == Duration{0});
    CHECK(parse_duration("5us") == 5us);
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("90s") == 90s);
    CHECK(parse_duration("1m30s") == 90s);
    CHECK(parse_duration("1h2m3s4ms5us") == 1h + 2min + 3s + 4ms + 5us);
    CHECK(parse_duration("7d") == 168h);
    CHECK(parse_duration("1w") == 168h);
    CHECK(parse_duration("30s1m") == 90s);
    CHECK(parse_duration("9223372036854775807us") == Duration::max());
}

TEST_CASE("what is no duration is refused with what would be one", "[time]") {
    CHECK(refusal("") == "a duration is empty; write it as 5s, 500ms or 1m30s");
    CHECK(refusal("soon") == "'soon' is not a duration; write it as 5s, 500ms or 1m30s");
    CHECK(refusal("5") == "'5' has a number without a unit; use us, ms, s, m, h, d or w");
    CHECK(refusal("5 m") == "'5 m' has no duration unit ' m'; use us, ms, s, m, h, d or w");
    CHECK(refusal("5min") == "'5min' has no duration unit 'min'; use us, ms, s, m, h, d or w");
    CHECK(refusal("1.5s") == "'1.5s' has a fraction; use a smaller unit: 1500ms");
    CHECK(refusal("-5s") == "'-5s' is negative; a duration is not");
    CHECK(refusal("1m-5s") == "'1m-5s' is negative; a duration is not");
    CHECK(refusal("10ns") == "'10ns' is finer than a microsecond; use us");
    CHECK(refusal("1y") == "'1y' counts months or years, which differ in length; use days: 30d");
    CHECK(refusal("2mo") == "'2mo' counts months or years, which differ in length; use days: 30d");
    CHECK(refusal("5M") == "'5M' counts months or years, which differ in length; use days: 30d");
    CHECK(refusal("9223372036854775808us") ==
          "'9223372036854775808us' is longer than 292,000 years");
    CHECK(refusal("99999999999w") == "'99999999999w' is longer than 292,000 years");
    CHECK(refusal("106751991d106751991d") == "'106751991d106751991d' is longer than 292,000 years");
}

TEST_CASE("durations are written with the largest units first", "[time]") {
    CHECK(duration_text(Duration{0}) == "0s");
    CHECK(duration_text(90s) == "1m30s");
    CHECK(duration_text(168h) == "7d");
    CHECK(duration_text(1500ms) == "1s500ms");
    CHECK(duration_text(-90s) == "-1m30s");
    CHECK(duration_text(Duration::min()) == "-106751991d4h54s775ms808us");
}

TEST_CASE("every duration reads back from its text", "[time]") {
    rc::prop("parse_duration(duration_text(d)) == d", [](std::int64_t count) {
        const Duration duration{count < 0 ? ~count : count};
        RC_ASSERT(parse_duration(duration_text(duration)).value() == duration);
    });
}

TEST_CASE("times read as RFC 3339", "[time]") {
    constexpr auto kMorning = 1'705'312'800s;
    CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == at(0s));
    CHECK(parse_rfc3339("2024-01-15T10:00:00Z") == at(kMorning));
    CHECK(parse_rfc3339("2024-01-15t10:00:00z") == at(kMorning));
    CHECK(parse_rfc3339("2024-01-15 10:00:00Z") == at(kMorning));
    CHECK(parse_rfc3339("2024-01-15T12:00:00+02:00") == at(kMorning));
    CHECK(parse_rfc3339("2024-01-15T04:30:00-05:30") == at(kMorning));
    CHECK(parse_rfc3339("2024-01-15T10:00:00.25Z") == at(kMorning + 250ms));
    CHECK(parse_rfc3339("2024-01-15T10:00:00.123456999Z") == at(kMorning + 123456us));
    CHECK(parse_rfc3339("1969-12-31T23:59:59.999999Z") == at(-1us));
    CHECK(parse_rfc3339("2024-02-29T00:00:00Z") == at(1'709'164'800s));
    CHECK(parse_rfc3339("0000-01-01T00:00:00Z") == at(-62'167'219'200s));
    CHECK(parse_rfc3339("9999-12-31T23:59:59Z") == at(253'402'300'799s));
}

TEST_CASE("texts that are nearly times are no times", "[time]") {
    constexpr std::array<std::string_view, 26> kTexts{"",
                                                      "2024-01-15",
                                                      "2024-01-15T10:00:00",
                                                      "2024-01-15T10:00Z",
                                                      "2024-01-15T10:00:00.Z",
                                                      "2024-01-15T10:00:00.1234567890Z",
                                                      "2024-01-15T10:00:60Z",
                                                      "2024-01-15T10:60:00Z",
                                                      "2024-01-15T24:00:00Z",
                                                      "2024-13-15T10:00:00Z",
                                                      "2024-00-15T10:00:00Z",
                                                      "2024-01-32T10:00:00Z",
                                                      "2024-01-00T10:00:00Z",
                                                      "2023-02-29T00:00:00Z",
                                                      "1900-02-29T00:00:00Z",
                                                      "2024-01-15T10:00:00+2:00",
                                                      "2024-01-15T10:00:00+0200",
                                                      "2024-01-15T10:00:00+24:00",
                                                      "2024-01-15T10:00:00+02:60",
                                                      "2024-01-15T10:00:00ZZ",
                                                      "2024-01-15T10:00:00Z ",
                                                      " 2024-01-15T10:00:00Z",
                                                      "2024-01-15  10:00:00Z",
                                                      "+024-01-15T10:00:00Z",
                                                      "20240115T100000Z",
                                                      "2024/01/15T10:00:00Z"};
    for (const std::string_view text : kTexts) {
        CAPTURE(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
}

TEST_CASE("times are written with milliseconds, and microseconds only where there are some",
          "[time]") {
    CHECK(rfc3339_text(at(0s)) == "1970-01-01T00:00:00.000Z");
    CHECK(rfc3339_text(at(1'705'312'800s + 250ms)) == "2024-01-15T10:00:00.250Z");
    CHECK(rfc3339_text(at(1'705'312'800s + 5us)) == "2024-01-15T10:00:00.000005Z");
    CHECK(rfc3339_text(at(-1us)) == "1969-12-31T23:59:59.999999Z");
    CHECK(rfc3339_text(at(-62'167'219'200s)) == "0000-01-01T00:00:00.000Z");
    CHECK(rfc3339_text(at(-62'167'219'201s)) == "-0001-12-31T23:59:59.000Z");
    CHECK(rfc3339_text(at(253'402'300'800s)) == "+10000-01-01T00:00:00.000Z");
    CHECK(rfc3339_text(kAfterAllTime) == "+294247-01-10T04:00:54.775807Z");
    CHECK(rfc3339_text(kBeforeAllTime) == "-290308-12-21T19:59:05.224192Z");
}

TEST_CASE("every time of the years 0 to 9999 reads back from its text", "[time]") {
    rc::prop("parse_rfc3339(rfc3339_text(t)) == t", [] {
        const auto micros =
            *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'799'999'999);
        RC_ASSERT(parse_rfc3339(rfc3339_text(at(Duration{micros}))).value() ==
                  at(Duration{micros}));
    });
}

TEST_CASE("the calendar agrees with std::chrono, day by day", "[time]") {
    using namespace std::chrono;
    for (sys_days day = sys_days{year{1599} / 1 / 1}; day < sys_days{year{2401} / 1 / 1};
         day += days{1}) {
        const year_month_day date{day};
        const std::string text = rfc3339_text(time_point_cast<Duration>(day));
        const int written = std::stoi(text.substr(0, 4)) * 10'000 +
                            std::stoi(text.substr(5, 2)) * 100 + std::stoi(text.substr(8, 2));
        const int expected = static_cast<int>(date.year()) * 10'000 +
                             static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
                             static_cast<int>(static_cast<unsigned>(date.day()));
        REQUIRE(written == expected);
    }
}

TEST_CASE("damaged times never crash, and what is read reads back the same", "[time]") {
    std::mt19937 random(7);
    const std::string whole = "2024-01-15T10:00:00.123456+02:00";
    constexpr std::string_view kBytes = "0123456789-+:.TZtz \0\xff";
    for (int round = 0; round < 20'000; ++round) {
        std::string text = whole.substr(0, random() % (whole.size() + 1));
        for (std::size_t changes = random() % 3; changes > 0 && !text.empty(); --changes) {
            text[random() % text.size()] = kBytes[random() % kBytes.size()];
        }
        const auto time = parse_rfc3339(text);
        if (time) REQUIRE(parse_rfc3339(rfc3339_text(*time)) == time);
    }
}

TEST_CASE("floor_to goes down, also before 1970", "[time]") {
    CHECK(floor_to(at(61s), 60s) == at(60s));
    CHECK(floor_to(at(60s), 60s) == at(60s));
    CHECK(floor_to(at(0s), 60s) == at(0s));
    CHECK(floor_to(at(-1us), 60s) == at(-60s));
    CHECK(floor_to(at(-60s), 60s) == at(-60s));
}

}  // namespace velo
