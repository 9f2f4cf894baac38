// OVER frames against an evaluator that looks at all rows for each; how rows wait, and when partitions go.
#include <limits>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

using Unit = FramePlan::Unit;

const std::vector<RowNumbering> kNumberings{RowNumbering::RowNumber, RowNumbering::Rank,
                                            RowNumbering::DenseRank};

Query summed() {
    return Query{}
        .group_by({Query::kSymbol})
        .select("COUNT")
        .select("SUM", Query::kQuantity)
        .select("MIN", Query::kQuantity)
        .select("LAST", Query::kSymbol);
}

struct NumberedTrade {
    Trade trade;
    std::int64_t offset = 0;
};

std::string text(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "-";
}

bool is_in_frame(const FramePlan& frame, const std::vector<NumberedTrade>& of, std::size_t row,
                 std::size_t other) {
    if (frame.unit == Unit::Rows) {
        const bool reaches =
            !frame.preceding || other + static_cast<std::size_t>(*frame.preceding) >= row;
        return other <= row && reaches;
    }
    return of[other].trade.at <= of[row].trade.at &&
           (!frame.preceding || of[other].trade.at >= of[row].trade.at - *frame.preceding);
}

std::string frame_answers(const FramePlan& frame, const std::vector<NumberedTrade>& of,
                          std::size_t row) {
    std::int64_t count = 0;
    std::optional<std::int64_t> sum;
    std::optional<std::int64_t> least;
    for (std::size_t other = 0; other < of.size(); ++other) {
        if (!is_in_frame(frame, of, row, other)) continue;
        ++count;
        const std::optional<std::int64_t>& quantity = of[other].trade.quantity;
        if (!quantity) continue;
        sum = sum.value_or(0) + *quantity;
        least = std::min(least.value_or(*quantity), *quantity);
    }
    return fmt::format(" {} {} {} {}", count, text(sum), text(least), of[row].trade.symbol);
}

/// The rows of one partition in order, answered one by one.
void answer_naively(const std::vector<FramePlan>& frames, const std::vector<NumberedTrade>& of,
                    Lines& lines) {
    std::size_t rank = 0;
    std::size_t dense_rank = 0;
    for (std::size_t row = 0; row < of.size(); ++row) {
        const Trade& trade = of[row].trade;
        if (row == 0 || of[row - 1].trade.at != trade.at) {
            rank = row + 1;
            ++dense_rank;
        }
        std::string& line =
            lines.emplace_back(fmt::format("{}s 0 {} {} {} {}", trade.at, of[row].offset,
                                           trade.symbol, text(trade.quantity), trade.price));
        for (const FramePlan& frame : frames) line += frame_answers(frame, of, row);
        line += fmt::format(" {} {} {}", row + 1, rank, dense_rank);
    }
}

Lines answered_naively(const std::vector<FramePlan>& frames, std::vector<NumberedTrade> rows) {
    std::ranges::stable_sort(rows, {}, [](const NumberedTrade& row) { return row.trade.at; });
    Lines lines;
    while (!rows.empty()) {
        std::vector<NumberedTrade> partition;
        const std::string symbol = rows.front().trade.symbol;
        std::erase_if(rows, [&](const NumberedTrade& row) {
            if (row.trade.symbol != symbol) return false;
            partition.push_back(row);
            return true;
        });
        answer_naively(frames, partition, lines);
    }
    return sorted(lines);
}

TEST_CASE("every frame is answered as a look at all rows answers it", "[frames_over]") {
    rc::prop("any rows, batches, watermarks and frames", [] {
        const auto below = [](int n) { return *rc::gen::inRange(0, n); };
        std::vector<FramePlan> frames;
        for (int left = 1 + below(3); left > 0; --left) {
            FramePlan& frame = frames.emplace_back();
            frame.unit = below(2) == 0 ? Unit::Rows : Unit::Range;
            if (below(4) != 0) frame.preceding = below(12);
        }
        KeyedCase run{summed().framed(frames, kNumberings)};
        std::vector<NumberedTrade> all;
        Lines answers;
        std::int64_t watermark = -20;
        std::int64_t now = -10;
        const int symbols = 1 + below(4);
        const auto take_over = [&](Lines lines) {
            answers.insert(answers.end(), lines.begin(), lines.end());
        };
        for (int left = below(12); left > 0; --left) {
            std::vector<Trade> batch;
            for (int rows = below(20); rows > 0; --rows) {
                now += below(3);
                Trade& trade = batch.emplace_back();
                trade.at = std::max<std::int64_t>(watermark, now - below(6));
                trade.symbol = fmt::format("S{}", below(symbols));
                if (below(5) != 0) trade.quantity = below(100) - 50;
                trade.price = below(9);
                all.push_back({trade, static_cast<std::int64_t>(all.size())});
            }
            RC_ASSERT(
                run.take_own(batch, 0, 1, static_cast<std::int64_t>(all.size() - batch.size()))
                    .empty());
            RC_ASSERT(run.rows().late.empty());
            watermark = std::max<std::int64_t>(watermark, now - below(8));
            take_over(run.advance(watermark, static_cast<std::uint32_t>(1 + below(6))));
        }
        take_over(run.advance_to(kAfterAllTime, static_cast<std::uint32_t>(1 + below(6))));
        RC_ASSERT(sorted(answers) == answered_naively(frames, all));
    });
}

