// SESSION windows under EMIT FINAL and EMIT CHANGES.

#include <map>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query sessions(std::int64_t gap) {
    return Query{}
        .group_by({Query::kSymbol})
        .select("COUNT")
        .select("SUM", Query::kQuantity)
        .session(gap);
}

/// `A 2 3 0s 60s`, or `- A 60s` for what is taken back, in the order offered.
Lines written(const KeyedCase& keyed, const Lines& lines) {
    Lines out = lines;
    const OperatorRows& rows = keyed.rows();
    for (std::uint32_t row = 0; row < rows.withdrawn.size(); ++row) {
        if (rows.withdrawn[row] != 0)
            out[row] =
                fmt::format("- {} {}", cell(rows.columns[0], row), cell(rows.columns[3], row));
    }
    return out;
}

TEST_CASE("a session answers once, when the watermark has passed its end", "[operator]") {
    KeyedCase windows{sessions(10).grouped()};
    CHECK(windows.take({{1, "A", 1}, {11, "A", 2}, {22, "A", 4}, {3, "B", 8}}) == Lines{});
    CHECK(windows.counts().windows_open == 3);
    CHECK(windows.advance(13) == Lines{});
    CHECK(windows.advance(14) == Lines{"B 1 8 3s 13s"});
    CHECK(windows.advance(21) == Lines{});
    CHECK(windows.advance(22) == Lines{"A 2 3 1s 21s"});
    CHECK(windows.counts().keys == 1);
    CHECK(windows.counts().windows_closed == 2);
    CHECK(windows.advance_to(kAfterAllTime) == Lines{"A 1 4 22s 32s"});
    CHECK(windows.counts().keys == 0);
    CHECK(windows.advance_to(kAfterAllTime) == Lines{});
    static_cast<void>(windows.take({}));
    CHECK(windows.counts().bytes < 1000);
}

TEST_CASE("a row at most a gap from two sessions makes them one", "[operator]") {
    KeyedCase windows{sessions(10).grouped()};
    static_cast<void>(windows.take({{0, "A", 1}, {20, "A", 2}, {41, "A", 4}, {10, "B", 8}}));
    static_cast<void>(windows.take({{10, "A", 16}, {31, "A", 32}}));
    CHECK(windows.advance_to(kAfterAllTime) ==
          Lines{"B 1 8 10s 20s", "A 3 19 0s 30s", "A 2 36 31s 51s"});
}

TEST_CASE("sessions close in order of their ends, in slices of at most max_rows", "[operator]") {
    KeyedCase windows{sessions(10).grouped()};
    static_cast<void>(windows.take({{50, "A", 1}, {5, "B", 1}, {30, "C", 1}, {15, "B", 1}}));
    static_cast<void>(windows.take({{6, "D", 1}, {0, "A", 1}}));
    CHECK(windows.advance(100, 2) ==
          Lines{"A 1 1 0s 10s", "D 1 1 6s 16s", "B 2 2 5s 25s", "C 1 1 30s 40s", "A 1 1 50s 60s"});
    CHECK(windows.calls() == 3);
}

TEST_CASE("EMIT CHANGES takes back what stands under a start that is no more, then answers",
          "[operator]") {
    KeyedCase windows{sessions(10).emit(EmitMode::Changes).grouped()};
    const auto take = [&](std::vector<Trade> trades) {
        const Lines lines = windows.take(std::move(trades));
        return written(windows, lines);
    };
    CHECK(take({{5, "A", 1}, {9, "A", 2}, {0, "A", 4}}) ==
          Lines{"A 1 1 5s 15s", "A 2 3 5s 19s", "- A 5s", "A 3 7 0s 19s"});
    CHECK(take({{30, "A", 8}, {-10, "A", 16}}) ==
          Lines{"A 1 8 30s 40s", "- A 0s", "A 4 23 -10s 19s"});
}

TEST_CASE("a row that bridges two sessions takes back the younger and answers for both",
          "[operator]") {
    KeyedCase windows{sessions(10).emit(EmitMode::Changes).grouped()};
    const auto take = [&](std::vector<Trade> trades) {
        const Lines lines = windows.take(std::move(trades));
        return written(windows, lines);
    };
    CHECK(take({{0, "A", 1}, {18, "A", 2}, {19, "A", 4}, {9, "A", 8}, {29, "A", 16}}) ==
          Lines{"A 1 1 0s 10s", "A 1 2 18s 28s", "A 2 6 18s 29s", "- A 18s", "A 4 15 0s 29s",
                "A 5 31 0s 39s"});
    CHECK(windows.counts().keys == 1);
    CHECK(windows.advance_to(kAfterAllTime) == Lines{});
    CHECK(windows.counts().keys == 0);
}

