#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query by_symbol() { return Query{}.group_by({Query::kSymbol}); }

/// The last two columns of each line.
Lines results(const Lines& lines, std::size_t columns) {
    Lines tails;
    for (const std::string& line : lines) {
        std::size_t at = line.size();
        for (std::size_t i = 0; i < columns; ++i) at = line.rfind(' ', at - 1);
        tails.push_back(line.substr(at + 1));
    }
    return tails;
}

TEST_CASE("every row is answered over the latest rows of its key, itself included", "[operator]") {
    KeyedCase over{by_symbol().select("COUNT").select("AVG", Query::kPrice).over(3)};
    const Lines lines = over.take(
        {{1, "A", 1, 1.0}, {1, "B", 1, 9.0}, {2, "A", 1, 3.0}, {3, "A", 1, 5.0}, {4, "A", 1, 7.0}});
    CHECK(lines[0] == "1s 0 0 A 1 1 1 1");
    CHECK(results(lines, 2) == Lines{"1 1", "1 9", "2 2", "3 3", "3 5"});
    CHECK(results(over.take({{5, "B", 1, 1.0}, {5, "A", 1, 0.0}}), 2) == Lines{"2 5", "3 4"});
}

TEST_CASE("a buffer of one row answers each row alone", "[operator]") {
    KeyedCase over{by_symbol().select("SUM", Query::kQuantity).over(1)};
    CHECK(results(over.take({{1, "A", 1}, {2, "A", 2}, {0, "A", 3}, {2, "A", 4}}), 1) ==
          Lines{"1", "2", "3", "4"});
}

TEST_CASE("a row out of order is answered over what is not after it, and finds its place",
          "[operator]") {
    KeyedCase over{by_symbol().select("SUM", Query::kQuantity).over(3)};
    CHECK(results(over.take({{10, "A", 1}, {30, "A", 2}, {20, "A", 4}}), 1) ==
          Lines{"1", "3", "5"});
    CHECK(results(over.take({{25, "A", 8}}), 1) ==
          Lines{"13"});  // 10, 20, 25; then the buffer is 20, 25, 30.
    CHECK(results(over.take({{5, "A", 16}}), 1) ==
          Lines{"16"});  // Older than a full buffer: alone, and not kept.
    CHECK(results(over.take({{40, "A", 32}}), 1) == Lines{"42"});  // 25, 30, 40
}

TEST_CASE("rows of the same time keep the order of their arrival", "[operator]") {
    KeyedCase over{by_symbol().select("SUM", Query::kQuantity).over(2)};
    CHECK(
        results(over.take({{10, "A", 1}, {10, "A", 2}, {10, "A", 4}, {20, "A", 8}, {10, "A", 16}}),
                1) == Lines{"1", "3", "6", "12", "20"});
}

TEST_CASE("without ORDER BY rows count in order of arrival", "[operator]") {
    KeyedCase over{by_symbol().select("SUM", Query::kQuantity).over(2, std::nullopt)};
    CHECK(results(over.take({{30, "A", 1}, {10, "A", 2}, {20, "A", 4}}), 1) ==
          Lines{"1", "3", "6"});
}

TEST_CASE("ORDER BY DESC looks at the rows after it in time", "[operator]") {
    KeyedCase over{by_symbol().select("SUM", Query::kQuantity).over(2, Query::kTime, true)};
    CHECK(results(over.take({{30, "A", 1}, {20, "A", 2}, {10, "A", 4}, {25, "A", 8}}), 1) ==
          Lines{"1", "3", "6", "8"});
}

TEST_CASE("without PARTITION BY all rows share one buffer", "[operator]") {
    KeyedCase over{Query{}.select("COUNT").select("MAX", Query::kQuantity).over(2)};
    CHECK(results(over.take({{1, "A", 5}, {2, "B", 3}, {3, "C", {}}}), 2) ==
          Lines{"1 5", "2 5", "2 3"});
}

TEST_CASE("text in buffers is their own", "[operator]") {
    KeyedCase over{Query{}.select("MIN", Query::kSymbol).over(3)};
    Lines lines;
    for (const char* const name : {"delta", "alpha", "charlie", "bravo", "echo", "foxtrot"}) {
        for (const std::string& line : results(over.take({{1, name, 1}}), 1)) lines.push_back(line);
    }
    CHECK(lines == Lines{"delta", "alpha", "alpha", "alpha", "bravo", "bravo"});
}

