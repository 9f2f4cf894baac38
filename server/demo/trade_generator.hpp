// Made-up trades: the same ones in every run, only their times differ. One symbol is traded as often as all others
// together, some records are no JSON, and some come half a minute late.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/embedded_broker.hpp"
#include "server/demo/demo_jobs.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

/// What was written so far.
struct TradeCount {
    std::uint64_t trades = 0;  // Malformed and late ones too.
    std::uint64_t malformed = 0;
    std::uint64_t late = 0;
};

/// Makes one trade after another. Thread: one.
class TradeMaker {
public:
    struct Trade {
        std::int32_t partition = 0;
        std::string value;
    };
    /// The trade that happens at `now_ms` (since 1970); a late one says that it happened long before.
    [[nodiscard]] const Trade& make(std::int64_t now_ms);
    [[nodiscard]] const TradeCount& count() const noexcept { return count_; }

    static constexpr std::uint64_t kMalformedEvery = 5'000;
    static constexpr std::uint64_t kLateEvery = 2'500;
    static constexpr std::int64_t kLateByMs = 30'000;

private:
    std::mt19937_64 random_{7};
    std::normal_distribution<double> step_{0, 0.0004};
    std::array<double, 8> price_{187.15, 390.27, 563.82, 155.34, 374.49, 143.82, 218.89, 146.56};
    TradeCount count_;
    Trade trade_;
};

/// Writes trades at a steady pace on a thread of its own, and slower where the slowest reader cannot follow: the broker
/// forgets what nobody has read in time.
class TradeGenerator {
public:
    /// The next offset the slowest reader of a partition will read; called on the generator's thread.
    using Position = std::function<std::int64_t(std::int32_t partition)>;
    TradeGenerator(connectors::EmbeddedBroker& broker, std::uint64_t trades_per_second,
                   Position position);
    ~TradeGenerator() { finish(); }
    TradeGenerator(const TradeGenerator&) = delete;
    TradeGenerator& operator=(const TradeGenerator&) = delete;

    /// No more trades; returns when the broker has all there are.
    void finish();
    /// After finish().
    [[nodiscard]] const TradeCount& count() const noexcept { return maker_.count(); }
    /// Any thread.
    [[nodiscard]] std::uint64_t written() const noexcept {
        return written_total_.load(std::memory_order_relaxed);
    }

private:
    void run(const std::stop_token& stop);
    void write(const std::stop_token& stop, std::uint64_t trades);

    connectors::EmbeddedBroker& broker_;
    const std::uint64_t trades_per_second_;
    const Position position_;
    TradeMaker maker_;
    std::array<std::int64_t, kTradesPartitions> written_{};
    std::array<std::int64_t, kTradesPartitions> read_{};
    std::atomic<std::uint64_t> written_total_{0};
    runtime::Wake pause_;  // Nobody wakes it: it paces the writing.
    std::jthread thread_;  // Last: starts when everything else is there.
};

}  // namespace velo::server