TEST_CASE("EVERY takes back when the clock strikes, and only what it has written", "[operator]") {
    KeyedCase windows{sessions(10).emit(EmitMode::Changes, true).grouped()};
    const auto flush = [&] {
        const Lines lines = windows.flush();
        return written(windows, lines);
    };
    CHECK(windows.take({{5, "A", 1}, {3, "A", 1}, {25, "A", 1}}) == Lines{});
    CHECK(flush() == Lines{"A 2 2 3s 15s", "A 1 1 25s 35s"});
    CHECK(windows.take({{40, "A", 1}, {15, "A", 1}, {0, "A", 1}, {31, "A", 1}}) == Lines{});
    const Lines lines = flush();
    CHECK(sorted(lines) == Lines{"- A 25s", "- A 3s", "A 7 7 0s 50s"});
    CHECK(lines.back() == "A 7 7 0s 50s");
    CHECK(flush() == Lines{});
    // A session that closes is written as it is, after what it still takes back.
    static_cast<void>(windows.take({{70, "B", 1}}));
    CHECK(flush() == Lines{"B 1 1 70s 80s"});
    static_cast<void>(windows.take({{65, "B", 1}}));
    CHECK(windows.advance(81, 1) == Lines{"B is withdrawn", "B 2 2 65s 80s"});
    CHECK(windows.counts().keys == 0);
}

TEST_CASE("a row is late here when its own session would be closed", "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        KeyedCase windows{sessions(10).emit(mode).grouped()};
        static_cast<void>(windows.advance(20));
        static_cast<void>(windows.take({{9, "A", 1}, {10, "A", 1}, {-5, "B", 1}}));
        CHECK(windows.rows().late == std::vector<std::uint32_t>{0, 2});
        CHECK(windows.counts().keys == 1);
        static_cast<void>(
            windows.take({{9'223'372'036'854, "A", 1}, {-9'223'372'036'854, "A", 1}}));
        CHECK(windows.rows().late.size() == 2);
    }
}

TEST_CASE("at the end of input sessions are answered beyond the end of the last", "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        KeyedCase windows{sessions(10).emit(mode).grouped()};
        static_cast<void>(windows.take({{3, "A", 1}, {7, "B", 1}}));
        static_cast<void>(windows.advance_to(kAfterAllTime));
        // A row at 17 would have belonged to B's session: it is late from now on.
        CHECK(windows.keyed().answered_to() == at(17) + Duration{1});
    }
}

/// Each key's times cut where more than `gap` lies between.
Lines expected_sessions(const std::vector<Trade>& trades, std::int64_t gap) {
    std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>> by_key;
    for (const Trade& trade : trades) by_key[trade.symbol].emplace_back(trade.at, *trade.quantity);
    Lines out;
    for (auto& [key, rows] : by_key) {
        std::ranges::sort(rows);
        for (std::size_t i = 0; i < rows.size();) {
            const std::int64_t first = rows[i].first;
            std::int64_t last = first;
            std::int64_t sum = 0;
            std::int64_t count = 0;
            for (; i < rows.size() && rows[i].first <= last + gap; ++i, ++count) {
                last = rows[i].first;
                sum += rows[i].second;
            }
            out.push_back(fmt::format("{} {} {} {}s {}s", key, count, sum, first, last + gap));
        }
    }
    return sorted(out);
}

TEST_CASE("sessions are those of all rows in order of time, however the rows came", "[operator]") {
    for (const bool every : {false, true}) {
        for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
            if (every && mode == EmitMode::Final) continue;
            rc::prop(fmt::format("mode {} every {}", static_cast<int>(mode), every), [&] {
                std::mt19937 random{*rc::gen::arbitrary<std::uint32_t>()};
                const auto below = [&](std::uint32_t n) {
                    return static_cast<std::int64_t>(random() % n);
                };
                const std::int64_t gap = 1 + below(8);
                const std::int64_t disorder = 1 + below(30);
                KeyedCase windows{sessions(gap).emit(mode, every).grouped()};
                std::vector<Trade> all;
                std::map<std::string, std::string> sink;  // By key and start.
                Lines finals;
                const auto put = [&](const Lines& lines) {
                    for (const std::string& line : written(windows, lines)) {
                        if (mode == EmitMode::Final) {
                            finals.push_back(line);
                        } else if (line.starts_with("- ")) {
                            RC_ASSERT(sink.erase(line.substr(2)) == 1U);
                        } else {
                            const std::size_t end = line.rfind(' ');
                            const std::size_t start = line.rfind(' ', end - 1);
                            sink[line.substr(0, 1) + line.substr(start, end - start)] = line;
                        }
                    }
                };
                std::int64_t now = 0;
                for (auto batches = 1 + below(20); batches > 0; --batches) {
                    std::vector<Trade> trades;
                    for (auto rows = below(20); rows > 0; --rows) {
                        now += below(6);
                        trades.push_back({now - below(static_cast<std::uint32_t>(disorder)),
                                          std::string(1, static_cast<char>('A' + below(3))),
                                          below(100)});
                    }
                    all.insert(all.end(), trades.begin(), trades.end());
                    put(windows.take(std::move(trades)));
                    RC_ASSERT(windows.rows().late.empty());
                    if (below(2) == 0) put(windows.advance(now - disorder + 1));
                    if (below(3) == 0) put(windows.flush());
                }
                put(windows.advance_to(kAfterAllTime));
                put(windows.finish());
                for (const auto& [key, line] : sink) finals.push_back(line);
                RC_ASSERT(sorted(finals) == expected_sessions(all, gap));
                RC_ASSERT(windows.counts().keys == 0U);
            });
        }
    }
}

}  // namespace
}  // namespace velo::engine
