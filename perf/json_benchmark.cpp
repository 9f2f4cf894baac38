// Nanoseconds per record of JSON in and out: our decoder against simdjson reading the same fields, and our encoder.
//
//   json_benchmark [--benchmark_filter=decode]     `per_record` is the figure

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "engine/format/decoder.hpp"
#include "engine/format/encoder.hpp"

namespace {

using namespace velo::engine;

constexpr std::uint32_t kRows = 10'000;

struct Read {
    std::string name;
    Type type;
};

/// The records of one topic, side by side as a fetch delivers them, and the fields that its query reads.
struct Topic {
    std::string bytes;
    std::vector<std::string_view> values;
    std::vector<RawRecord> records;
    SourcePlan plan;
};

template <class Write>
std::unique_ptr<Topic> make_topic(const std::vector<Read>& reads, Write&& write) {
    auto topic = std::make_unique<Topic>();
    std::vector<std::size_t> starts;
    for (std::uint32_t i = 0; i < kRows; ++i) {
        starts.push_back(topic->bytes.size());
        topic->bytes += write(i);
    }
    starts.push_back(topic->bytes.size());
    for (std::uint32_t i = 0; i < kRows; ++i) {
        RawRecord record;
        record.value = std::string_view(topic->bytes).substr(starts[i], starts[i + 1] - starts[i]);
        record.has_value = true;
        record.offset = i;
        record.timestamp = 1'700'000'000'000'000 + i;
        topic->records.push_back(record);
        topic->values.push_back(record.value);
    }
    for (std::uint32_t i = 0; i < reads.size(); ++i) {
        Field& field = topic->plan.declared.emplace_back();
        field.name = reads[i].name;
        field.type = reads[i].type;
        topic->plan.columns.push_back({ColumnOrigin::Field, i, reads[i].type, false});
        if (reads[i].type == kTimestamp) topic->plan.event_time_column = i;
    }
    return topic;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

// The topics of the scenarios S0, S2, S2w and S3, as they are sent to Kafka.
std::unique_ptr<Topic> orders() {
    return make_topic(
        {{"order_id", kBigint},
         {"customer_id", kBigint},
         {"order_date", kString},
         {"total_amount", kDouble}},
        [](std::uint32_t i) {
            return R"({"order_id":)" + number(i) + R"(,"customer_id":)" + number(i % 1000) +
                   R"(,"order_date":"2024-01-15","total_amount":)" + number(50 + i % 100) + ".5}";
        });
}

std::string market_row(std::uint32_t i, std::uint32_t symbols) {
    return R"({"symbol":"SYM)" + number(std::uint64_t{i} * 7919 % symbols) + R"(","price":)" +
           number(100 + i % 100) + R"(.25,"quantity":)" + number(i % 1000) + R"(,"timestamp":)" +
           number(1'700'000'000'000 + i) + "}";
}

std::unique_ptr<Topic> market() {
    return make_topic({{"symbol", kString}, {"price", kDouble}, {"quantity", kBigint}},
                      [](std::uint32_t i) { return market_row(i, 200); });
}

std::unique_ptr<Topic> wide() {
    return make_topic({{"symbol", kString}, {"price", kDouble}, {"quantity", kBigint}},
                      [](std::uint32_t i) { return market_row(i, 100'003); });
}

std::unique_ptr<Topic> trades() {
    return make_topic({{"trader_id", kString},
                       {"symbol", kString},
                       {"price", kDouble},
                       {"quantity", kBigint},
                       {"trade_time", kTimestamp}},
                      [](std::uint32_t i) {
                          return R"({"trader_id":"TRADER)" + number(i % 20) + R"(","symbol":"SYM)" +
                                 number(i / 20 % 10) + R"(","price":)" + number(100 + i % 50) +
                                 R"(.25,"quantity":)" + number(100 + i % 1000) +
                                 R"(,"trade_time":)" + number(1'700'000'000'000 + i) + "}";
                      });
}

// As trades, from a producer that writes spaces, optional fields, and long numbers.
std::unique_ptr<Topic> loose_trades() {
    return make_topic({{"trader_id", kString},
                       {"symbol", kString},
                       {"price", kDouble},
                       {"quantity", kBigint},
                       {"trade_time", kTimestamp}},
                      [](std::uint32_t i) {
                          std::string row = R"({"trader_id": "TRADER)" + number(i % 20) +
                                            R"(", "symbol": "SYM)" + number(i / 20 % 10) + '"';
                          if (i % 3 == 0)
                              row += R"(, "note": "über \"alles\"", "tags": ["a", {"b": [1, 2]}])";
                          return row + R"(, "price": 187.4321)" + number(i * 7919ULL % 10'000'019) +
                                 R"(, "quantity": )" + number(100 + i % 1000) +
                                 R"(, "trade_time": ")" + "2024-01-15T10:00:00." +
                                 number(100 + i % 900) + R"(Z"})";
                      });
}

