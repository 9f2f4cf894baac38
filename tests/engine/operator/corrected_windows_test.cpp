// TUMBLING and HOPPING under EMIT FINAL with EARLY EVERY and ALLOWED LATENESS.

#include <map>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query counted() {
    return Query{}.group_by({Query::kSymbol}).select("COUNT").select("SUM", Query::kQuantity);
}

TEST_CASE("early answers come when the clock strikes, the final one when the window ends",
          "[operator]") {
    KeyedCase windows{counted().window(10, 10).early().grouped()};
    CHECK(windows.take({{1, "A", 1}, {2, "A", 2}, {3, "B", 4}}) == Lines{});
    CHECK(windows.flush() == Lines{"A 2 3 0s 10s", "B 1 4 0s 10s"});
    CHECK(windows.flush() == Lines{});
    CHECK(windows.take({{4, "B", 8}, {15, "A", 1}}) == Lines{});
    CHECK(windows.flush(1) == Lines{"B 2 12 0s 10s", "A 1 1 10s 20s"});
    CHECK(windows.take({{5, "B", 16}, {5, "C", 1}}) == Lines{});
    CHECK(windows.advance(10, 1) == Lines{"A 2 3 0s 10s", "B 3 28 0s 10s", "C 1 1 0s 10s"});
    CHECK(windows.flush() == Lines{});
    CHECK(windows.counts().windows_open == 1);
    CHECK(windows.advance_to(kAfterAllTime) == Lines{"A 1 1 10s 20s"});
    CHECK(windows.counts().keys == 0);
}

TEST_CASE("a row within the allowed lateness corrects the answer at once, and is counted",
          "[operator]") {
    KeyedCase windows{counted().window(10, 10).allowed_lateness(5).grouped()};
    CHECK(windows.take({{1, "A", 1}, {3, "B", 4}}) == Lines{});
    CHECK(windows.advance(12) == Lines{"A 1 1 0s 10s", "B 1 4 0s 10s"});
    CHECK(windows.take({{2, "A", 2}, {13, "A", 1}, {3, "A", 8}, {4, "C", 1}}) ==
          Lines{"A 2 3 0s 10s revision 1", "A 3 11 0s 10s revision 2", "C 1 1 0s 10s revision 1"});
    CHECK(windows.advance(14) == Lines{});
    CHECK(windows.take({{2, "B", 1}}) == Lines{"B 2 5 0s 10s revision 1"});
    CHECK(windows.counts().windows_closed == 0);
    CHECK(windows.advance(15) == Lines{});
    CHECK(windows.counts().windows_open == 1);
    CHECK(windows.counts().windows_closed == 1);
    static_cast<void>(windows.take({{2, "B", 1}}));
    CHECK(windows.rows().late == std::vector<std::uint32_t>{0});
    CHECK(windows.advance(20) == Lines{"A 1 1 10s 20s"});
}

TEST_CASE("a row that its own partition allows counts in the first answer where that is to come",
          "[operator]") {
    KeyedCase windows{counted().window(10, 5).allowed_lateness(5).grouped()};
    CHECK(windows.take({{2, "A", 1, 0, 9}, {2, "A", 2, 0, 12}, {2, "A", 4, 0, 15}}) == Lines{});
    CHECK(windows.rows().late == std::vector<std::uint32_t>{2});
    CHECK(windows.advance(10) == Lines{"A 1 1 -5s 5s", "A 2 3 0s 10s"});
}

TEST_CASE("with EARLY corrections wait for the clock, or for the end of the lateness",
          "[operator]") {
    KeyedCase windows{counted().window(10, 10).early().allowed_lateness(5).grouped()};
    static_cast<void>(windows.take({{1, "A", 1}}));
    CHECK(windows.advance(10) == Lines{"A 1 1 0s 10s"});
    CHECK(windows.take({{1, "A", 1}, {2, "A", 1}}) == Lines{});
    CHECK(windows.flush() == Lines{"A 3 3 0s 10s revision 1"});
    CHECK(windows.take({{1, "A", 1}}) == Lines{});
    CHECK(windows.advance(15) == Lines{"A 4 4 0s 10s revision 2"});
    CHECK(windows.counts().keys == 0);
}

