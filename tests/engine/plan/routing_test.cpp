#include "engine/plan/routing.hpp"

#include <catch2/catch.hpp>

#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {

namespace {

constexpr std::string_view kStateless = "SELECT price FROM trades";
constexpr std::string_view kKeyed = "SELECT symbol, COUNT(*) FROM trades GROUP BY symbol";
constexpr std::string_view kGlobal = "SELECT COUNT(*) FROM trades";

BindOptions with(std::optional<Strategy> strategy) {
    BindOptions options = scenarios();
    options.strategy = strategy;
    return options;
}

}  // namespace

TEST_CASE("each class of query has its strategy", "[routing]") {
    CHECK(bind_query(kStateless, with({})).strategy == Strategy::Sticky);
    CHECK(bind_query(kKeyed, with({})).strategy == Strategy::Hash);
    CHECK(bind_query(kGlobal, with({})).strategy == Strategy::FanIn);
    CHECK(bound("SELECT AVG(price) OVER (ROWS WINDOW BUFFER 2 ROWS) FROM trades").strategy ==
          Strategy::FanIn);
    CHECK(bind_query(kStateless, with(Strategy::RoundRobin)).strategy == Strategy::RoundRobin);
    CHECK(bind_query(kKeyed, with(Strategy::Hash)).strategy == Strategy::Hash);
    CHECK(bind_query(kGlobal, with(Strategy::FanIn)).strategy == Strategy::FanIn);
}

TEST_CASE("a strategy that would change answers is refused with the reason", "[routing]") {
    const std::string split =
        "rows of one key would be answered on several workers, each seeing only some of them";
    CHECK(
        mistakes(kKeyed, with(Strategy::Sticky)) ==
        Lines{"strategy 'sticky' does not fit a keyed query: " + split + "; use 'auto' or 'hash'"});
    CHECK(mistakes(kKeyed, with(Strategy::RoundRobin)) ==
          Lines{"strategy 'round_robin' does not fit a keyed query: " + split +
                "; use 'auto' or 'hash'"});
    const std::string many =
        "every worker would answer for its own rows only, so there would be several answers";
    CHECK(mistakes(kGlobal, with(Strategy::Sticky)) ==
          Lines{"strategy 'sticky' does not fit a global query: " + many +
                "; use 'auto' or 'fan_in'"});
}

TEST_CASE("a strategy with nothing to do is refused with the reason", "[routing]") {
    const std::string no_key =
        "rows are routed by key, and this query has none (no GROUP BY, no PARTITION BY)";
    CHECK(mistakes(kStateless, with(Strategy::Hash)) ==
          Lines{"strategy 'hash' does not fit a stateless query: " + no_key +
                "; use 'auto', 'sticky' or 'round_robin'"});
    CHECK(mistakes(kGlobal, with(Strategy::Hash)) ==
          Lines{"strategy 'hash' does not fit a global query: " + no_key +
                "; use 'auto' or 'fan_in'"});
    CHECK(mistakes(kStateless, with(Strategy::FanIn)) ==
          Lines{"strategy 'fan_in' does not fit a stateless query: one worker would do everything, "
                "and nothing in this query has to meet; use 'auto', 'sticky' or 'round_robin'"});
    CHECK(mistakes(kKeyed, with(Strategy::FanIn)) ==
          Lines{"strategy 'fan_in' does not fit a keyed query: one worker would hold every key, "
                "and rows need to meet only by key; use 'auto' or 'hash'"});
}

}  // namespace velo::engine
