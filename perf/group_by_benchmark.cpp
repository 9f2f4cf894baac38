// What keyed operators cost per row, without reading and writing: GROUP BY with 200, 100,000 and 10,000,000 keys, windows,
// ROWS buffers, and each aggregate. Time per item is time per row; bytes_per_key is what the operator counts.
//
//   group_by_benchmark --benchmark_filter='Group|Over'

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/data/group_key.hpp"
#include "engine/operator/keyed_operator.hpp"

namespace velo::engine {
namespace {

constexpr std::uint32_t kRows = 8192;
constexpr std::int64_t kStep = 1000;  // Microseconds of event time from row to row.

enum Columns : std::uint32_t { kTime, kOrder, kOffset, kSymbol, kQuantity, kPrice, kColumns };

SourcePlan market() {
    SourcePlan source;
    using enum ColumnOrigin;
    for (const auto& [origin, type] : {std::pair{EventTime, kTimestamp},
                                       {Order, kBigint},
                                       {Offset, kBigint},
                                       {Field, kString},
                                       {Field, kBigint},
                                       {Field, kDouble}}) {
        source.columns.push_back({origin, 0, type, false});
    }
    return source;
}

AggregateCall call(std::string_view name, std::optional<std::uint32_t> column = {}) {
    AggregateCall call{find_aggregate_function(name), {}, {}, std::string{name}};
    std::vector<Type> types;
    if (column) {
        types.push_back(market().columns[*column].type);
        call.args.push_back(*column);
    }
    call.signature = *call.function->resolve(types, {});
    return call;
}

/// Query S2 of the scenarios, and S3a's aggregates with a window.
std::vector<AggregateCall> s2_calls() {
    return {call("COUNT"), call("AVG", kPrice), call("MIN", kPrice), call("MAX", kPrice),
            call("SUM", kQuantity)};
}
std::vector<AggregateCall> s3_calls() {
    return {call("COUNT"), call("AVG", kPrice), call("SUM", kQuantity), call("SUM", kPrice)};
}

/// Record i has key i * 7919 mod keys: each key equally often, neighbours far apart.
std::unique_ptr<Batch> make_batch(std::uint64_t first, std::uint64_t keys) {
    auto batch = std::make_unique<Batch>();
    batch->rows = kRows;
    batch->columns.resize(kColumns);
    const SourcePlan source = market();
    for (std::size_t i = 0; i < kColumns; ++i)
        batch->columns[i].reset(source.columns[i].type, kRows);
    for (std::uint32_t row = 0; row < kRows; ++row) {
        const std::uint64_t i = first + row;
        batch->columns[kTime].values<std::int64_t>()[row] = static_cast<std::int64_t>(i) * kStep;
        batch->columns[kOrder].values<std::int64_t>()[row] = 0;
        batch->columns[kOffset].values<std::int64_t>()[row] = static_cast<std::int64_t>(i);
        batch->columns[kSymbol].values<std::string_view>()[row] =
            batch->arena.copy("SYM" + std::to_string(i * 7919 % keys));
        batch->columns[kQuantity].values<std::int64_t>()[row] = static_cast<std::int64_t>(i % 1000);
        batch->columns[kPrice].values<double>()[row] = static_cast<double>(100 + i % 100) + 0.25;
    }
    const Column* const symbol = &batch->columns[kSymbol];
    GroupKeyCodec{{kString}}.encode({&symbol, 1}, kRows, Selection::all(kRows), batch->arena,
                                    batch->keys, batch->hashes);
    return batch;
}

/// Enough batches to hold every key once, and at least 64; made once per number of keys.
const std::vector<std::unique_ptr<Batch>>& batches(std::uint64_t keys) {
    static std::map<std::uint64_t, std::vector<std::unique_ptr<Batch>>> made;
    auto& some = made[keys];
    const std::uint64_t count = std::max<std::uint64_t>(64, keys / kRows + 1);
    while (some.size() < count) some.push_back(make_batch(some.size() * kRows, keys));
    return some;
}

/// Moves a batch on in event time, so that the same rows come again later.
void set_times(Batch& batch, std::uint64_t round) {
    auto* const times = batch.columns[kTime].values<std::int64_t>();
    for (std::uint32_t row = 0; row < kRows; ++row)
        times[row] = static_cast<std::int64_t>(round * kRows + row) * kStep;
}

void report(benchmark::State& state, const KeyedOperator& keyed) {
    state.SetItemsProcessed(state.iterations() * kRows);
    const OperatorCounts counts = keyed.counts();
    state.counters["keys"] = static_cast<double>(counts.keys);
    state.counters["bytes_per_key"] = static_cast<double>(counts.bytes) /
                                      static_cast<double>(std::max<std::uint64_t>(1, counts.keys));
    state.counters["ns_per_row"] =
        benchmark::Counter(static_cast<double>(state.iterations() * kRows) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Takes all batches once before the clock starts, so that every key is there.
void take_all(benchmark::State& state, const Plan& plan, std::uint64_t keys) {
    const auto keyed = make_keyed_operator(plan);
    const auto& input = batches(keys);
    OperatorRows out;
    for (const auto& batch : input) keyed->take(*batch, Selection::all(kRows), out);
    std::size_t next = 0;
    for (auto _ : state) {
        keyed->take(*input[next], Selection::all(kRows), out);
        benchmark::DoNotOptimize(out.rows);
        next = next + 1 == input.size() ? 0 : next + 1;
    }
    report(state, *keyed);
}

Plan grouped(std::vector<AggregateCall> calls, EmitMode mode) {
    Plan plan;
    plan.source = market();
    plan.keyed = GroupPlan{{kSymbol}, std::move(calls), std::nullopt};
    plan.emit.mode = mode;
    return plan;
}

void group_changes(benchmark::State& state) {
    take_all(state, grouped(s2_calls(), EmitMode::Changes),
             static_cast<std::uint64_t>(state.range(0)));
}
void group_final(benchmark::State& state) {
    take_all(state, grouped(s2_calls(), EmitMode::Final),
             static_cast<std::uint64_t>(state.range(0)));
}
void group_every(benchmark::State& state) {
    Plan plan = grouped(s2_calls(), EmitMode::Changes);
    plan.emit.every = Duration{1};
    take_all(state, plan, static_cast<std::uint64_t>(state.range(0)));
}
BENCHMARK(group_changes)->Arg(200)->Arg(100'003)->Arg(10'000'019);
BENCHMARK(group_final)->Arg(200)->Arg(100'003)->Arg(10'000'019);
BENCHMARK(group_every)->Arg(200)->Arg(100'003);

/// New keys only: each batch goes to an operator that has not seen them.
void group_insert(benchmark::State& state) {
    const Plan plan = grouped(s2_calls(), EmitMode::Final);
    const auto keys = static_cast<std::uint64_t>(state.range(0));
    const auto& input = batches(keys);
    OperatorRows out;
    std::unique_ptr<KeyedOperator> keyed;
    std::size_t next = input.size();
    for (auto _ : state) {
        if (next == input.size()) {
            state.PauseTiming();
            keyed = make_keyed_operator(plan);
            next = 0;
            state.ResumeTiming();
        }
        keyed->take(*input[next++], Selection::all(kRows), out);
    }
    report(state, *keyed);
}
BENCHMARK(group_insert)->Arg(1'000'003);

/// Windows of `rows_per_window` rows: adding and closing together.
void windows(benchmark::State& state, EmitMode mode, std::int64_t advances_per_size) {
    const auto keys = static_cast<std::uint64_t>(state.range(0));
    const Duration size{state.range(1) * kStep};
    Plan plan = grouped(s3_calls(), mode);
    const auto kind =
        advances_per_size == 1 ? WindowPlan::Kind::Tumbling : WindowPlan::Kind::Hopping;
    std::get<GroupPlan>(*plan.keyed).window = WindowPlan{kind, size, size / advances_per_size};
    const auto keyed = make_keyed_operator(plan);
    const auto& input = batches(keys);
    OperatorRows out;
    std::uint64_t round = 0;
    std::uint64_t answers = 0;
    for (auto _ : state) {
        Batch& batch = *input[round % input.size()];
        set_times(batch, round++);
        keyed->take(batch, Selection::all(kRows), out);
        answers += out.rows;
        const EventTime watermark{
            Duration{static_cast<std::int64_t>(round * kRows) * kStep - 5'000'000}};
        while (!keyed->advance(watermark, 4096, out)) answers += out.rows;
        answers += out.rows;
    }
    report(state, *keyed);
    state.counters["answers_per_row"] =
        static_cast<double>(answers) / static_cast<double>(round * kRows);
}
void tumbling_final(benchmark::State& state) { windows(state, EmitMode::Final, 1); }
void tumbling_changes(benchmark::State& state) { windows(state, EmitMode::Changes, 1); }
void hopping_final(benchmark::State& state) { windows(state, EmitMode::Final, 6); }
void hopping_changes(benchmark::State& state) { windows(state, EmitMode::Changes, 6); }
BENCHMARK(tumbling_final)->Args({200, 60'000})->Args({100'003, 60'000})->Args({200, 1});
BENCHMARK(tumbling_changes)->Args({200, 60'000})->Args({100'003, 60'000})->Args({200, 1});
BENCHMARK(hopping_final)->Args({200, 60'000})->Args({100'003, 60'000});
BENCHMARK(hopping_changes)->Args({200, 60'000});

/// Query S1: a moving average over 100 rows, alone and with MIN and MAX.
void rows_over(benchmark::State& state, std::vector<AggregateCall> calls) {
    const auto keys = static_cast<std::uint64_t>(state.range(0));
    Plan plan;
    plan.source = market();
    plan.keyed = RowsOverPlan{{kSymbol}, kTime, false, 100, std::move(calls)};
    const auto keyed = make_keyed_operator(plan);
    const auto& input = batches(keys);
    OperatorRows out;
    std::uint64_t round = 0;
    for (; round < keys * 100 / kRows; ++round) {  // Fills the buffers.
        Batch& batch = *input[round % input.size()];
        set_times(batch, round);
        keyed->take(batch, Selection::all(kRows), out);
    }
    for (auto _ : state) {
        Batch& batch = *input[round % input.size()];
        set_times(batch, round++);
        keyed->take(batch, Selection::all(kRows), out);
        benchmark::DoNotOptimize(out.rows);
    }
    report(state, *keyed);
}
void rows_over_avg(benchmark::State& state) { rows_over(state, {call("AVG", kPrice)}); }
void rows_over_avg_min_max(benchmark::State& state) {
    rows_over(state, {call("AVG", kPrice), call("MIN", kPrice), call("MAX", kPrice)});
}
BENCHMARK(rows_over_avg)->Arg(10)->Arg(10'007)->Arg(100'003);
BENCHMARK(rows_over_avg_min_max)->Arg(10)->Arg(10'007);

/// One aggregate of 200 keys; the probe is part of the time, as COUNT(*) shows.
void one_aggregate(benchmark::State& state, EmitMode mode, std::string_view name,
                   std::optional<std::uint32_t> column) {
    take_all(state, grouped({call(name, column)}, mode), 200);
}

void register_aggregates() {
    struct Entry {
        const char* name;
        std::optional<std::uint32_t> column;
        const char* label;
    };
    const std::vector<Entry> entries{
        {"COUNT", {}, "count_star"},      {"COUNT", kPrice, "count"},
        {"SUM", kQuantity, "sum_bigint"}, {"SUM", kPrice, "sum_double"},
        {"AVG", kQuantity, "avg_bigint"}, {"AVG", kPrice, "avg_double"},
        {"MIN", kPrice, "min_double"},    {"MAX", kQuantity, "max_bigint"},
        {"MAX", kSymbol, "max_string"},   {"FIRST", kPrice, "first_double"},
        {"LAST", kPrice, "last_double"}};
    for (const Entry& entry : entries) {
        for (const auto& [mode, suffix] :
             {std::pair{EmitMode::Final, "add"}, std::pair{EmitMode::Changes, "add_each"}}) {
            const EmitMode emit = mode;
            benchmark::RegisterBenchmark((std::string{entry.label} + "/" + suffix).c_str(),
                                         [entry, emit](benchmark::State& state) {
                                             one_aggregate(state, emit, entry.name, entry.column);
                                         });
        }
    }
}

}  // namespace
}  // namespace velo::engine

int main(int argc, char** argv) {
    velo::engine::register_aggregates();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