void count(benchmark::State& state, const Topic& topic) {
    const auto records = static_cast<double>(state.iterations()) * kRows;
    state.counters["per_record"] =
        benchmark::Counter(records, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(topic.bytes.size()));
}

void decode(benchmark::State& state, std::unique_ptr<Topic> (*make)()) {
    const auto topic = make();
    const std::vector<PartitionName> partitions{{"topic", 0}};
    const auto decoder = make_json_decoder(topic->plan, partitions);
    Batch batch;
    std::vector<std::int64_t> event_times;
    DecodeResult result;
    for (auto _ : state) {
        result.clear();
        batch.arena.clear();
        decoder->decode(topic->records, batch, event_times, result);
        if (result.good.size() != kRows) state.SkipWithError("a record was refused");
    }
    count(state, *topic);
}

// simdjson on demand: padded copy, one pass in the order of the query's fields, texts to an arena.
void simdjson_read(benchmark::State& state, std::unique_ptr<Topic> (*make)()) {
    namespace od = simdjson::ondemand;
    const auto topic = make();
    od::parser parser;
    std::vector<char> padded(1 << 16);
    Batch batch;
    batch.columns.resize(topic->plan.columns.size());
    for (auto _ : state) {
        batch.arena.clear();
        for (std::size_t i = 0; i < batch.columns.size(); ++i)
            batch.columns[i].reset(topic->plan.columns[i].type, kRows);
        for (std::uint32_t row = 0; row < kRows; ++row) {
            const std::string_view value = topic->values[row];
            std::memcpy(padded.data(), value.data(), value.size());
            od::document document =
                parser.iterate(padded.data(), value.size(), padded.size()).value_unsafe();
            od::object object = document.get_object().value_unsafe();
            for (std::size_t i = 0; i < batch.columns.size(); ++i) {
                od::value field = object.find_field(topic->plan.declared[i].name).value();
                Column& column = batch.columns[i];
                switch (column.type().kind) {
                    case TypeKind::String:
                        column.values<std::string_view>()[row] =
                            batch.arena.copy(field.get_string().value());
                        break;
                    case TypeKind::Double:
                        column.values<double>()[row] = field.get_double().value();
                        break;
                    default:
                        column.values<std::int64_t>()[row] = field.get_int64().value();
                        break;
                }
            }
        }
    }
    count(state, *topic);
}

// The answers of S2 and S3: what the encoder writes for each input row or group.
struct Answers {
    OutputPlan plan;
    std::vector<Column> columns;
    std::vector<std::string> texts;
};

template <class T, class Fill>
void add_column(Answers& answers, std::string name, Type type, Fill&& fill) {
    answers.plan.columns.push_back({std::move(name), nullptr});
    Column& column = answers.columns.emplace_back();
    column.reset(type, kRows);
    for (std::uint32_t i = 0; i < kRows; ++i) column.values<T>()[i] = fill(i);
}

