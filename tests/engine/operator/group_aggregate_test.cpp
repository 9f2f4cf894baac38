#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "engine/operator/operators.hpp"
#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query by_symbol() { return Query{}.group_by({Query::kSymbol}); }

TEST_CASE("EMIT CHANGES answers every row with its group as it then stands", "[operator]") {
    KeyedCase groups{by_symbol()
                         .select("COUNT")
                         .select("SUM", Query::kQuantity)
                         .select("MAX", Query::kPrice)
                         .grouped()};
    CHECK(groups.take({{1, "ACME", 5, 1.5}, {2, "INIT", 7, 9.0}, {3, "ACME", 6, 1.0}}) ==
          Lines{"ACME 1 5 1.5", "INIT 1 7 9", "ACME 2 11 1.5"});
    CHECK(groups.take({{4, "ACME", {}, 3.0}}) == Lines{"ACME 3 11 3"});
    CHECK(groups.finish() == Lines{});
}

TEST_CASE("only the rows of the selection are taken", "[operator]") {
    KeyedCase groups{by_symbol().select("COUNT").grouped()};
    CHECK(groups.take({{1, "A", 1}, {1, "B", 1}, {1, "A", 1}, {1, "C", 1}}, {0, 2}) ==
          Lines{"A 1", "A 2"});
    CHECK(groups.counts().keys == 1);
}

TEST_CASE("a NULL key is a group of its own", "[operator]") {
    KeyedCase groups{by_symbol().select("COUNT").grouped()};
    CHECK(groups.take({{1, "", 1}, {1, "A", 1}, {1, "", 1}}) == Lines{"- 1", "A 1", "- 2"});
}

TEST_CASE("keys of any length are told apart", "[operator]") {
    KeyedCase groups{by_symbol().select("COUNT").grouped()};
    std::vector<Trade> trades;
    for (std::size_t length = 1; length < 60; ++length)
        trades.push_back({1, std::string(length, 'x'), 1});
    for (std::size_t length = 1; length < 60; ++length)
        trades.push_back({1, std::string(length - 1, 'x') + "y", 1});
    for (const std::string& line : groups.take(trades)) CHECK(line.ends_with(" 1"));
    for (const std::string& line : groups.take(trades)) CHECK(line.ends_with(" 2"));
    CHECK(groups.counts().keys == 118);
}

TEST_CASE("without keys there is one group, also when batches carry no keys", "[operator]") {
    KeyedCase groups{Query{}.select("COUNT").select("SUM", Query::kQuantity).grouped()};
    CHECK(groups.take({{1, "A", 1}, {1, "B", 2}}) == Lines{"1 1", "2 3"});
    CHECK(groups.take({{1, "C", 4}}) == Lines{"3 7"});
}

TEST_CASE("0.0 and -0.0 are one group, shown as 0.0", "[operator]") {
    KeyedCase groups{Query{}.group_by({Query::kPrice}).select("COUNT").grouped()};
    CHECK(groups.take({{1, "A", 1, 0.0}, {1, "A", 1, -0.0}}) == Lines{"0 1", "0 2"});
}

TEST_CASE("EVERY writes the latest row of each changed group once", "[operator]") {
    KeyedCase groups{by_symbol().select("COUNT").emit(EmitMode::Changes, true).grouped()};
    CHECK(groups.take({{1, "A", 1}, {1, "B", 1}, {1, "A", 1}}) == Lines{});
    CHECK(groups.flush() == Lines{"A 2", "B 1"});
    CHECK(groups.flush() == Lines{});
    CHECK(groups.take({{1, "B", 1}}) == Lines{});
    CHECK(groups.finish() == Lines{"B 2"});  // The last value is always written.
}

TEST_CASE("a flush comes in slices of at most max_rows", "[operator]") {
    KeyedCase groups{by_symbol().select("COUNT").emit(EmitMode::Changes, true).grouped()};
    static_cast<void>(groups.take({{1, "A", 1}, {1, "B", 1}, {1, "C", 1}}));
    CHECK(groups.flush(2) == Lines{"A 1", "B 1", "C 1"});
    CHECK(groups.calls() == 2);
    CHECK(groups.flush(2) == Lines{});
}