TEST_CASE("rows wait until the watermark has passed them, and come by event time",
          "[frames_over]") {
    KeyedCase run{Query{}.group_by({Query::kSymbol}).framed({}, {RowNumbering::RowNumber})};
    CHECK(run.take({{5, "A"}, {3, "B"}, {5, "B"}, {4, "A"}}).empty());
    CHECK(run.advance(3).empty());
    CHECK(run.advance(5) == Lines{"3s 0 1 B - 0 1", "4s 0 3 A - 0 1"});
    CHECK(run.take({{4, "A"}, {5, "A"}}).empty());
    CHECK(run.rows().late == std::vector<std::uint32_t>{0});
    CHECK(run.advance_to(kAfterAllTime) ==
          Lines{"5s 0 0 A - 0 2", "5s 0 2 B - 0 2", "5s 0 5 A - 0 3"});
}

TEST_CASE("answers come in bounded steps, also where many rows have one time", "[frames_over]") {
    KeyedCase run{summed().framed({{Unit::Range, 1, {}}})};
    std::vector<Trade> trades(100, Trade{1, "A", 1});
    run.take(trades);
    const Lines lines = run.advance(2, 7);
    CHECK(lines.size() == 100);
    CHECK(run.calls() >= 100 / 7);
    CHECK(std::ranges::all_of(
        lines, [](const std::string& line) { return line.ends_with(" A 1 0 100 100 1 A"); }));
}

TEST_CASE("a partition whose frames reach back by time goes with its last row", "[frames_over]") {
    KeyedCase run{summed().framed({{Unit::Range, 10, {}}})};
    const std::uint64_t empty = run.counts().bytes;
    for (std::int64_t i = 0; i < 200; ++i)
        run.take({{i % 50, "a symbol of many letters " + std::to_string(i % 7), 1}});
    run.advance(50);
    CHECK(run.counts().keys == 7);
    run.advance(59);
    CHECK(run.counts().keys > 0);
    run.advance(60);
    CHECK(run.counts().keys == 0);
    CHECK(run.counts().bytes < empty + 64 * 1024);
}

TEST_CASE("a frame of rows keeps its partition", "[frames_over]") {
    KeyedCase run{summed().framed({{Unit::Rows, 1, {}}})};
    run.take({{1, "A", 1}});
    run.advance(100'000);
    CHECK(run.counts().keys == 1);
}

TEST_CASE("with a ttl a partition starts anew when its next row is later than that",
          "[frames_over]") {
    KeyedCase run{Query{}
                      .group_by({Query::kSymbol})
                      .select("SUM", Query::kQuantity)
                      .ttl(10)
                      .framed({{Unit::Rows, 5, {}}, {Unit::Range, std::nullopt, {}}},
                              {RowNumbering::RowNumber})};
    run.take({{0, "A", 1}, {10, "A", 2}, {21, "A", 4}, {31, "A", 8}, {31, "A", 16}});
    CHECK(run.advance(32) == Lines{"0s 0 0 A 1 0 1 1 1", "10s 0 1 A 2 0 3 3 2",
                                   "21s 0 2 A 4 0 4 4 1", "31s 0 3 A 8 0 12 28 2",
                                   "31s 0 4 A 16 0 28 28 3"});
    run.advance(41);
    CHECK(run.counts().keys == 1);
    run.advance(42);
    CHECK(run.counts().keys == 0);
}

TEST_CASE("a partition with a row that waits far ahead is kept", "[frames_over]") {
    KeyedCase run{summed().framed({{Unit::Range, 2, {}}})};
    run.take({{1, "A", 1}, {1000, "A", 5}});
    for (std::int64_t watermark = 2; watermark < 1000; watermark += 50) run.advance(watermark);
    CHECK(run.advance(1001) == Lines{"1000s 0 1 A 5 0 1 5 5 A"});
    run.advance(1004);
    CHECK(run.counts().keys == 0);
}

TEST_CASE("a frame of the times at both ends of time does not wrap", "[frames_over]") {
    FramePlan frame{Unit::Range, std::nullopt, {}};
    Plan plan = summed().framed({frame});
    std::get<FramesPlan>(*plan.keyed).frames[0].preceding =
        std::numeric_limits<std::int64_t>::max();
    KeyedCase run{std::move(plan)};
    run.take({{-9'000'000'000'000, "A", 1}, {9'000'000'000'000, "A", 2}});
    CHECK(run.advance_to(kAfterAllTime).size() == 2);
}

}  // namespace
}  // namespace velo::engine
