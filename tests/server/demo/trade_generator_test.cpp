#include "server/demo/trade_generator.hpp"

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "server/json_value.hpp"

using namespace velo::server;

TEST_CASE("made-up trades are the same each time, with a hot symbol, broken and late ones",
          "[demo]") {
    constexpr std::int64_t kNow = 1'700'000'000'000;
    constexpr int kTrades = 50'000;
    TradeMaker maker;
    TradeMaker again;
    std::map<std::string, int> symbols;
    std::uint64_t malformed = 0;
    std::uint64_t late = 0;
    for (int i = 0; i < kTrades; ++i) {
        const TradeMaker::Trade& trade = maker.make(kNow + i);
        REQUIRE(trade.partition >= 0);
        REQUIRE(trade.partition < kTradesPartitions);
        REQUIRE(again.make(kNow + i).value == trade.value);
        const auto json = parse_json(trade.value);
        if (!json) {
            ++malformed;
            continue;
        }
        ++symbols[json->text_of("symbol")];
        const auto at = static_cast<std::int64_t>(json->number_of("at"));
        if (at == kNow + i - TradeMaker::kLateByMs) {
            ++late;
        } else {
            REQUIRE(at == kNow + i);
        }
    }
    CHECK(symbols.size() == 8);
    CHECK(symbols["AAPL"] > kTrades / 2);
    CHECK(malformed == 10);
    CHECK(late == 20);
    CHECK(maker.count().trades == kTrades);
    CHECK(maker.count().malformed == malformed);
    CHECK(maker.count().late == late);
}

TEST_CASE("the generator waits for the slowest reader, and all it has made arrives", "[demo]") {
    velo::connectors::EmbeddedBroker broker;
    broker.make_topic(kTradesTopic, kTradesPartitions);
    std::uint64_t written = 0;
    {
        // Nobody reads, however much may be written.
        TradeGenerator generator(broker, 10'000'000, [](std::int32_t) { return std::int64_t{0}; });
        velo::runtime::Wake pause;
        while (generator.written() < 8 * 16'000) pause.wait(std::chrono::milliseconds{1});
        generator.finish();
        written = generator.count().trades;
        CHECK(generator.written() == written);
    }
    CHECK(written <= 8 * 16'000 + 1);
    CHECK(broker.records_of(kTradesTopic) == written);
    CHECK(broker.refused() == 0);
}
