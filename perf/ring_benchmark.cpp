// What crossing from one worker to another costs: a message through a ring, and deciding where rows go.
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/base/hash.hpp"
#include "server/runtime/exchange.hpp"

namespace velo::runtime {
namespace {

// Both ends on one thread: the cost of the instructions, without another core's cache.
void push_and_pop(benchmark::State& state) {
    SpscRing<ExchangeItem> ring(64);
    ExchangeItem item;
    std::uint64_t passed = 0;
    for (auto _ : state) {
        passed += ring.try_push(item) ? 1U : 0U;
        passed += ring.try_pop(item) ? 1U : 0U;
    }
    if (passed != 2 * static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("the ring lost a message");
}
BENCHMARK(push_and_pop);

// One thread pushes, this one pops: time per message as it arrives.
void across_threads(benchmark::State& state) {
    SpscRing<ExchangeItem> ring(64);
    std::jthread pusher([&ring](const std::stop_token& stop) {
        ExchangeItem item;
        while (!stop.stop_requested()) {
            if (!ring.try_push(item)) std::this_thread::yield();
        }
    });
    ExchangeItem item;
    for (auto _ : state) {
        while (!ring.try_pop(item)) std::this_thread::yield();
    }
}
BENCHMARK(across_threads)->UseRealTime();

// Row lists for 8 pipelines from the hashes of a batch; time per item is time per row.
void routing(benchmark::State& state) {
    constexpr std::uint32_t kRows = 8192;
    constexpr std::uint32_t kPipelines = 8;
    std::vector<std::uint64_t> hashes;
    for (std::uint32_t i = 0; i < kRows; ++i) hashes.push_back(hash_bytes(std::to_string(i)));
    std::vector<std::vector<std::uint32_t>> rows_of(kPipelines);
    for (auto _ : state) {
        for (auto& rows : rows_of) rows.clear();
        for (std::uint32_t row = 0; row < kRows; ++row)
            rows_of[pipeline_of(shard_of(hashes[row]), kPipelines)].push_back(row);
        benchmark::DoNotOptimize(rows_of.data());
    }
    state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(routing);

void key_hash(benchmark::State& state) {
    const std::string key(static_cast<std::size_t>(state.range(0)), 'k');
    for (auto _ : state) benchmark::DoNotOptimize(hash_bytes(key));
}
BENCHMARK(key_hash)->Arg(8)->Arg(32)->Arg(128);

}  // namespace
}  // namespace velo::runtime

BENCHMARK_MAIN();
