#include "connectors/file/file_sink.hpp"

#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/chunk_literal.hpp"
#include "tests/connectors/scratch_folder.hpp"

using velo::EpochId;
using velo::connectors::FileSink;
using velo::connectors::FileSinkOptions;
using velo::engine::DeadLetter;
using velo::tests::chunk;
using velo::tests::ScratchFolder;
using velo::tests::WakeDescriptor;

namespace {

constexpr EpochId kEpoch{1};

// A sink over files of its own, and both wakes.
struct Fixture {
    ScratchFolder folder;
    WakeDescriptor control_wake;
    WakeDescriptor worker_wake;

    [[nodiscard]] FileSinkOptions options(std::size_t budget_bytes = 1 << 20) const {
        return {.path = folder.path("out"),
                .dead_letter_path = folder.path("out.dlq"),
                .key = {.column = "k", .is_quoted = true},
                .budget_bytes = budget_bytes,
                .wake_descriptor = control_wake.get()};
    }
};

DeadLetter bad_line(std::string value) {
    DeadLetter letter;
    letter.topic = "in";
    letter.stage = "decode";
    letter.error = "bad";
    letter.has_value = true;
    letter.value = std::move(value);
    return letter;
}

}  // namespace

TEST_CASE("values become lines when the sink is served, and are acknowledged then", "[file]") {
    const Fixture fixture;
    FileSink sink(fixture.options());
    REQUIRE_FALSE(sink.open());
    const auto writer = sink.make_writer(fixture.worker_wake.get());
    auto first = chunk(kEpoch, {{"a", "{\"x\":1}"}, {"b", std::nullopt}, {std::nullopt, "{}"}});
    REQUIRE(writer->try_write(first));
    REQUIRE(first);
    CHECK(first->records.empty());  // To be filled again.
    CHECK(fixture.control_wake.woken());
    CHECK_FALSE(sink.acknowledged(kEpoch));
    sink.serve();
    CHECK(sink.acknowledged(kEpoch));
    CHECK(sink.counts().records == 3);
    CHECK(sink.counts().bytes == 11);
    REQUIRE_FALSE(sink.close());
    CHECK(fixture.folder.read("out") == "{\"x\":1}\n{\"$tombstone\":{\"k\":\"b\"}}\n{}\n");
    CHECK_FALSE(std::filesystem::exists(fixture.folder.path("out.dlq")));
}

TEST_CASE("dead letters go to their own file and are counted on their own", "[file]") {
    const Fixture fixture;
    FileSink sink(fixture.options());
    REQUIRE_FALSE(sink.open());
    const auto writer = sink.make_writer(fixture.worker_wake.get());
    REQUIRE(writer->try_write(bad_line("oops"), kEpoch));
    CHECK_FALSE(sink.acknowledged(kEpoch));
    REQUIRE_FALSE(sink.close());
    CHECK(sink.acknowledged(kEpoch));
    CHECK(sink.counts().dead_letters == 1);
    CHECK(sink.counts().records == 0);
    CHECK(fixture.folder.read("out.dlq") ==
          "{\"topic\":\"in\",\"partition\":0,\"offset\":0,\"stage\":\"decode\",\"error\":\"bad\","
          "\"payload\":\"oops\"}\n");
    CHECK(fixture.folder.read("out").empty());
}

TEST_CASE("opening a sink empties what an earlier run has left", "[file]") {
    const Fixture fixture;
    static_cast<void>(fixture.folder.write("out", "old\n"));
    static_cast<void>(fixture.folder.write("out.dlq", "old\n"));
    FileSink sink(fixture.options());
    REQUIRE_FALSE(sink.open());
    CHECK(fixture.folder.read("out").empty());
    CHECK(fixture.folder.read("out.dlq").empty());
}

TEST_CASE("a full sink refuses a chunk, leaves it alone, and wakes its writer when there is room",
          "[file]") {
    const Fixture fixture;
    FileSink sink(fixture.options(100));
    REQUIRE_FALSE(sink.open());
    const auto writer = sink.make_writer(fixture.worker_wake.get());
    auto first = chunk(kEpoch, {{std::nullopt, std::string(90, 'x')}});
    REQUIRE(writer->try_write(first));
    auto second = chunk(kEpoch, {{std::nullopt, std::string(90, 'y')}});
    CHECK_FALSE(writer->try_write(second));
    CHECK(second->records.size() == 1);
    CHECK_FALSE(writer->try_write(bad_line(std::string(90, 'z')), kEpoch));
    CHECK_FALSE(fixture.worker_wake.woken());
    sink.serve();
    CHECK(fixture.worker_wake.woken());
    CHECK(writer->try_write(second));
    sink.serve();
    CHECK(fixture.folder.read("out") == std::string(90, 'x') + "\n" + std::string(90, 'y') + "\n");
}

TEST_CASE("a file that cannot be written is an error that says so, and nothing is acknowledged",
          "[file]") {
    const Fixture fixture;
    FileSinkOptions options = fixture.options();
    options.path = fixture.folder.path("no/such/folder/out");
    const auto error = FileSink(options).open();
    REQUIRE(error);
    CHECK(error->fatal);
    CHECK(error->code == "file_unwritable");
    CHECK(error->text ==
          "cannot write '" + options.path +
              "': No such file or directory; check the path in the sink and the room on its disk");

    options.path = "/dev/full";
    FileSink full(options);
    REQUIRE_FALSE(full.open());
    const auto writer = full.make_writer(fixture.worker_wake.get());
    auto lines = chunk(kEpoch, {{std::nullopt, "{}"}});
    REQUIRE(writer->try_write(lines));
    full.serve();
    REQUIRE(full.take_error());
    CHECK_FALSE(full.take_error());
    CHECK_FALSE(full.acknowledged(kEpoch));
    CHECK(full.close());
}

TEST_CASE("of several writers each one's lines keep their order, and none is lost or torn",
          "[file]") {
    const Fixture fixture;
    constexpr int kWriters = 3;
    constexpr int kChunks = 2000;
    FileSink sink(fixture.options(4096));
    REQUIRE_FALSE(sink.open());
    std::atomic<int> done{0};
    std::vector<std::jthread> threads;
    for (int w = 0; w < kWriters; ++w) {
        threads.emplace_back([&, w] {
            const WakeDescriptor wake;
            const auto writer = sink.make_writer(wake.get());
            for (int i = 0; i < kChunks; ++i) {
                auto lines =
                    chunk(kEpoch, {{std::nullopt, std::to_string(w) + " " + std::to_string(i)}});
                while (!writer->try_write(lines)) {
                    if (!wake.woken(10000)) return;
                }
            }
            ++done;
        });
    }
    while (done < kWriters || !sink.acknowledged(kEpoch)) sink.serve();
    REQUIRE_FALSE(sink.close());
    CHECK(sink.counts().records == kWriters * kChunks);
    std::istringstream lines(fixture.folder.read("out"));
    std::vector<int> next(kWriters, 0);
    bool in_order = true;
    std::size_t writer = 0;
    for (int number = 0; lines >> writer >> number;)
        in_order = in_order && next.at(writer)++ == number;
    CHECK(in_order);
    CHECK(next == std::vector<int>(kWriters, kChunks));
}
