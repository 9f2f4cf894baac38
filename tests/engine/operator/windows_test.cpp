// TUMBLING and HOPPING under EMIT FINAL and EMIT CHANGES.

#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "engine/window/sliding.hpp"
#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query counted() {
    return Query{}.group_by({Query::kSymbol}).select("COUNT").select("SUM", Query::kQuantity);
}
Query tumbling(std::int64_t size) { return counted().window(size, size); }
Query hopping(std::int64_t size, std::int64_t advance) { return counted().window(size, advance); }

TEST_CASE("a tumbling window answers once, when the watermark reaches its end", "[operator]") {
    KeyedCase windows{tumbling(60).grouped()};
    CHECK(windows.take({{10, "A", 1}, {50, "A", 2}, {20, "B", 3}, {64, "A", 4}}) == Lines{});
    CHECK(windows.advance(59) == Lines{});
    CHECK(windows.advance(60) == Lines{"A 2 3 0s 60s", "B 1 3 0s 60s"});
    CHECK(windows.advance(61) == Lines{});
    CHECK(windows.counts().windows_open == 1);
    CHECK(windows.counts().windows_closed == 1);
    CHECK(windows.counts().keys == 1);
    CHECK(windows.advance_to(kAfterAllTime) == Lines{"A 1 4 60s 120s"});
    CHECK(windows.counts().bytes < 1000);
}

TEST_CASE("windows close in order of their end, in slices of at most max_rows", "[operator]") {
    KeyedCase windows{tumbling(10).grouped()};
    static_cast<void>(
        windows.take({{25, "A", 1}, {5, "A", 1}, {5, "B", 1}, {15, "A", 1}, {5, "C", 1}}));
    CHECK(windows.advance(100, 2) ==
          Lines{"A 1 1 0s 10s", "B 1 1 0s 10s", "C 1 1 0s 10s", "A 1 1 10s 20s", "A 1 1 20s 30s"});
    CHECK(windows.calls() == 3);
    CHECK(windows.counts().windows_closed == 3);
}

TEST_CASE("a row for a window closed here is late", "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        KeyedCase windows{tumbling(10).emit(mode).grouped()};
        static_cast<void>(windows.advance(10));
        static_cast<void>(windows.take({{5, "A", 1}, {15, "A", 1}, {9, "B", 1}}));
        CHECK(windows.rows().late == std::vector<std::uint32_t>{0, 2});
        CHECK(windows.counts().keys == 1);
    }
}

TEST_CASE("a hopping row counts in every window that holds it", "[operator]") {
    KeyedCase windows{hopping(10, 5).grouped()};
    static_cast<void>(windows.take({{2, "A", 1}, {7, "A", 2}, {12, "B", 4}}));
    CHECK(windows.counts().windows_open == 4);
    CHECK(windows.advance(10) == Lines{"A 1 1 -5s 5s", "A 2 3 0s 10s"});
    CHECK(windows.advance_to(kAfterAllTime) ==
          Lines{"A 1 2 5s 15s", "B 1 4 5s 15s", "B 1 4 10s 20s"});
    CHECK(windows.counts().keys == 0);
}

TEST_CASE("a hopping row that is late for its oldest window counts only in the younger ones",
          "[operator]") {
    // The row at 7 came when its own partition was at 10 already, while this pipeline is still before everything.
    const std::vector<Trade> trades{
        {7, "A", 1, 0, 0}, {7, "A", 2, 0, 10}, {7, "B", 4, 0, 10}, {8, "A", 8, 0, 9}};
    KeyedCase finals{hopping(10, 5).grouped()};
    static_cast<void>(finals.take(trades));
    CHECK(finals.advance(10) == Lines{"A 2 9 0s 10s"});
    CHECK(sorted(finals.advance(15)) == Lines{"A 3 11 5s 15s", "B 1 4 5s 15s"});

    KeyedCase changes{hopping(10, 5).emit(EmitMode::Changes).grouped()};
    CHECK(changes.take(trades) == Lines{"A 1 1 0s 10s", "A 1 1 5s 15s", "A 2 3 5s 15s",
                                        "B 1 4 5s 15s", "A 2 9 0s 10s", "A 3 11 5s 15s"});
    CHECK(changes.rows().late.empty());
}

TEST_CASE("a hopping row is late when the last window that holds it is closed", "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        KeyedCase windows{hopping(10, 5).emit(mode).grouped()};
        static_cast<void>(windows.advance(14));
        static_cast<void>(windows.take({{4, "A", 1}, {6, "A", 1}, {6, "A", 1, 0, 15}}));
        CHECK(windows.rows().late == std::vector<std::uint32_t>{0, 2});
    }
}