TEST_CASE("bytes follow what buffers hold", "[operator]") {
    KeyedCase over{Query{}.select("MAX", Query::kSymbol).over(2)};
    const std::string name(1000, 'n');
    static_cast<void>(over.take({{1, "A", 1}, {2, "B", 1}, {3, "C", 1}}));
    const std::size_t small = over.counts().bytes;
    static_cast<void>(over.take({{4, name, 1}}));
    CHECK(over.counts().bytes > small + 1000);
    static_cast<void>(over.take({{3, name, 1},
                                 {5, "E", 1},
                                 {4, "F", 1},
                                 {6, "G", 1},
                                 {7, "H", 1},
                                 {8, "I", 1},
                                 {9, "J", 1}}));
    CHECK(over.counts().bytes <=
          small + 2000);  // Two running results keep their room for the next long text.
}

TEST_CASE("only the rows of the selection are answered", "[operator]") {
    KeyedCase over{by_symbol().select("COUNT").over(5)};
    CHECK(over.take({{1, "A", 7}, {2, "B", 8}, {3, "A", 9}}, {0, 2}) ==
          Lines{"1s 0 0 A 7 0 1", "3s 0 2 A 9 0 2"});
    CHECK(over.counts().keys == 1);
}

/// What interface.md says, in so many words.
class NaiveBuffer {
public:
    NaiveBuffer(std::size_t rows, bool ordered) : size_(rows), ordered_(ordered) {}

    std::string answer(const Trade& trade) {
        const auto after = [&](const Trade& row) { return ordered_ && row.at > trade.at; };
        std::vector<Trade> not_after;
        std::ranges::copy_if(rows_, std::back_inserter(not_after),
                             [&](const Trade& row) { return !after(row); });
        const auto place = static_cast<std::ptrdiff_t>(not_after.size());
        not_after.push_back(trade);
        if (not_after.size() > size_) not_after.erase(not_after.begin());
        rows_.insert(rows_.begin() + place, trade);
        if (rows_.size() > size_) rows_.erase(rows_.begin());
        std::int64_t sum = 0;
        std::optional<std::int64_t> least;
        std::optional<Trade> last;
        for (const Trade& row : not_after) {
            if (!row.quantity) continue;
            sum += *row.quantity;
            least = std::min(least.value_or(*row.quantity), *row.quantity);
            if (!last || row.at >= last->at) last = row;
        }
        if (!least) return fmt::format("{} - - -", not_after.size());
        // LAST goes by event time also where the buffer does not; of the rows of one time, by offset.
        return fmt::format("{} {} {} {}", not_after.size(), sum, *least,
                           ordered_ ? fmt::format("{}", *last->quantity) : last_by_time(not_after));
    }

private:
    static std::string last_by_time(const std::vector<Trade>& rows) {
        const Trade* last = nullptr;
        for (const Trade& row : rows) {
            if (row.quantity && (last == nullptr || row.at >= last->at)) last = &row;
        }
        return fmt::format("{}", *last->quantity);
    }

    std::size_t size_;
    bool ordered_;
    std::vector<Trade> rows_;
};

TEST_CASE(
    "random rows, out of order and of equal times, are answered as a naive buffer answers them",
    "[operator]") {
    rc::prop("any buffer and batches", [] {
        const auto buffer = *rc::gen::inRange<std::uint32_t>(1, 12);
        const bool ordered = *rc::gen::arbitrary<bool>();
        const auto disorder = *rc::gen::element(0, 1, 4, 20);
        const auto numbers =
            *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
        const auto cut = *rc::gen::inRange<std::size_t>(1, 50);
        const Query query = by_symbol()
                                .select("COUNT")
                                .select("SUM", Query::kQuantity)
                                .select("MIN", Query::kQuantity)
                                .select("LAST", Query::kQuantity);
        KeyedCase over{query.over(buffer, ordered ? std::optional{Query::kTime} : std::nullopt)};
        std::map<std::string, NaiveBuffer> naive;
        for (std::size_t start = 0; start < numbers.size(); start += cut) {
            std::vector<Trade> trades;
            Lines expected;
            for (std::size_t i = start; i < std::min(numbers.size(), start + cut); ++i) {
                const int number = numbers[i];
                const std::int64_t time = static_cast<std::int64_t>(i / 2) -
                                          (disorder == 0 ? 0 : number / 8 % (disorder + 1));
                const std::optional<std::int64_t> quantity =
                    number % 11 == 0 ? std::nullopt : std::optional<std::int64_t>{number % 100};
                trades.push_back({time, fmt::format("S{}", number % 3), quantity});
                expected.push_back(naive.try_emplace(trades.back().symbol, buffer, ordered)
                                       .first->second.answer(trades.back()));
            }
            RC_ASSERT(results(over.take(trades), 4) == expected);
        }
    });
}

}  // namespace
}  // namespace velo::engine