TEST_CASE("what may still be corrected outlives the end of the input", "[operator]") {
    KeyedCase windows{counted().window(10, 10).allowed_lateness(60).grouped(), Saving::On};
    static_cast<void>(windows.take({{1, "A", 1}, {95, "A", 1}}));
    CHECK(windows.advance_to(kAfterAllTime) == Lines{"A 1 1 0s 10s", "A 1 1 90s 100s"});
    CHECK(windows.finish() == Lines{});
    CHECK(windows.keyed().answered_to() == at(100));
    SavedEntries saved;
    windows.keyed().save_changes(saved);
    CHECK(saved.entries() == 1);

    KeyedCase next{counted().window(10, 10).allowed_lateness(60).grouped(), Saving::On};
    std::string_view bytes = saved.bytes();
    while (const auto entry = next_entry(bytes)) REQUIRE(next.keyed().restore(*entry, at(100)));
    next.keyed().begin_at(at(100));
    CHECK(next.take({{96, "A", 2}}) == Lines{"A 2 3 90s 100s revision 1"});
}

TEST_CASE("the last answer of each window is over all rows that are in time", "[operator]") {
    rc::prop("any rows, watermarks and clock", [] {
        std::mt19937 random{*rc::gen::arbitrary<std::uint32_t>()};
        const auto below = [&](std::uint32_t n) { return static_cast<std::int64_t>(random() % n); };
        const std::int64_t advance = 1 + below(5);
        const std::int64_t size = advance * (1 + below(3));
        const std::int64_t lateness = below(3) * 4;
        Query query = counted().window(size, advance);
        if (lateness > 0) query.allowed_lateness(lateness);
        if (lateness == 0 || below(2) == 0) query.early();
        KeyedCase windows{query.grouped()};
        std::map<std::string, std::string> sink;  // By key and start.
        std::map<std::string, std::pair<std::int64_t, std::int64_t>> expected;
        const auto put = [&](const Lines& lines) {
            for (const std::string& line : lines) {
                const std::size_t end = line.find('s');
                const std::size_t start = line.rfind(' ', end);
                sink[line.substr(0, 1) + line.substr(start, end - start)] = line.substr(0, start);
            }
        };
        std::int64_t now = 0;
        std::int64_t watermark = -100;
        for (auto batches = 1 + below(20); batches > 0; --batches) {
            std::vector<Trade> trades;
            for (auto rows = below(20); rows > 0; --rows) {
                const std::int64_t before = now - 3;
                now += below(3);
                const Trade trade{now - below(20),
                                  std::string(1, static_cast<char>('A' + below(3))), below(100),
                                  0.0, before};
                trades.push_back(trade);
                for (std::int64_t start = -200; start <= now; ++start) {
                    const bool holds = ((start % advance) + advance) % advance == 0 &&
                                       start <= trade.at && trade.at < start + size;
                    if (!holds || before >= start + size + lateness) continue;
                    auto& [count, sum] = expected[fmt::format("{} {}", trade.symbol, start)];
                    ++count;
                    sum += *trade.quantity;
                }
            }
            put(windows.take(std::move(trades)));
            if (below(2) == 0) {
                watermark = std::max(watermark, now - 3 - below(8));
                put(windows.advance(watermark, 1 + static_cast<std::uint32_t>(below(5))));
            }
            if (below(3) == 0) put(windows.flush(1 + static_cast<std::uint32_t>(below(5))));
        }
        put(windows.advance_to(kAfterAllTime));
        put(windows.finish());
        RC_ASSERT(sink.size() == expected.size());
        for (const auto& [key, group] : expected)
            RC_ASSERT(sink[key] ==
                      fmt::format("{} {} {}", key.substr(0, 1), group.first, group.second));
    });
}

}  // namespace
}  // namespace velo::engine
