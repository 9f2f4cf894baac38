// State that holds arrays, maps and structs goes on where it was saved.
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/pipeline/answer_stage.hpp"
#include "engine/pipeline/read_stage.hpp"
#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {
namespace {

BindOptions options() {
    BindOptions options;
    const Type item = struct_type({{"sku", kString}, {"qty", kBigint}});
    options.sources = {
        declared("o",
                 {field("at", kTimestamp), field("id", kBigint), field("tags", array_type(kString)),
                  field("prices", map_type(decimal_type(10, 2))), field("items", array_type(item))},
                 "at")};
    options.bounded = true;
    return options;
}

std::vector<std::string> records(int from, int to) {
    std::vector<std::string> out;
    for (int i = from; i < to; ++i) {
        const std::string n = std::to_string(i);
        const std::string tags = i % 3 == 0 ? "[]" : i % 3 == 1 ? R"(["a",null])" : "null";
        const std::string prices =
            i % 4 == 0 ? "null" : R"({"p)" + std::to_string(i % 7) + R"(":1.5,"a":)" + n + "}";
        out.push_back(R"({"at":)" + std::to_string(i * 1000) + R"(,"id":)" + n + R"(,"tags":)" +
                      tags + R"(,"prices":)" + prices + R"(,"items":[{"sku":"s)" +
                      std::to_string(i % 5) + R"(","qty":)" + n + R"(},null,{"sku":"s1"}]})");
    }
    return out;
}

/// One pipeline from records to messages.
struct Run {
    explicit Run(const Plan& plan)
        : read(plan, make_json_decoder(plan.source, names)),
          answer(plan, make_json_encoder(plan.output, {}), Saving::On) {
        read.add(SourcePartition{0});
    }

    void push(const std::vector<std::string>& texts) {
        std::vector<RawRecord> raw;
        for (const std::string& text : texts) {
            RawRecord& record = raw.emplace_back();
            record.value = text;
            record.has_value = true;
            record.offset = offset++;
        }
        Batch batch;
        ReadOutcome accepted;
        REQUIRE(read.read(raw, batch, accepted) == raw.size());
        answer.take(batch, Selection(accepted.accepted), chunk, outcome);
        collect();
        while (!answer.advance(read.watermark(), chunk, outcome)) collect();
        collect();
    }
    void finish() {
        while (!answer.advance(kAfterAllTime, chunk, outcome)) collect();
        collect();
        while (!answer.finish(chunk, outcome)) collect();
        collect();
    }
    void collect() {
        for (const OutputChunk::Record& record : chunk.records) {
            std::string line;
            if (record.key_size != OutputChunk::kNone) line = chunk.key(record);
            line += " ";
            if (record.value_size != OutputChunk::kNone) line += chunk.value(record);
            messages.push_back(line);
        }
        chunk.clear();
    }

    std::vector<PartitionName> names{{"memory", 0}};
    ReadStage read;
    AnswerStage answer;
    std::int64_t offset = 0;
    OutputChunk chunk;
    AnswerOutcome outcome;
    std::vector<std::string> messages;
};

void restore(Run& into, const SavedEntries& saved, const Run& from) {
    std::string_view rest = saved.bytes();
    while (const auto entry = next_entry(rest))
        REQUIRE(into.answer.restore(*entry, from.answer.answered_to()));
    REQUIRE(rest.empty());
    into.answer.begin_at(from.answer.answered_to());
    into.offset = from.offset;
    into.messages = from.messages;
}

TEST_CASE("state that holds arrays, maps and structs goes on where it was saved",
          "[pipeline][saving]") {
    const auto* const sql = GENERATE(
        "SELECT tags, COUNT(*) AS n, FIRST(prices) AS first, LAST(items) AS last, "
        "ARRAY_AGG(STRUCT(id := id, p := prices)) AS all_of, COLLECT_SET(prices) AS different, "
        "COUNT(DISTINCT items) AS many, ANY_VALUE(tags) AS any FROM o GROUP BY tags",
        "SELECT prices, items, COUNT(*) AS n, LAST(tags) AS last FROM o GROUP BY prices, items "
        "WINDOW TUMBLING (at, 10s)",
        "SELECT tags, ARRAY_AGG(items) AS items, MODE(prices) AS mode FROM o GROUP BY tags WINDOW "
        "SESSION (at, 3s)",
        "SELECT id, FIRST(prices) OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY tags ORDER BY at) "
        "AS "
        "first FROM o",
        "SELECT DISTINCT tags, items[1].sku AS sku FROM o",
        "SELECT x.sku, FIRST(i) AS first, LAST(i) AS last, ARRAY_AGG(STRUCT(i := i, tags := tags)) "
        "AS all_of, COLLECT_SET(n) AS numbers FROM o CROSS JOIN UNNEST(items) WITH ORDINALITY AS "
        "x(sku, qty, n) CROSS JOIN UNNEST(ARRAY[STRUCT(s := sku, q := qty)]) AS i GROUP BY x.sku");
    const Plan plan = bind_query(sql, options());
    INFO(sql);
    Run whole(plan);
    whole.push(records(0, 25));
    Run first(plan);
    first.push(records(0, 25));
    SavedEntries changes;
    first.answer.save_changes(changes);
    SavedEntries all;
    REQUIRE(first.answer.save_slice(1U << 20U, all));
    Run from_changes(plan);
    restore(from_changes, changes, first);
    Run from_all(plan);
    restore(from_all, all, first);
    for (Run* run : {&whole, &from_changes, &from_all}) {
        run->push(records(25, 60));
        run->finish();
    }
    CHECK(whole.messages.size() >= 3);
    CHECK(from_changes.messages == whole.messages);
    CHECK(from_all.messages == whole.messages);
}

}  // namespace
}  // namespace velo::engine
