#include "connectors/memory/memory_source.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using velo::SourcePartition;
using velo::connectors::MemoryInput;
using velo::connectors::MemoryReader;
using velo::connectors::MemorySource;
using velo::engine::Offsets;
using velo::engine::RawBatch;

namespace {

constexpr SourcePartition kFirst{0};

MemoryInput three_records() {
    MemoryInput input;
    input.partitions = {{{.key = "k", .value = "a", .timestamp = 7, .headers = {{"h", "1"}}},
                         {.key = {}, .value = {}, .headers = {}},
                         {.key = {}, .value = "c", .headers = {}}},
                        {}};
    return input;
}

}  // namespace

TEST_CASE("records in memory come in order, where they lie, up to the end", "[memory]") {
    const MemoryInput input = three_records();
    MemoryReader reader(input);
    reader.add(kFirst, 0, std::nullopt);
    reader.add(SourcePartition{1}, 0, std::nullopt);
    RawBatch batch;
    CHECK(reader.poll(kFirst, 2, batch) == 2);
    CHECK_FALSE(reader.position(kFirst).ended);
    CHECK(reader.poll(kFirst, 2, batch) == 1);
    CHECK(reader.position(kFirst).ended);
    CHECK(reader.position(SourcePartition{1}).ended);
    CHECK(reader.poll(kFirst, 2, batch) == 0);
    REQUIRE(batch.size() == 3);
    CHECK(batch[0].value.data() == input.partitions[0][0].value->data());
    CHECK(batch[0].timestamp == 7);
    CHECK(batch[0].has_key);
    CHECK_FALSE(batch[1].has_value);
    CHECK(batch[2].offset == 2);
    CHECK(reader.headers(batch[0]) == velo::engine::RecordHeaders{{"h", "1"}});
}

TEST_CASE("rounds repeat the bytes and let the offsets rise", "[memory]") {
    MemoryInput input = three_records();
    input.rounds = 3;
    MemorySource source(input);
    Offsets ends;
    REQUIRE_FALSE(source.end_offsets({kFirst, SourcePartition{1}}, ends));
    CHECK(ends == Offsets{{kFirst, 9}, {SourcePartition{1}, 0}});
    MemoryReader reader(input);
    reader.add(kFirst, 2, 7);
    RawBatch batch;
    CHECK(reader.poll(kFirst, 100, batch) == 5);
    CHECK(batch[0].value == "c");
    CHECK(batch[1].value == "a");
    CHECK(batch[1].offset == 3);
    CHECK(reader.headers(batch[1]).size() == 1);
    CHECK(reader.position(kFirst).next_offset == 7);
    CHECK(reader.position(kFirst).ended);
}

TEST_CASE("an unbounded memory source goes quiet instead of ending", "[memory]") {
    MemoryInput input = three_records();
    input.is_bounded = false;
    MemoryReader reader(input);
    reader.add(kFirst, 0, std::nullopt);
    RawBatch batch;
    CHECK(reader.poll(kFirst, 100, batch) == 3);
    CHECK_FALSE(reader.position(kFirst).ended);
}