TEST_CASE("EMIT CHANGES answers each row per window, oldest first, and closing says nothing",
          "[operator]") {
    KeyedCase windows{hopping(10, 5).emit(EmitMode::Changes).grouped()};
    CHECK(windows.take({{7, "A", 1}, {12, "A", 2}}) ==
          Lines{"A 1 1 0s 10s", "A 1 1 5s 15s", "A 2 3 5s 15s", "A 1 2 10s 20s"});
    CHECK(windows.counts().windows_open == 3);
    CHECK(windows.advance(15) == Lines{});
    CHECK(windows.take({{12, "A", 4}}) == Lines{"A 2 6 10s 20s"});
    CHECK(windows.counts().windows_open == 1);
    CHECK(windows.counts().windows_closed == 2);
}

TEST_CASE("what EVERY still owes is written before its window goes", "[operator]") {
    KeyedCase windows{tumbling(10).emit(EmitMode::Changes, true).grouped()};
    CHECK(windows.take({{5, "A", 1}, {6, "A", 1}, {6, "B", 1}, {15, "A", 1}}) == Lines{});
    CHECK(windows.advance(10, 1) == Lines{"A 2 2 0s 10s", "B 1 1 0s 10s"});
    CHECK(windows.flush() == Lines{"A 1 1 10s 20s"});
    CHECK(windows.advance(20) == Lines{});
    CHECK(windows.take({{25, "A", 1}, {35, "B", 2}, {36, "C", 3}}) == Lines{});
    CHECK(windows.flush(1) == Lines{"A 1 1 20s 30s", "B 1 2 30s 40s", "C 1 3 30s 40s"});
    CHECK(windows.flush() == Lines{});
}

TEST_CASE("windows without keys have one group each", "[operator]") {
    KeyedCase windows{Query{}.select("COUNT").window(10, 10).grouped()};
    static_cast<void>(windows.take({{1, "A", 1}, {2, "B", 1}, {11, "C", 1}}));
    CHECK(windows.advance_to(kAfterAllTime) == Lines{"2 0s 10s", "1 10s 20s"});
}

TEST_CASE("times that no window can hold are late, not a crash", "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        KeyedCase windows{hopping(10, 5).emit(mode).grouped()};
        static_cast<void>(
            windows.take({{9'223'372'036'854, "A", 1}, {-9'223'372'036'854, "A", 1}}));
        CHECK(windows.rows().late.size() == 2);
    }
}

TEST_CASE("text states and long keys survive the combining of panes", "[operator]") {
    KeyedCase windows{Query{}
                          .group_by({Query::kSymbol})
                          .select("MAX", Query::kSymbol)
                          .select("LAST", Query::kSymbol)
                          .window(10, 5)
                          .grouped()};
    const std::string name = "a symbol that does not fit into an entry";
    static_cast<void>(windows.take({{2, name, 1}}));
    static_cast<void>(windows.take({{7, name, 1}, {3, "B", 1}}));
    CHECK(windows.advance_to(kAfterAllTime, 1) ==
          Lines{name + " " + name + " " + name + " -5s 5s", "B B B -5s 5s",
                name + " " + name + " " + name + " 0s 10s", "B B B 0s 10s",
                name + " " + name + " " + name + " 5s 15s"});
}

TEST_CASE("bytes follow the text that states hold, and go with it", "[operator]") {
    const std::string name(1000, 'n');
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        KeyedCase windows{Query{}.select("MAX", Query::kSymbol).window(10, 5).emit(mode).grouped()};
        const std::size_t before = windows.counts().bytes;
        static_cast<void>(windows.take({{2, name, 1}}));
        CHECK(windows.counts().bytes > before + 1000);
        static_cast<void>(windows.take({{7, name, 1}}));
        static_cast<void>(windows.advance_to(kAfterAllTime));
        CHECK(windows.counts().bytes == before);
    }
}

/// Trades in random order whose partition watermark trails the latest time by `lateness`.
std::vector<Trade> random_trades(std::int64_t size, std::int64_t lateness) {
    const auto numbers =
        *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
    std::vector<Trade> trades;
    std::int64_t latest = -1000;
    for (const std::uint16_t number : numbers) {
        const std::int64_t time = static_cast<std::int64_t>(trades.size()) + number % 31 - 15;
        Trade trade{time, fmt::format("S{}", number % 3), number, 0.0, latest - lateness};
        latest = std::max(latest, time);
        if (time + size > *trade.late_before)
            trades.push_back(trade);  // Else it might be late for every window.
    }
    return trades;
}

