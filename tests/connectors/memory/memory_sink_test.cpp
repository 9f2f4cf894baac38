#include "connectors/memory/memory_sink.hpp"

#include <catch2/catch.hpp>

#include "tests/connectors/chunk_literal.hpp"
#include "tests/connectors/scratch_folder.hpp"

using velo::EpochId;
using velo::connectors::MemoryOutput;
using velo::connectors::MemoryOutputRecord;
using velo::connectors::MemorySink;
using velo::tests::chunk;
using velo::tests::WakeDescriptor;

TEST_CASE("a memory sink keeps what it is served, with epochs, and acknowledges it then",
          "[memory]") {
    const WakeDescriptor control;
    const WakeDescriptor worker;
    MemoryOutput output;
    MemorySink sink({.wake_descriptor = control.get()}, output);
    const auto writer = sink.make_writer(worker.get());
    auto first = chunk(EpochId{1}, {{"k", "v"}, {std::nullopt, std::nullopt}});
    REQUIRE(writer->try_write(first));
    REQUIRE(writer->try_write(velo::engine::DeadLetter{}, EpochId{2}));
    CHECK(control.woken());
    CHECK_FALSE(sink.acknowledged(EpochId{1}));
    sink.serve();
    CHECK(sink.acknowledged(EpochId{2}));
    CHECK(
        (output.records == std::vector<MemoryOutputRecord>{
                               {"k", "v", EpochId{1}}, {std::nullopt, std::nullopt, EpochId{1}}}));
    CHECK(output.dead_letters.size() == 1);
    CHECK(sink.counts().records == 2);
    CHECK(sink.counts().bytes == 2);
    CHECK(sink.counts().dead_letters == 1);
}

TEST_CASE("a full memory sink refuses until it is served", "[memory]") {
    const WakeDescriptor control;
    const WakeDescriptor worker;
    MemoryOutput output;
    MemorySink sink({.budget_bytes = 10, .wake_descriptor = control.get()}, output);
    const auto writer = sink.make_writer(worker.get());
    auto first = chunk(EpochId{1}, {{std::nullopt, "123456789"}});
    REQUIRE(writer->try_write(first));
    auto second = chunk(EpochId{1}, {{std::nullopt, "123456789"}});
    CHECK_FALSE(writer->try_write(second));
    REQUIRE(second);
    sink.serve();
    CHECK(worker.woken());
    CHECK(writer->try_write(second));
}

TEST_CASE("a sink that only counts leaves the chunk to be filled again", "[memory]") {
    const WakeDescriptor control;
    MemoryOutput output;
    MemorySink sink({.keeps_records = false, .wake_descriptor = control.get()}, output);
    const auto writer = sink.make_writer(control.get());
    auto written = chunk(EpochId{1}, {{"k", "v"}});
    REQUIRE(writer->try_write(written));
    REQUIRE(written);
    CHECK(written->records.empty());
    CHECK(sink.acknowledged(EpochId{1}));
    sink.serve();
    CHECK(sink.counts().records == 1);
    CHECK(output.records.empty());
}
