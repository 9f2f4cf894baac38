#include "engine/window/sliding.hpp"

#include <ostream>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

namespace velo::engine {

std::ostream& operator<<(std::ostream& out, const WindowSpan& span) {
    return out << '[' << span.start.time_since_epoch().count() << ", "
               << span.end.time_since_epoch().count() << ')';
}

namespace {

using namespace std::chrono_literals;

EventTime at(Duration since_1970) { return EventTime{since_1970}; }

std::vector<WindowSpan> windows_holding(const SlidingWindows& windows, EventTime time) {
    std::vector<WindowSpan> spans;
    windows.each_holding(time, [&](WindowSpan span) { spans.push_back(span); });
    return spans;
}

TEST_CASE("a row at a window's end is in the next window", "[window]") {
    const SlidingWindows minutes{60s, 60s};
    CHECK(windows_holding(minutes, at(59'999'999us)) == std::vector{WindowSpan{at(0s), at(60s)}});
    CHECK(windows_holding(minutes, at(60s)) == std::vector{WindowSpan{at(60s), at(120s)}});
}

TEST_CASE("a row before 1970 falls in the window that holds it", "[window]") {
    const SlidingWindows minutes{60s, 60s};
    CHECK(windows_holding(minutes, at(-1ms)) == std::vector{WindowSpan{at(-60s), at(0s)}});
}

TEST_CASE("the advance need not divide the size", "[window]") {
    const SlidingWindows windows{10s, 4s};
    CHECK(windows.pane_of(at(3s)) == WindowSpan{at(2s), at(4s)});
    CHECK(windows_holding(windows, at(9s)) == std::vector{WindowSpan{at(0s), at(10s)},
                                                          WindowSpan{at(4s), at(14s)},
                                                          WindowSpan{at(8s), at(18s)}});
    CHECK(windows_holding(windows, at(10s)) ==
          std::vector{WindowSpan{at(4s), at(14s)}, WindowSpan{at(8s), at(18s)}});
}

TEST_CASE("times near the ends of EventTime are in no window", "[window]") {
    const SlidingWindows windows{60s, 1s};
    CHECK_FALSE(windows.can_hold(kAfterAllTime));
    CHECK_FALSE(windows.can_hold(kBeforeAllTime));
    CHECK(windows.can_hold(kAfterAllTime - 120s));
    CHECK(windows_holding(windows, kAfterAllTime - 120s).size() == 60);
    CHECK(windows_holding(windows, kBeforeAllTime + 120s).size() == 60);
    CHECK(windows.first_ending_after(kBeforeAllTime) == kBeforeAllTime);
    CHECK(windows.end_of(windows.first_ending_after(kAfterAllTime - 1s)) > kAfterAllTime - 1s);
}

TEST_CASE("windows are those a brute force finds, and a pane's times share them", "[window]") {
    rc::prop("any size, advance and time", [] {
        const auto advance = *rc::gen::inRange<std::int64_t>(1, 12);
        const auto size = advance + *rc::gen::inRange<std::int64_t>(0, 30);
        const auto time = *rc::gen::inRange<std::int64_t>(-200, 200);
        const auto offset = *rc::gen::inRange<std::int64_t>(0, advance);
        const SlidingWindows windows{Duration{size}, Duration{advance}, Duration{offset}};
        std::vector<WindowSpan> expected;
        for (std::int64_t start = -300; start <= 300; ++start) {
            const bool is_start = ((start - offset) % advance + advance) % advance == 0;
            if (is_start && start <= time && time < start + size)
                expected.push_back({at(Duration{start}), at(Duration{start + size})});
        }
        RC_ASSERT(windows_holding(windows, at(Duration{time})) == expected);
        RC_ASSERT(windows.oldest_holding(at(Duration{time})) == expected.front().start);
        RC_ASSERT(windows.newest_holding(at(Duration{time})) == expected.back().start);
        const WindowSpan pane = windows.pane_of(at(Duration{time}));
        RC_ASSERT(pane.start <= at(Duration{time}) && at(Duration{time}) < pane.end);
        RC_ASSERT(windows_holding(windows, pane.start) == expected);
        RC_ASSERT(windows_holding(windows, pane.end - Duration{1}) == expected);
        const EventTime first = windows.first_ending_after(at(Duration{time}));
        RC_ASSERT(windows.end_of(first) > at(Duration{time}) &&
                  windows.end_of(windows.previous(first)) <= at(Duration{time}));
    });
}

EventTime utc(std::string_view text) { return *parse_rfc3339(text); }

CalendarGrid grid(std::string_view zone, CalendarGrid::Unit unit, std::int32_t count,
                  std::int32_t periods = 1) {
    CalendarGrid grid;
    grid.unit = unit;
    grid.count = count;
    grid.periods = periods;
    grid.zone = *TimeZone::find(zone);
    return grid;
}
SlidingWindows calendar(const CalendarGrid& grid) {
    const Duration period = grid.unit == CalendarGrid::Unit::Day
                                ? Duration{std::chrono::days{grid.count} + 26h}
                                : Duration{std::chrono::days{31 * grid.count} + 26h};
    return {period * grid.periods, period, {}, grid};
}

TEST_CASE("a day of a zone has 23 hours when its clocks go forward, and 25 when they go back",
          "[window]") {
    const SlidingWindows days = calendar(grid("Europe/Berlin", CalendarGrid::Unit::Day, 1));
    const auto day = [&](std::string_view time) {
        const std::vector<WindowSpan> spans = windows_holding(days, utc(time));
        REQUIRE(spans.size() == 1);
        return spans.front();
    };
    CHECK(day("2024-03-31T12:00:00Z") ==
          WindowSpan{utc("2024-03-30T23:00:00Z"), utc("2024-03-31T22:00:00Z")});
    CHECK(day("2024-10-27T00:30:00Z") ==
          WindowSpan{utc("2024-10-26T22:00:00Z"), utc("2024-10-27T23:00:00Z")});
    CHECK(day("2024-01-14T23:00:00Z") ==
          WindowSpan{utc("2024-01-14T23:00:00Z"), utc("2024-01-15T23:00:00Z")});
    CHECK(days.previous(utc("2024-03-31T22:00:00Z")) == utc("2024-03-30T23:00:00Z"));
    CHECK(days.count(utc("2024-03-30T23:00:00Z"), utc("2024-04-01T22:00:00Z")) == 3);
}

TEST_CASE("weeks begin on Monday, months on the first, and so do several of them", "[window]") {
    using enum CalendarGrid::Unit;
    const auto holding = [&](const CalendarGrid& of, std::string_view time) {
        return windows_holding(calendar(of), utc(time)).front();
    };
    CHECK(holding(grid("UTC", Day, 7), "2024-01-21T23:59:59Z") ==
          WindowSpan{utc("2024-01-15T00:00:00Z"), utc("2024-01-22T00:00:00Z")});
    CHECK(holding(grid("America/New_York", Month, 1), "2024-03-01T04:59:59Z") ==
          WindowSpan{utc("2024-02-01T05:00:00Z"), utc("2024-03-01T05:00:00Z")});
    CHECK(holding(grid("UTC", Month, 3), "1969-12-31T00:00:00Z") ==
          WindowSpan{utc("1969-10-01T00:00:00Z"), utc("1970-01-01T00:00:00Z")});
    CHECK(holding(grid("+02:00", Month, 12), "2024-12-31T22:00:00Z") ==
          WindowSpan{utc("2024-12-31T22:00:00Z"), utc("2025-12-31T22:00:00Z")});
    CalendarGrid sundays = grid("Europe/Berlin", Day, 7);
    sundays.offset = 6 * 24h;
    CHECK(holding(sundays, "2024-03-28T00:00:00Z") ==
          WindowSpan{utc("2024-03-23T23:00:00Z"), utc("2024-03-30T23:00:00Z")});
}

TEST_CASE("calendar windows cut time without gap, wherever clocks change", "[window]") {
    // Clocks that skip midnight, that repeat it, that repeat the hour before it, and that skip a whole day.
    const std::vector<std::string_view> zones{"America/Sao_Paulo", "America/Havana",
                                              "America/St_Johns",  "Pacific/Apia",
                                              "Europe/Berlin",     "Australia/Lord_Howe"};
    for (const std::string_view zone : zones) {
        CAPTURE(zone);
        for (const std::int32_t periods : {1, 3}) {
            const SlidingWindows days = calendar(grid(zone, CalendarGrid::Unit::Day, 1, periods));
            std::optional<WindowSpan> pane;
            for (EventTime time = utc("2006-01-01T00:00:00Z"); time < utc("2012-03-01T00:00:00Z");
                 time += 1013s) {
                const WindowSpan next = days.pane_of(time);
                REQUIRE((next.start <= time && time < next.end));
                if (pane && *pane == next) continue;
                if (pane) REQUIRE(pane->end == next.start);
                pane = next;
                REQUIRE(days.newest_holding(time) == next.start);
                REQUIRE(days.next(days.previous(next.start)) == next.start);
                REQUIRE(days.is_start(next.start));
                REQUIRE(days.end_of(days.first_ending_after(time)) > time);
                REQUIRE(days.end_of(days.previous(days.first_ending_after(time))) <= time);
            }
        }
    }
    const SlidingWindows days = calendar(grid("UTC", CalendarGrid::Unit::Day, 1));
    CHECK_FALSE(days.can_hold(kAfterAllTime));
    CHECK_FALSE(days.can_hold(kBeforeAllTime));
    CHECK(days.first_ending_after(kBeforeAllTime) == kBeforeAllTime);
    CHECK(days.first_ending_after(kAfterAllTime) < kAfterAllTime);
    CHECK_FALSE(days.is_start(kAfterAllTime));
    for (const std::string_view zone : zones) {
        for (const auto unit : {CalendarGrid::Unit::Day, CalendarGrid::Unit::Month}) {
            const SlidingWindows windows = calendar(grid(zone, unit, 3, 2));
            EventTime late = windows.first_ending_after(kAfterAllTime);
            CHECK(windows.previous(late) < late);
            for (late = kAfterAllTime; !windows.can_hold(late);) late -= 24h;
            CHECK(windows_holding(windows, late).size() == 2);
            EventTime early = kBeforeAllTime;
            while (!windows.can_hold(early)) early += 24h;
            CHECK(windows_holding(windows, early).size() == 2);
        }
    }
}

}  // namespace
}  // namespace velo::engine
