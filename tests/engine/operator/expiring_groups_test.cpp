// Groups with state.ttl.

#include <map>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query counted() { return Query{}.group_by({Query::kSymbol}).select("COUNT").ttl(10); }

TEST_CASE("a row later than its group's last and ttl starts the group afresh", "[operator]") {
    KeyedCase groups{counted().grouped()};
    CHECK(groups.take({{0, "A"}, {10, "A"}, {20, "A"}}) == Lines{"A 1", "A 2", "A 3"});
    CHECK(groups.take({{31, "A"}, {5, "A"}, {41, "A"}}) ==
          Lines{"A is withdrawn", "A 1", "A 2", "A 3"});
    CHECK(groups.counts().keys == 1);
}

TEST_CASE("a group goes when the watermark has passed its last row and ttl", "[operator]") {
    KeyedCase groups{counted().grouped()};
    static_cast<void>(groups.take({{0, "A"}, {3, "B"}, {0, "C"}}));
    CHECK(groups.advance(10) == Lines{});
    CHECK(sorted(groups.advance(11)) == Lines{"A is withdrawn", "C is withdrawn"});
    CHECK(groups.counts().keys == 1);
    CHECK(groups.take({{11, "A"}, {12, "B"}}) == Lines{"A 1", "B 2"});
    CHECK(groups.advance(22) == Lines{"A is withdrawn"});
    CHECK(groups.counts().expired == 3);
    CHECK(groups.advance_to(kAfterAllTime) == Lines{});
    CHECK(groups.counts().keys == 1);
}

TEST_CASE("a row whose own partition has passed the end of its group starts it afresh",
          "[operator]") {
    KeyedCase groups{counted().grouped()};
    CHECK(groups.take({{0, "A", {}, 0.0, -5}, {9, "A", {}, 0.0, 10}, {8, "A", {}, 0.0, 20}}) ==
          Lines{"A 1", "A 2", "A is withdrawn", "A 1"});
}

TEST_CASE("what EVERY owes is written before a group goes", "[operator]") {
    KeyedCase groups{counted().emit(EmitMode::Changes, true).grouped()};
    CHECK(groups.take({{0, "A"}, {0, "B"}}) == Lines{});
    CHECK(groups.flush() == Lines{"A 1", "B 1"});
    CHECK(groups.take({{1, "B"}}) == Lines{});
    CHECK(groups.advance(12) == Lines{"B 2", "B is withdrawn", "A is withdrawn"});
    CHECK(groups.take({{20, "A"}, {21, "A"}, {40, "A"}, {60, "A"}}) ==
          Lines{"A 2", "A is withdrawn", "A 1", "A is withdrawn"});
    CHECK(groups.flush() == Lines{"A 1"});
    CHECK(groups.flush() == Lines{});
}

TEST_CASE("the slots and keys of groups that went are used again", "[operator]") {
    KeyedCase groups{counted().grouped()};
    std::size_t most = 0;
    for (std::int64_t round = 0; round < 100; ++round) {
        std::vector<Trade> trades;
        for (std::int64_t i = 0; i < 500; ++i)
            trades.push_back({round * 20, fmt::format("a long symbol {} of {}", i, round)});
        static_cast<void>(groups.take(trades));
        static_cast<void>(groups.take({}));
        CHECK(groups.advance(round * 20 + 11, 100).size() == 500);
        CHECK(groups.calls() >= 5);
        CHECK(groups.counts().keys == 0);
        static_cast<void>(groups.advance(round * 20 + 11));
        most = std::max<std::size_t>(most, groups.counts().bytes);
    }
    CHECK(most < 400'000);
}

TEST_CASE("answers do not depend on when groups go", "[operator]") {
    rc::prop("random rows and watermarks", [] {
        std::mt19937 random{*rc::gen::arbitrary<std::uint32_t>()};
        const auto below = [&](int n) {
            return static_cast<std::int64_t>(random() % static_cast<unsigned>(n));
        };
        const std::int64_t ttl = 1 + below(20);
        KeyedCase groups{counted().ttl(ttl).grouped()};
        struct Group {
            std::int64_t last = 0;
            std::int64_t rows = 0;
        };
        std::map<std::string, Group> expected;
        std::map<std::string, bool> in_sink;
        std::size_t ended = 0;
        std::size_t withdrawn = 0;
        std::int64_t now = 0;
        const auto see = [&](const Lines& lines) {
            Lines answers;
            for (const std::string& line : lines) {
                const bool goes = line.ends_with("is withdrawn");
                const std::string symbol = line.substr(0, line.find(' '));
                RC_ASSERT(!goes || in_sink[symbol]);
                in_sink[symbol] = !goes;
                if (goes) ++withdrawn;
                if (!goes) answers.push_back(line);
            }
            return answers;
        };
        for (std::int64_t left = 5 + below(30); left > 0; --left) {
            std::vector<Trade> trades;
            Lines answers;
            for (std::int64_t rows = below(20); rows > 0; --rows) {
                const std::int64_t late = now - 8;
                now += below(6) == 0 ? below(30) : below(3);
                const Trade& trade = trades.emplace_back(
                    now - below(20), fmt::format("S{}", below(6)), std::nullopt, 0.0, late);
                Group& group = expected[trade.symbol];
                if (group.rows != 0 && std::max(trade.at, late) > group.last + ttl) {
                    ++ended;
                    group.rows = 0;
                }
                group.last = group.rows == 0 ? trade.at : std::max(group.last, trade.at);
                answers.push_back(fmt::format("{} {}", trade.symbol, ++group.rows));
            }
            RC_ASSERT(see(groups.take(trades)) == answers);
            if (below(3) == 0) RC_ASSERT(see(groups.advance(now - 8 - below(4), 3)).empty());
            now += 4;
        }
        RC_ASSERT(see(groups.advance(now + 1000)).empty());
        for (const auto& [symbol, group] : expected) ended += group.rows != 0 ? 1 : 0;
        RC_ASSERT(withdrawn == ended);
        RC_ASSERT(groups.counts().keys == 0U);
    });
}

}  // namespace
}  // namespace velo::engine
