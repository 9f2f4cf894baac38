#include "server/log_rate.hpp"

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::server;
using namespace std::chrono_literals;

namespace {

constexpr EventTime kStart{Duration{1'000'000'000}};

}  // namespace

TEST_CASE("a code is said at once, then every ten seconds with the number held back", "[log]") {
    LogRate rate;
    CHECK(rate.admit("c", "j", kStart) == 0U);
    CHECK_FALSE(rate.admit("c", "j", kStart + 1s));
    CHECK_FALSE(rate.admit("c", "j", kStart + 9s));
    CHECK(rate.admit("c", "j", kStart + 10s) == 2U);
    CHECK_FALSE(rate.admit("c", "j", kStart + 11s));
    CHECK(rate.admit("c", "j", kStart + 60s) == 1U);
    CHECK(rate.admit("c", "j", kStart + 120s) == 0U);
}

TEST_CASE("jobs and codes do not silence one another", "[log]") {
    LogRate rate;
    CHECK(rate.admit("c", "j", kStart) == 0U);
    CHECK(rate.admit("c", "k", kStart) == 0U);
    CHECK(rate.admit("d", "j", kStart) == 0U);
    CHECK_FALSE(rate.admit("c", "j", kStart));
}

TEST_CASE("lines without a code are not limited", "[log]") {
    LogRate rate;
    for (int i = 0; i < 100; ++i) CHECK(rate.admit("", "j", kStart) == 0U);
}

TEST_CASE("a clock that is set back silences nothing", "[log]") {
    LogRate rate;
    CHECK(rate.admit("c", "j", kStart) == 0U);
    CHECK(rate.admit("c", "j", kStart - 1h) == 0U);
}

TEST_CASE("what is remembered is bounded, and the oldest goes first", "[log]") {
    LogRate rate;
    for (std::size_t i = 0; i <= LogRate::kMaxKnown; ++i)
        CHECK(rate.admit("c", std::to_string(i), kStart + Duration{static_cast<std::int64_t>(i)}) ==
              0U);
    CHECK(rate.admit("c", "0", kStart + 1s) == 0U);                                 // Forgotten.
    CHECK_FALSE(rate.admit("c", std::to_string(LogRate::kMaxKnown), kStart + 1s));  // Known.
}

TEST_CASE("a burst is told in full, then the rest of the interval is held back", "[log]") {
    LogRate rate;
    for (int i = 0; i < 3; ++i) CHECK(rate.admit("c", "j", kStart + i * 1s, 3) == 0U);
    CHECK_FALSE(rate.admit("c", "j", kStart + 3s, 3));
    CHECK(rate.admit("c", "j", kStart + 10s, 3) == 1U);
    CHECK(rate.admit("c", "j", kStart + 11s, 3) == 0U);
}