using Groups = std::map<std::pair<std::int64_t, std::string>, std::pair<int, int>>;

Lines lines_of(const Groups& groups, std::int64_t size) {
    Lines lines;
    for (const auto& [key, group] : groups) {
        lines.push_back(fmt::format("{} {} {} {}s {}s", key.second, group.first, group.second,
                                    key.first, key.first + size));
    }
    return sorted(lines);
}

/// Every window that holds a row and ends after the row's own watermark takes it.
Groups expected_groups(const std::vector<Trade>& trades, std::int64_t size, std::int64_t advance) {
    Groups groups;
    const SlidingWindows windows{Duration{size}, Duration{advance}};
    for (const Trade& trade : trades) {
        windows.each_holding(EventTime{Duration{trade.at}}, [&](WindowSpan span) {
            if (span.end.time_since_epoch().count() <= *trade.late_before) return;
            auto& [count, sum] = groups[{span.start.time_since_epoch().count(), trade.symbol}];
            ++count;
            sum += static_cast<int>(*trade.quantity);
        });
    }
    return groups;
}

TEST_CASE(
    "finals are those of a brute force, and changes fold to them, however batches are cut and the "
    "watermark lags",
    "[operator]") {
    rc::prop("random trades", [] {
        const auto advance = *rc::gen::inRange<std::int64_t>(1, 8);
        const auto size = advance + *rc::gen::inRange<std::int64_t>(0, 12);
        const auto lateness = *rc::gen::inRange<std::int64_t>(0, 10);
        const auto trades = random_trades(size, lateness);
        const auto cut = *rc::gen::inRange<std::size_t>(1, 40);
        const auto lag = *rc::gen::inRange<std::int64_t>(0, 20);
        const auto max_rows = *rc::gen::inRange<std::uint32_t>(1, 10);
        KeyedCase finals{hopping(size, advance).grouped()};
        KeyedCase changes{hopping(size, advance).emit(EmitMode::Changes).grouped()};
        KeyedCase coalesced{hopping(size, advance).emit(EmitMode::Changes, true).grouped()};
        Lines answers;
        std::map<std::string, std::string> folded;
        std::map<std::string, std::string> folded_every;
        const auto fold = [](std::map<std::string, std::string>& into, const Lines& lines) {
            for (const std::string& line : lines) {
                const std::size_t window = line.find(' ', line.find(' ', line.find(' ') + 1) + 1);
                into[line.substr(0, 2) + line.substr(window)] = line;
            }
        };
        for (std::size_t start = 0; start < trades.size(); start += cut) {
            const std::vector<Trade> some{
                trades.begin() + static_cast<std::ptrdiff_t>(start),
                trades.begin() + static_cast<std::ptrdiff_t>(std::min(trades.size(), start + cut))};
            std::int64_t watermark =
                *some.back().late_before - lag;  // The slowest partition's, behind this one's.
            static_cast<void>(finals.take(some));
            fold(folded, changes.take(some));
            static_cast<void>(coalesced.take(some));
            if (start % 3 == 0) fold(folded_every, coalesced.flush(max_rows));
            const Lines closed = finals.advance(watermark, max_rows);
            answers.insert(answers.end(), closed.begin(), closed.end());
            RC_ASSERT(changes.advance(watermark, max_rows).empty());
            fold(folded_every, coalesced.advance(watermark, max_rows));
        }
        const Lines closed = finals.advance_to(kAfterAllTime, max_rows);
        answers.insert(answers.end(), closed.begin(), closed.end());
        fold(folded_every, coalesced.advance_to(kAfterAllTime, max_rows));
        const Lines expected = lines_of(expected_groups(trades, size, advance), size);
        RC_ASSERT(sorted(answers) == expected);
        const auto values = [](const std::map<std::string, std::string>& map) {
            Lines lines;
            for (const auto& [key, line] : map) lines.push_back(line);
            return sorted(lines);
        };
        RC_ASSERT(values(folded) == expected);
        RC_ASSERT(values(folded_every) == expected);
        RC_ASSERT(finals.counts().keys == 0U);
        RC_ASSERT(changes.advance_to(kAfterAllTime).empty());
        RC_ASSERT(changes.counts().windows_open == 0U);
    });
}

}  // namespace
}  // namespace velo::engine