TEST_CASE("EMIT FINAL answers once, when the input ends", "[operator]") {
    KeyedCase groups{
        by_symbol().select("COUNT").select("AVG", Query::kPrice).emit(EmitMode::Final).grouped()};
    CHECK(groups.take({{1, "A", 1, 1.0}, {1, "B", 1, 5.0}, {1, "A", 1, 2.0}}) == Lines{});
    CHECK(groups.advance_to(kAfterAllTime) == Lines{});
    CHECK(groups.finish(1) == Lines{"A 2 1.5", "B 1 5"});
    CHECK(groups.finish() == Lines{});
}

TEST_CASE("under HAVING each row shows where its group remembers that it was written",
          "[operator]") {
    KeyedCase groups{by_symbol().select("COUNT").having().grouped()};
    static_cast<void>(groups.take({{1, "A", 1}, {1, "B", 1}, {1, "A", 1}}));
    REQUIRE(groups.rows().written.size() == 3);
    CHECK(*groups.rows().written[0] == 0);
    CHECK(groups.rows().written[0] == groups.rows().written[2]);
    CHECK(groups.rows().written[0] != groups.rows().written[1]);
    *groups.rows().written[0] = 1;
    static_cast<void>(groups.take({{1, "A", 1}}));
    CHECK(*groups.rows().written[0] == 1);
}

TEST_CASE("a result that does not exist is a fault of its row", "[operator]") {
    KeyedCase groups{
        by_symbol().select("SUM", Query::kPrice).select("AVG", Query::kPrice).grouped()};
    CHECK(groups.take({{1, "A", 1, 1e308}, {1, "A", 1, 1e308}, {1, "B", 1, 1.0}}) ==
          Lines{"A 1e+308 1e+308", "overflow in 'SUM(x)'", "B 1 1"});
    CHECK(groups.rows().faults.size() == 1);
}

TEST_CASE("FIRST and LAST go by event time, not by arrival", "[operator]") {
    KeyedCase groups{
        by_symbol().select("FIRST", Query::kQuantity).select("LAST", Query::kQuantity).grouped()};
    CHECK(groups.take({{20, "A", 2}, {10, "A", 1}, {30, "A", 3}, {30, "A", 4}}) ==
          Lines{"A 2 2", "A 1 2", "A 1 3", "A 1 4"});
}

TEST_CASE("text of groups outlives the batches it came in", "[operator]") {
    KeyedCase groups{
        by_symbol().select("MIN", Query::kSymbol).emit(EmitMode::Changes, true).grouped()};
    const std::string name(40, 'n');
    static_cast<void>(groups.take({{1, name, 1}}));
    static_cast<void>(groups.take({{1, "other", 1}}));
    CHECK(groups.flush() == Lines{name + " " + name, "other other"});
}

TEST_CASE("changes fold to the finals, and batches may be cut anywhere", "[operator]") {
    rc::prop("against a map", [] {
        const auto numbers =
            *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
        const auto cut = *rc::gen::inRange<std::size_t>(1, numbers.size() + 2);
        const Query query = by_symbol().select("COUNT").select("SUM", Query::kQuantity);
        KeyedCase changes{query.grouped()};
        KeyedCase finals{Query{query}.emit(EmitMode::Final).grouped()};
        std::map<std::string, std::pair<int, int>> expected;
        std::map<std::string, std::string> folded;
        for (std::size_t start = 0; start < numbers.size(); start += cut) {
            std::vector<Trade> trades;
            for (std::size_t i = start; i < std::min(numbers.size(), start + cut); ++i) {
                const std::string symbol = fmt::format("S{}", numbers[i] % 7);
                trades.push_back({1, symbol, numbers[i]});
                auto& [count, sum] = expected[symbol];
                ++count;
                sum += numbers[i];
            }
            for (const std::string& line : changes.take(trades)) folded[line.substr(0, 2)] = line;
            static_cast<void>(finals.take(trades));
        }
        Lines lines;
        for (const auto& [symbol, group] : expected)
            lines.push_back(fmt::format("{} {} {}", symbol, group.first, group.second));
        Lines last;
        for (const auto& [symbol, line] : folded) last.push_back(line);
        RC_ASSERT(last == lines);
        RC_ASSERT(sorted(finals.finish(3)) == lines);
    });
}

}  // namespace
}  // namespace velo::engine
