// The engine on several workers, in memory: JSON bytes in, routed by key, answers out and counted; no Kafka.
//
//   velo_scaling WORKERS [--scenario NAME] [--records N] [--hot PERCENT] [--batch RECORDS]
//
// One JSON line. With --hot, that share of the records has one and the same key; the others are as they are.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "connectors/memory/memory_sink.hpp"
#include "connectors/memory/memory_source.hpp"
#include "engine/format/decoder.hpp"
#include "engine/format/encoder.hpp"
#include "perf/scenario_plan.hpp"
#include "server/runtime/coordinator.hpp"

namespace {

using namespace velo;

constexpr std::uint32_t kPartitions = 8;
constexpr std::uint64_t kMade = 1'000'000;  // Records made; more are these again.

double cpu_now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Settings {
    std::uint32_t workers = 1;
    std::string scenario = "s2_every";
    std::uint64_t records = 20'000'000;
    std::uint64_t hot_percent = 0;
    std::uint32_t batch = runtime::RunOptions{}.batch_records;
};

connectors::MemoryInput input_of(const perf::Scenario& scenario, const Settings& settings) {
    connectors::MemoryInput input;
    input.partitions.resize(kPartitions);
    input.rounds = settings.records / kMade;
    for (std::uint64_t i = 0; i < kMade; ++i) {
        connectors::MemoryRecord record;
        // The hot share falls evenly over all partitions: record 0's key, again and again.
        const bool is_hot = i / kPartitions % 100 < settings.hot_percent;
        perf::append_record(scenario.topic, is_hot ? 0 : i, record.value.emplace());
        record.timestamp = 1'700'000'000'000'000;
        input.partitions[i % kPartitions].push_back(std::move(record));
    }
    return input;
}

struct Silent final : runtime::RunListener {
    void state_changed(runtime::JobState) override {}
    void weather(const engine::PortError&) override {}
};

int measure(const Settings& settings) {
    const perf::Scenario* scenario = perf::find_scenario(settings.scenario);
    if (scenario == nullptr || settings.workers == 0 || settings.records < kMade) {
        std::fprintf(stderr, "scaling: no such scenario, no workers, or too few records\n");
        return 2;
    }
    const connectors::MemoryInput input = input_of(*scenario, settings);
    connectors::MemoryOutput output;
    runtime::Wake wake;
    std::vector<std::unique_ptr<runtime::Worker>> workers;
    for (std::uint32_t i = 0; i < settings.workers; ++i)
        workers.push_back(std::make_unique<runtime::Worker>(i));
    runtime::RunOptions options;
    options.pipelines = settings.workers;
    options.until_end = true;
    options.batch_records = settings.batch;
    runtime::JobCounters counters(settings.workers);
    Silent listener;
    runtime::Ports ports{.source = std::make_unique<connectors::MemorySource>(input),
                         .sink = std::make_unique<connectors::MemorySink>(
                             connectors::MemorySinkOptions{.keeps_records = false,
                                                           .wake_descriptor = wake.descriptor()},
                             output),
                         .ledger = nullptr};
    runtime::Coordinator coordinator(std::make_shared<const engine::Plan>(perf::plan_of(*scenario)),
                                     options,
                                     {.make_decoder = engine::make_json_decoder,
                                      .make_encoder = engine::make_json_encoder,
                                      .encode = {}},
                                     std::move(ports), workers, wake, counters, listener);
    const double cpu = cpu_now();
    const auto begun = std::chrono::steady_clock::now();
    const runtime::RunResult result = coordinator.run(std::stop_token{});
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const double cpu_used = cpu_now() - cpu;
    const runtime::Law law = runtime::law_of(counters);
    const std::uint64_t records = input.rounds * kMade;
    if (result.end != runtime::RunResult::End::Finished || law.in != records || !law.balances() ||
        law.answered + law.filtered != records) {
        std::fprintf(stderr, "scaling: wrong result, no figure\n");
        return 1;
    }
    const auto in = static_cast<double>(records);
    std::printf(
        R"({"benchmark":"scaling","scenario":"%s","workers":%u,"hot_percent":%llu,"records":%llu,"records_per_second":%.0f,"cpu_per_million":%.4f})"
        "\n",
        settings.scenario.c_str(), settings.workers,
        static_cast<unsigned long long>(settings.hot_percent),
        static_cast<unsigned long long>(records), in / seconds, cpu_used / in * 1e6);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--scenario" && i + 1 < argc)
            settings.scenario = argv[++i];
        else if (word == "--records" && i + 1 < argc)
            settings.records = std::strtoull(argv[++i], nullptr, 10);
        else if (word == "--hot" && i + 1 < argc)
            settings.hot_percent = std::strtoull(argv[++i], nullptr, 10);
        else if (word == "--batch" && i + 1 < argc)
            settings.batch = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
        else
            settings.workers = static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10));
    }
    return measure(settings);
}
