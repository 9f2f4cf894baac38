#include "engine/window/watermark.hpp"

#include <catch2/catch.hpp>

using namespace velo;
using velo::engine::Watermarks;
using namespace std::chrono_literals;

namespace {

EventTime at(Duration time) { return EventTime{time}; }

Watermarks two_at(Duration first, Duration second) {
    Watermarks watermarks;
    watermarks.advance(watermarks.add(), at(first));
    watermarks.advance(watermarks.add(), at(second));
    return watermarks;
}

}  // namespace

TEST_CASE("the watermark is the minimum over the inputs", "[watermark]") {
    Watermarks watermarks = two_at(10s, 30s);
    CHECK(watermarks.current() == at(10s));
    watermarks.advance(0, at(40s));
    CHECK(watermarks.current() == at(30s));
}

TEST_CASE("an input that has seen nothing holds the watermark back", "[watermark]") {
    Watermarks fresh;
    fresh.advance(fresh.add(), at(5s));
    fresh.add();
    CHECK(fresh.current() == kBeforeAllTime);
}

TEST_CASE("an earlier time changes nothing", "[watermark]") {
    Watermarks watermarks = two_at(10s, 30s);
    watermarks.advance(0, at(1s));
    CHECK(watermarks.of(0) == at(10s));
    CHECK(watermarks.current() == at(10s));
}

TEST_CASE("idle inputs do not hold the watermark back", "[watermark]") {
    Watermarks watermarks = two_at(10s, 30s);
    watermarks.set_idle(0, true);
    CHECK(watermarks.current() == at(30s));
}

TEST_CASE("a returning input does not take the watermark back", "[watermark]") {
    Watermarks watermarks = two_at(10s, 30s);
    watermarks.set_idle(0, true);
    CHECK(watermarks.current() == at(30s));
    watermarks.set_idle(0, false);
    CHECK(watermarks.current() == at(30s));
    CHECK(watermarks.of(0) == at(10s));
}

TEST_CASE("an added input does not take the watermark back", "[watermark]") {
    Watermarks watermarks = two_at(10s, 30s);
    CHECK(watermarks.current() == at(10s));
    watermarks.add();
    CHECK(watermarks.current() == at(10s));
}

TEST_CASE(
    "once all inputs are idle the watermark is the latest of theirs, in whatever order they fell "
    "idle",
    "[watermark]") {
    for (const std::size_t first : {0U, 1U}) {
        Watermarks watermarks = two_at(10s, 30s);
        CHECK(watermarks.current() == at(10s));
        watermarks.set_idle(first, true);
        static_cast<void>(watermarks.current());
        watermarks.set_idle(1 - first, true);
        CHECK(watermarks.all_idle());
        CHECK(watermarks.current() == at(30s));
        watermarks.raise(at(32s));
        CHECK(watermarks.current() == at(32s));
    }
}
