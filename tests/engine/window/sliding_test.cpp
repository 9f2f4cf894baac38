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
    CHECK(windows.pane() == 2s);
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
        const SlidingWindows windows{Duration{size}, Duration{advance}};
        std::vector<WindowSpan> expected;
        for (std::int64_t start = -300; start <= 300; ++start) {
            const bool is_start = ((start % advance) + advance) % advance == 0;
            if (is_start && start <= time && time < start + size)
                expected.push_back({at(Duration{start}), at(Duration{start + size})});
        }
        RC_ASSERT(windows_holding(windows, at(Duration{time})) == expected);
        RC_ASSERT(windows.oldest_holding(at(Duration{time})) == expected.front().start);
        RC_ASSERT(windows.newest_holding(at(Duration{time})) == expected.back().start);
        const EventTime pane = windows.pane_of(at(Duration{time}));
        RC_ASSERT(pane <= at(Duration{time}) && at(Duration{time}) < pane + windows.pane());
        RC_ASSERT(windows_holding(windows, pane) == expected);
        RC_ASSERT(windows_holding(windows, pane + windows.pane() - Duration{1}) == expected);
        const EventTime first = windows.first_ending_after(at(Duration{time}));
        RC_ASSERT(windows.end_of(first) > at(Duration{time}) &&
                  windows.end_of(first - windows.advance()) <= at(Duration{time}));
    });
}

}  // namespace
}  // namespace velo::engine
