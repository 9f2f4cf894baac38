// Three jobs over the same made-up trades, in memory, through the same workers and pipelines as any job.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "connectors/memory/memory_sink.hpp"
#include "connectors/memory/memory_source.hpp"
#include "engine/plan/binder.hpp"
#include "server/command/commands.hpp"
#include "server/daemon.hpp"
#include "server/job/job_table.hpp"
#include "server/runtime/wake.hpp"

namespace velo::server {

namespace {

constexpr std::size_t kPartitions = 8;
constexpr std::size_t kTrades = 400'000;
constexpr std::size_t kMalformedEvery = 10'000;
constexpr std::size_t kFarTooLateEvery = 5'000;
constexpr std::int64_t kStartMs = 1'705'329'000'000;  // 2024-01-15T14:30:00Z

struct DemoJob {
    const char* name;
    const char* does;
    const char* query;
};

constexpr std::array kJobs{
    DemoJob{"large_trades", "a filter",
            "SELECT symbol, price, quantity FROM trades WHERE price * quantity > 100000"},
    DemoJob{"ohlc_1s", "one answer per symbol and second",
            "SELECT symbol, FIRST(price) AS open, MAX(price) AS high, MIN(price) AS low, "
            "LAST(price) AS close, SUM(quantity) AS volume, _window_start "
            "FROM trades GROUP BY symbol WINDOW TUMBLING (at, 1s) EMIT FINAL"},
    DemoJob{"moving_average", "one answer per trade",
            "SELECT symbol, price, AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS PARTITION BY "
            "symbol ORDER BY at) AS moving_avg FROM trades"},
};

/// Trades of eight symbols, one of them hot, a hundred a millisecond apart in eight partitions; some rows are not JSON,
/// and some come half a minute late.
connectors::MemoryInput make_trades() {
    static constexpr std::array kSymbols{"AAPL", "MSFT", "NVDA", "AMZN",
                                         "META", "GOOG", "TSLA", "AMD"};
    std::array<double, kSymbols.size()> price{187.15, 390.27, 563.82, 155.34,
                                              374.49, 143.82, 218.89, 146.56};
    std::mt19937_64 random(7);
    std::normal_distribution<double> step(0, 0.0004);
    connectors::MemoryInput input{.topic = "trades", .partitions = {}};
    input.partitions.resize(kPartitions);
    for (std::size_t i = 0; i < kTrades; ++i) {
        const std::size_t symbol = random() % 2 == 0 ? 0 : random() % kSymbols.size();
        price[symbol] *= 1 + step(random);
        const bool is_late = i % kFarTooLateEvery == kFarTooLateEvery - 1;
        const std::int64_t at =
            kStartMs + static_cast<std::int64_t>(i / 10) - (is_late ? 30'000 : 0);
        connectors::MemoryRecord record;
        record.value =
            i % kMalformedEvery == kMalformedEvery / 2
                ? R"({"symbol":"AAPL","price":)"
                : fmt::format(R"({{"symbol":"{}","price":{:.2f},"quantity":{},"at":{}}})",
                              kSymbols[symbol], price[symbol], 1 + random() % 500, at);
        input.partitions[i % kPartitions].push_back(std::move(record));
    }
    return input;
}

std::shared_ptr<const engine::Plan> plan_of(const DemoJob& job) {
    engine::SourceDeclaration trades;
    trades.name = "trades";
    const auto column = [&trades](const char* name, engine::Type type) {
        trades.schema.push_back(
            {.name = name, .type = type, .nullable = true, .path = {}, .time_unit = {}});
    };
    column("symbol", engine::kString);
    column("price", engine::kDouble);
    column("quantity", engine::kBigint);
    column("at", engine::kTimestamp);
    trades.event_time_column = "at";
    trades.lateness = std::chrono::milliseconds{500};
    engine::BindOptions options;
    options.sources = {trades};
    options.bounded = true;
    return std::make_shared<const engine::Plan>(engine::bind_query(job.query, options));
}

/// Nothing to say while it runs: the end is what is shown.
class QuietEvents final : public JobEvents {
public:
    void happened(const std::string&, Severity, const std::string&, const std::string&) override {}
    void ended() override { wake.notify(); }
    runtime::Wake wake;
};

JobDefinition definition_of(const DemoJob& job, std::uint32_t workers,
                            const connectors::MemoryInput& input,
                            connectors::MemoryOutput& output) {
    JobDefinition definition;
    definition.name = job.name;
    definition.plan = plan_of(job);
    definition.options.pipelines = workers;
    definition.options.until_end = true;
    definition.formats = {.make_decoder = engine::make_json_decoder,
                          .make_encoder = engine::make_json_encoder,
                          .encode = {}};
    definition.make_ports = [&input, &output](int wake) {
        return runtime::Ports{.source = std::make_unique<connectors::MemorySource>(input),
                              .sink = std::make_unique<connectors::MemorySink>(
                                  connectors::MemorySinkOptions{.wake_descriptor = wake}, output),
                              .ledger = nullptr};
    };
    return definition;
}

// What must be true of the books of a job, whatever its query; what is wrong, or nothing.
std::string judge(const Job& job, const connectors::MemoryOutput& output) {
    const runtime::Law law = runtime::law_of(job.counters());
    if (!job.result() || job.result()->end != runtime::RunResult::End::Finished)
        return "did not come to its end: " + job.trouble();
    if (law.in != kTrades) return fmt::format("read {} of {} trades", law.in, kTrades);
    if (!law.balances()) return "the books do not balance";
    if (law.dead_lettered != kTrades / kMalformedEvery ||
        output.dead_letters.size() != law.dead_lettered) {
        return fmt::format("{} dead letters for {} malformed trades", output.dead_letters.size(),
                           kTrades / kMalformedEvery);
    }
    if (output.records.size() != job.counters().out_records.get())
        return "not all output was acknowledged";
    return {};
}

}  // namespace

int demo(const DemoArguments& arguments, std::ostream& out, std::ostream& err) {
    const std::uint32_t workers = std::max(1U, std::thread::hardware_concurrency());
    const connectors::MemoryInput input = make_trades();
    std::array<connectors::MemoryOutput, kJobs.size()> outputs;
    QuietEvents events;
    events.wake.arm();
    JobTable jobs(workers, false, events);
    for (std::size_t i = 0; i < kJobs.size(); ++i)
        jobs.deploy(definition_of(kJobs[i], workers, input, outputs[i]));
    while (!jobs.all_ended()) events.wake.wait(std::chrono::seconds{1});
    bool right = true;
    jobs.visit([&](const Job& job) {
        const auto which = static_cast<std::size_t>(
            std::ranges::find(kJobs, job.definition().name,
                              [](const DemoJob& one) { return std::string(one.name); }) -
            kJobs.begin());
        const connectors::MemoryOutput& output = outputs[which];
        out << summary_line(job) << '\n';
        if (!arguments.check) {
            out << "  " << kJobs[which].does << "; its last answers:\n";
            const std::size_t shown = std::min<std::size_t>(3, output.records.size());
            for (std::size_t i = output.records.size() - shown; i < output.records.size(); ++i)
                out << "    " << output.records[i].value.value_or("tombstone") << '\n';
            if (!output.dead_letters.empty())
                out << "  a dead letter: " << output.dead_letters.front().error << '\n';
        }
        if (const std::string wrong = judge(job, output); !wrong.empty()) {
            right = false;
            err << "demo: " << job.definition().name << ": " << wrong << '\n';
        }
    });
    if (!right) return kExitFailed;
    out << "nothing is lost: in = answered + filtered + late + dead-lettered + dropped\n";
    if (!arguments.check) {
        out << "\nnext:  velostream lint deploy/examples\n"
               "       velostream run --until-end deploy/examples/04_tumbling_window.yaml\n"
               "       velostream explain deploy/examples/trades_per_minute.yaml\n";
    }
    return kExitOk;
}

}  // namespace velo::server
