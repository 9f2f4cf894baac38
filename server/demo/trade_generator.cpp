#include "server/demo/trade_generator.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

constexpr std::array kSymbols{"AAPL", "MSFT", "NVDA", "AMZN", "META", "GOOG", "TSLA", "AMD"};
constexpr std::chrono::milliseconds kBeat{5};
// Per partition, written and not read by all: at about 100 bytes each well below the 5 MiB that the broker keeps.
constexpr std::int64_t kMostAhead = 16'000;

}  // namespace

const TradeMaker::Trade& TradeMaker::make(std::int64_t now_ms) {
    const std::uint64_t number = count_.trades++;
    const std::size_t symbol = random_() % 2 == 0 ? 0 : random_() % kSymbols.size();
    price_[symbol] *= 1 + step_(random_);
    trade_.partition = static_cast<std::int32_t>(number % kTradesPartitions);
    if (number % kMalformedEvery == kMalformedEvery / 2) {
        ++count_.malformed;
        trade_.value = fmt::format(R"({{"symbol":"{}","price":)", kSymbols[symbol]);
        return trade_;
    }
    const bool is_late = number % kLateEvery == kLateEvery - 1;
    if (is_late) ++count_.late;
    trade_.value.clear();
    fmt::format_to(std::back_inserter(trade_.value),
                   R"({{"symbol":"{}","price":{:.2f},"quantity":{},"at":{}}})", kSymbols[symbol],
                   price_[symbol], 1 + random_() % 1000, is_late ? now_ms - kLateByMs : now_ms);
    return trade_;
}

TradeGenerator::TradeGenerator(connectors::EmbeddedBroker& broker, std::uint64_t trades_per_second,
                               Position position)
    : broker_(broker), trades_per_second_(trades_per_second), position_(std::move(position)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TradeGenerator::finish() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void TradeGenerator::run(const std::stop_token& stop) {
    std::int64_t began_ns = runtime::steady_now_ns();
    std::uint64_t due_before = 0;
    while (!stop.stop_requested()) {
        const auto passed = static_cast<std::uint64_t>(runtime::steady_now_ns() - began_ns);
        const std::uint64_t due = passed * trades_per_second_ / 1'000'000'000;
        // After a long halt the pace goes on, without making up for it.
        write(stop, std::min<std::uint64_t>(due - due_before, trades_per_second_ / 10));
        due_before = due;
        static_cast<void>(broker_.serve());
        pause_.wait(kBeat);
    }
    const std::int64_t give_up_ns = runtime::steady_now_ns() + 5'000'000'000;
    while (!broker_.serve() && runtime::steady_now_ns() < give_up_ns) pause_.wait(kBeat);
}

void TradeGenerator::write(const std::stop_token& stop, std::uint64_t trades) {
    const std::int64_t now_ms = runtime::wall_now_us() / 1000;
    for (std::uint64_t i = 0; i < trades; ++i) {
        const TradeMaker::Trade& trade = maker_.make(now_ms);
        const auto partition = static_cast<std::size_t>(trade.partition);
        const auto has_room = [&] {
            if (written_[partition] - read_[partition] < kMostAhead) return true;
            read_[partition] = std::max(read_[partition], position_(trade.partition));
            return written_[partition] - read_[partition] < kMostAhead;
        };
        // What has been made is written, also when the end comes meanwhile: it has been counted.
        while (!(has_room() || stop.stop_requested()) ||
               !broker_.try_write(kTradesTopic, trade.partition, trade.value)) {
            static_cast<void>(broker_.serve());
            pause_.wait(kBeat);
        }
        ++written_[partition];
        written_total_.fetch_add(1, std::memory_order_relaxed);
        if (stop.stop_requested()) return;
    }
}

}  // namespace velo::server
