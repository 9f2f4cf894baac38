#include "engine/data/time_of_day.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/data/calendar.hpp"

namespace velo::engine {

TEST_CASE("times of day are read with as many parts as they have", "[time_of_day]") {
    CHECK(parse_time_of_day("00:00") == 0);
    CHECK(parse_time_of_day("12:34:56") == 45'296'000'000);
    CHECK(parse_time_of_day("12:34:56.7") == 45'296'700'000);
    CHECK(parse_time_of_day("23:59:59.999999") == kMicrosPerDay - 1);
}

TEST_CASE("texts that are nearly times of day are none", "[time_of_day]") {
    for (const char* text :
         {"", "1:00", "12", "12:", "12:3", "12:345", "24:00", "12:60", "12:00:60", "12:00:00.",
          "12:00:00.1234567", "12:00:00Z", "-12:00", " 12:00", "12:00:0a", "12-00"})
        CHECK_FALSE(parse_time_of_day(text));
}

TEST_CASE("times of day have milliseconds or microseconds where there are some", "[time_of_day]") {
    CHECK(time_of_day_text(0) == "00:00:00");
    CHECK(time_of_day_text(45'296'789'000) == "12:34:56.789");
    CHECK(time_of_day_text(45'296'789'001) == "12:34:56.789001");
}

TEST_CASE("every time of day reads back from its text", "[time_of_day]") {
    const bool holds = rc::check([] {
        const auto micros = *rc::gen::inRange<std::int64_t>(0, kMicrosPerDay);
        RC_ASSERT(parse_time_of_day(time_of_day_text(micros)) == micros);
    });
    CHECK(holds);
}

}  // namespace velo::engine
