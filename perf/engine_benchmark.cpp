// The engine in memory: JSON bytes in, JSON bytes out, one pipeline, no Kafka and no threads. One JSON line per result,
// with the simdjson baseline (parsing the needed fields only) beside it in the same process.
//
//   velo_engine_benchmark [SCENARIO …] [--records N] [--runs N]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <simdjson.h>

#include "engine/pipeline/answer_stage.hpp"
#include "engine/pipeline/read_stage.hpp"
#include "perf/scenario_plan.hpp"

namespace {

using namespace velo;
using perf::Scenario;

constexpr std::size_t kBatch = 4096;
constexpr std::uint32_t kPartitions = 8;

double cpu_now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The records of a scenario, bytes side by side.
struct Input {
    std::string bytes;
    std::vector<engine::RawRecord> records;
};

Input make_input(const Scenario& scenario, std::size_t count) {
    Input input;
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < count; ++i) {
        starts.push_back(input.bytes.size());
        perf::append_record(scenario.topic, i, input.bytes);
    }
    starts.push_back(input.bytes.size());
    input.bytes.append(64, ' ');  // simdjson reads on past the last record.
    for (std::size_t i = 0; i < count; ++i) {
        engine::RawRecord record;
        record.value = std::string_view(input.bytes).substr(starts[i], starts[i + 1] - starts[i]);
        record.has_value = true;
        record.offset = static_cast<std::int64_t>(i / kPartitions);
        record.partition = SourcePartition{static_cast<std::uint32_t>(i % kPartitions)};
        record.timestamp = 1'700'000'000'000'000;
        input.records.push_back(record);
    }
    return input;
}

struct Result {
    double cpu_seconds = 0;
    std::uint64_t answered = 0, out = 0, out_bytes = 0;
};

Result run_engine(const engine::Plan& plan, const Input& input) {
    std::vector<engine::PartitionName> names;
    for (std::uint32_t p = 0; p < kPartitions; ++p)
        names.push_back({"memory", static_cast<std::int32_t>(p)});
    engine::ReadStage read(plan, engine::make_json_decoder(plan.source, names));
    for (std::uint32_t p = 0; p < kPartitions; ++p) read.add(SourcePartition{p});
    engine::AnswerStage answer(plan, engine::make_json_encoder(plan.output, {}));
    engine::Batch batch;
    engine::ReadOutcome read_outcome;
    engine::AnswerOutcome outcome;
    engine::OutputChunk chunk;
    Result result;
    const auto collect = [&] {
        result.answered += outcome.answered;
        result.out += chunk.records.size();
        result.out_bytes += chunk.bytes.size();
        chunk.clear();
    };
    const double begun = cpu_now();
    std::size_t since_flush = 0;
    for (std::size_t i = 0; i < input.records.size(); i += kBatch) {
        const std::size_t size = std::min(kBatch, input.records.size() - i);
        static_cast<void>(read.read({input.records.data() + i, size}, batch, read_outcome));
        const auto rows = read_outcome.accepted.size() == batch.rows
                              ? engine::Selection::all(batch.rows)
                              : engine::Selection(read_outcome.accepted);
        answer.take(batch, rows, chunk, outcome);
        collect();
        while (!answer.advance(read.watermark(), chunk, outcome)) collect();
        collect();
        since_flush += size;
        if (plan.emit.every &&
            since_flush >= 1'000'000) {  // About once a second at the pace of a million a second.
            since_flush = 0;
            while (!answer.flush(chunk, outcome)) collect();
            collect();
        }
    }
    while (!answer.advance(kAfterAllTime, chunk, outcome)) collect();
    collect();
    while (!answer.flush(chunk, outcome)) collect();
    collect();
    result.cpu_seconds = cpu_now() - begun;
    return result;
}

double run_simdjson(const engine::Plan& plan, const Input& input, double& checksum) {
    std::vector<const engine::Field*> fields;
    for (const engine::SourceColumn& column : plan.source.columns) {
        if (column.origin == engine::ColumnOrigin::Field)
            fields.push_back(&plan.source.declared[column.field]);
    }
    simdjson::ondemand::parser parser;
    std::string padded;
    const double begun = cpu_now();
    for (const engine::RawRecord& record : input.records) {
        padded.assign(record.value);
        padded.resize(record.value.size() + simdjson::SIMDJSON_PADDING, ' ');
        auto document = parser.iterate(padded.data(), record.value.size(), padded.size());
        for (const engine::Field* field : fields) {
            auto value = document.find_field_unordered(field->name);
            if (field->type == engine::kString)
                checksum += static_cast<double>(value.get_string().value().size());
            else if (field->type == engine::kDouble)
                checksum += value.get_double().value();
            else
                checksum += static_cast<double>(value.get_int64().value() & 15);
        }
    }
    return cpu_now() - begun;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void measure(const Scenario& scenario, std::size_t records, int runs) {
    const engine::Plan plan = perf::plan_of(scenario);
    const Input input = make_input(scenario, records);
    std::vector<double> engine_cpu, simdjson_cpu;
    Result result;
    double checksum = 0;
    for (int run = 0; run < runs; ++run) {
        simdjson_cpu.push_back(run_simdjson(plan, input, checksum));
        result = run_engine(plan, input);
        engine_cpu.push_back(result.cpu_seconds);
    }
    // Half of the orders pass the filter (records come in hundreds); of the others every row is answered.
    const std::uint64_t right = scenario.name == "s0" ? records / 2 : records;
    if (result.answered != right || checksum == 0) {
        std::fprintf(stderr, "%s: wrong result (%llu answered of %zu)\n",
                     std::string(scenario.name).c_str(),
                     static_cast<unsigned long long>(result.answered), records);
        std::exit(1);
    }
    const double million = static_cast<double>(records) / 1e6;
    std::printf(
        R"({"benchmark":"engine","scenario":"%s","records":%zu,"out":%llu,"cpu_per_million":%.4f,"simdjson_cpu_per_million":%.4f,"ratio":%.3f,"records_per_cpu_second":%.0f})"
        "\n",
        std::string(scenario.name).c_str(), records, static_cast<unsigned long long>(result.out),
        median(engine_cpu) / million, median(simdjson_cpu) / million,
        median(engine_cpu) / median(simdjson_cpu),
        static_cast<double>(records) / median(engine_cpu));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t records = 1'000'000;  // A multiple of 100.
    int runs = 5;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--records" && i + 1 < argc)
            records = std::strtoull(argv[++i], nullptr, 10);
        else if (word == "--runs" && i + 1 < argc)
            runs = std::atoi(argv[++i]);
        else
            names.push_back(word);
    }
    for (const Scenario& scenario : perf::scenarios()) {
        if (names.empty() || std::ranges::find(names, scenario.name) != names.end())
            measure(scenario, records, runs);
    }
}
