#include "server/job/restart_policy.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono;
using velo::server::RestartPolicy;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("pauses double from one second to sixty", "[restart]") {
    RestartPolicy policy;
    std::int64_t now = 0;
    for (const int expected : {1, 2, 4, 8, 16, 32, 60, 60}) {
        const auto pause = policy.after_failure(now, now);
        REQUIRE(pause);
        CHECK(*pause == seconds{expected});
        now += pause->count();
    }
}

TEST_CASE("the eleventh failure in ten minutes is the last", "[restart]") {
    RestartPolicy policy;
    for (int i = 0; i < 10; ++i) CHECK(policy.after_failure(i * kSecond, i * kSecond));
    CHECK_FALSE(policy.after_failure(11 * kSecond, 11 * kSecond));
}

TEST_CASE("a run of five minutes earns a fresh start", "[restart]") {
    RestartPolicy policy;
    CHECK(*policy.after_failure(0, 0) == seconds{1});
    CHECK(*policy.after_failure(0, kSecond) == seconds{2});
    CHECK(*policy.after_failure(2 * kSecond, 302 * kSecond) == seconds{1});
}