void encode(benchmark::State& state, void (*fill)(Answers&), OutputKey::Kind key) {
    Answers answers;
    for (std::uint32_t i = 0; i < kRows; ++i) answers.texts.push_back("SYM" + number(i % 200));
    fill(answers);
    std::vector<const Column*> columns;
    for (const Column& column : answers.columns) columns.push_back(&column);
    answers.plan.key.kind = key;
    std::vector<const Column*> keys{columns.front()};
    answers.plan.key.columns.push_back(answers.plan.columns.front());
    if (key == OutputKey::Kind::Json) {
        answers.plan.key.columns.push_back(answers.plan.columns.back());
        keys.push_back(columns.back());
    }
    const auto encoder = make_json_encoder(answers.plan, {});
    OutputChunk chunk;
    for (auto _ : state) {
        chunk.clear();
        encoder->encode(columns, keys, Selection::all(kRows), nullptr, chunk);
        benchmark::DoNotOptimize(chunk.bytes.data());
    }
    const auto records = static_cast<double>(state.iterations()) * kRows;
    state.counters["per_record"] =
        benchmark::Counter(records, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunk.bytes.size()));
}

void group_answers(Answers& answers) {
    add_column<std::string_view>(answers, "symbol", kString, [&](std::uint32_t i) {
        return std::string_view(answers.texts[i]);
    });
    add_column<std::int64_t>(answers, "trade_count", kBigint,
                             [](std::uint32_t i) { return i / 200 + 1; });
    add_column<double>(answers, "avg_price", kDouble,
                       [](std::uint32_t i) { return 100.25 + (i % 100) / 7.0; });
    add_column<double>(answers, "min_price", kDouble, [](std::uint32_t) { return 100.25; });
    add_column<double>(answers, "max_price", kDouble,
                       [](std::uint32_t i) { return 100.25 + i % 100; });
    add_column<velo::Int128>(answers, "total_quantity", decimal_type(38, 0),
                             [](std::uint32_t i) { return velo::Int128{i} * 500; });
}

void window_answers(Answers& answers) {
    add_column<std::string_view>(answers, "trader_id", kString, [&](std::uint32_t i) {
        return std::string_view(answers.texts[i]);
    });
    add_column<std::string_view>(answers, "symbol", kString, [&](std::uint32_t i) {
        return std::string_view(answers.texts[i]);
    });
    add_column<std::int64_t>(answers, "trade_count", kBigint, [](std::uint32_t) { return 300; });
    add_column<double>(answers, "avg_price", kDouble,
                       [](std::uint32_t i) { return 100.25 + (i % 100) / 7.0; });
    add_column<velo::Int128>(answers, "total_quantity", decimal_type(38, 0),
                             [](std::uint32_t i) { return velo::Int128{i} * 500; });
    add_column<double>(answers, "total_value", kDouble,
                       [](std::uint32_t i) { return 1'234'567.25 + i; });
    add_column<std::int64_t>(answers, "_window_start", kTimestamp, [](std::uint32_t i) {
        return 1'700'000'000'000'000 + i / 200 * 60'000'000LL;
    });
}

BENCHMARK_CAPTURE(decode, S0_orders, orders);
BENCHMARK_CAPTURE(simdjson_read, S0_orders, orders);
BENCHMARK_CAPTURE(decode, S2_market, market);
BENCHMARK_CAPTURE(simdjson_read, S2_market, market);
BENCHMARK_CAPTURE(decode, S2w_wide, wide);
BENCHMARK_CAPTURE(simdjson_read, S2w_wide, wide);
BENCHMARK_CAPTURE(decode, S3_trades, trades);
BENCHMARK_CAPTURE(simdjson_read, S3_trades, trades);
BENCHMARK_CAPTURE(decode, loose_trades, loose_trades);
BENCHMARK_CAPTURE(encode, S2_groups, group_answers, OutputKey::Kind::Text);
BENCHMARK_CAPTURE(encode, S3_windows, window_answers, OutputKey::Kind::Json);

}  // namespace

BENCHMARK_MAIN();
