#include "server/runtime/coordinator.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/coordinator_run.hpp"
#include "tests/support/row_ports.hpp"

using namespace velo;
using namespace velo::runtime;
using namespace velo::tests;
using namespace std::chrono_literals;

namespace {

RunOptions bounded(std::uint32_t pipelines) {
    RunOptions options;
    options.pipelines = pipelines;
    options.until_end = true;
    options.batch_records = 100;
    return options;
}

std::vector<std::string> sorted_values(World& world) {
    const std::lock_guard guard(world.lock);
    std::vector<std::string> values;
    for (const auto& [key, value] : world.written) values.push_back(value);
    std::ranges::sort(values);
    return values;
}

constexpr const char* kCountQuery =
    "SELECT key, COUNT(*) AS c, SUM(n) AS s FROM rows GROUP BY key EMIT FINAL";
constexpr const char* kWindowQuery =
    "SELECT key, COUNT(*) AS c, SUM(n) AS s, _window_start FROM rows GROUP BY key WINDOW TUMBLING "
    "(at, 1s) EMIT FINAL";

}  // namespace

TEST_CASE("a bounded input is answered to its end, committed and closed", "[coordinator]") {
    World world;
    world.partitions = rows_in(3, 1000);
    TestRun run(world, plan_of("SELECT key, n FROM rows WHERE n % 2 = 0"), bounded(2));
    CHECK(run.wait().end == RunResult::End::Finished);
    CHECK(world.written.size() == 500);
    CHECK(world.closed);
    REQUIRE_FALSE(world.commits.empty());
    CHECK(world.commits.back() == engine::Offsets{{SourcePartition{0}, 334},
                                                  {SourcePartition{1}, 333},
                                                  {SourcePartition{2}, 333}});
    const Law law = law_of(run.counters);
    CHECK(law.balances());
    CHECK(law.in == 1000);
    CHECK(law.filtered == 500);
}

TEST_CASE(
    "final answers are equal on 1, 2 and 8 pipelines, with rings of one slot and any batch size",
    "[coordinator]") {
    for (const char* query : {kCountQuery, kWindowQuery}) {
        std::vector<std::string> reference;
        for (const std::uint32_t pipelines : {1U, 2U, 8U}) {
            for (const std::uint32_t batch : {1U, 7U, 10000U}) {
                World world;
                world.partitions = rows_in(5, 2000);
                RunOptions options = bounded(pipelines);
                options.ring_slots = 1;
                options.batch_records = batch;
                TestRun run(world, plan_of(query), options);
                REQUIRE(run.wait().end == RunResult::End::Finished);
                CHECK(law_of(run.counters).balances());
                CHECK(law_of(run.counters).answered == 2000);
                if (reference.empty()) reference = sorted_values(world);
                CHECK(sorted_values(world) == reference);
            }
        }
        CHECK(reference.size() >= 13);
    }
}

TEST_CASE("records become rows, batch after batch, and each counts once", "[coordinator]") {
    constexpr const char* kQuery =
        "SELECT key, COUNT(*) AS n, SUM(m) AS sum, LAST(m) AS last, _window_start FROM rows CROSS "
        "JOIN UNNEST(SEQUENCE(1, n % 300)) AS m WHERE m % 300 <> 5 GROUP BY key WINDOW TUMBLING "
        "(at, 1s)";
    std::vector<std::string> reference;
    for (const std::uint32_t pipelines : {1U, 2U, 8U}) {
        for (const std::uint32_t batch : {7U, 10000U}) {
            World world;
            world.partitions = rows_in(3, 2000);
            RunOptions options = bounded(pipelines);
            options.ring_slots = 1;
            options.batch_records = batch;
            options.commit_interval = 1ms;
            TestRun run(world, plan_of(kQuery), options);
            REQUIRE(run.wait().end == RunResult::End::Finished);
            const Law law = law_of(run.counters);
            CHECK(law.balances());
            CHECK(law.in == 2000);
            CHECK(law.answered + law.filtered == 2000);
            CHECK(law.late == 0);
            if (reference.empty()) reference = sorted_values(world);
            CHECK(sorted_values(world) == reference);
        }
    }
    CHECK(reference.size() > 100);
}

TEST_CASE("a sink that refuses now and then loses nothing and keeps the order of a partition",
          "[coordinator]") {
    World world;
    world.partitions = rows_in(1, 3000);
    world.refuse_every = 3;
    TestRun run(world, plan_of("SELECT n FROM rows"), bounded(1));
    REQUIRE(run.wait().end == RunResult::End::Finished);
    REQUIRE(world.written.size() == 3000);
    for (std::size_t i = 0; i < world.written.size(); ++i) {
        REQUIRE(world.written[i].second == "{\"n\":" + std::to_string(i) + "}");
    }
}

TEST_CASE("nothing is committed before what it led to is acknowledged", "[coordinator]") {
    World world;
    world.partitions = rows_in(2, 5000);
    world.bounded = false;
    world.acknowledge = false;
    RunOptions options;
    options.pipelines = 2;
    options.commit_interval = 1ms;
    options.batch_records = 50;
    TestRun run(world, plan_of("SELECT key, n FROM rows"), options);
    run.wait_until([&] {
        const std::lock_guard guard(world.lock);
        return world.written_records == 5000;
    });
    {
        const std::lock_guard guard(world.lock);
        for (const engine::Offsets& offsets : world.commits) {
            for (const auto& [partition, offset] : offsets) CHECK(offset == 0);
        }
    }
    world.acknowledge = true;
    run.stop();
    CHECK(run.wait().end == RunResult::End::Drained);
    CHECK(world.commits_ahead_of_acknowledgement == 0);
    CHECK(world.commits.back() ==
          engine::Offsets{{SourcePartition{0}, 2500}, {SourcePartition{1}, 2500}});
}

TEST_CASE("the first epoch commits the start positions although nothing was read",
          "[coordinator]") {
    World world;
    world.partitions = {{}, {}};
    world.bounded = false;
    RunOptions options;
    options.pipelines = 2;
    TestRun run(world, plan_of("SELECT n FROM rows"), options);
    run.wait_until([&] {
        const std::lock_guard guard(world.lock);
        return !world.commits.empty();
    });
    run.stop();
    CHECK(run.wait().end == RunResult::End::Drained);
    CHECK(world.commits.front() ==
          engine::Offsets{{SourcePartition{0}, 0}, {SourcePartition{1}, 0}});
}

TEST_CASE("a commit that fails is tried again", "[coordinator]") {
    World world;
    world.partitions = rows_in(2, 100);
    world.commit_error_once =
        engine::PortError{.fatal = false, .code = "broker_away", .text = "away"};
    TestRun run(world, plan_of("SELECT n FROM rows"), bounded(2));
    CHECK(run.wait().end == RunResult::End::Finished);
    CHECK(run.counters.failed_commits.get() == 1);
    CHECK(world.commits.back().at(SourcePartition{0}) == 50);
}

TEST_CASE("a bad row goes to the dead letters with its bytes, place and headers", "[coordinator]") {
    World world;
    world.partitions = {{row("a", 1, 0), "{\"key\":\"a\",\"n\":\"x\"}", row("a", 2, 0)}};
    TestRun run(world, plan_of("SELECT n FROM rows"), bounded(1));
    CHECK(run.wait().end == RunResult::End::Finished);
    CHECK(world.written.size() == 2);
    REQUIRE(world.dead_letters.size() == 1);
    const engine::DeadLetter& letter = world.dead_letters.front();
    CHECK(letter.value == "{\"key\":\"a\",\"n\":\"x\"}");
    CHECK(letter.topic == "rows");
    CHECK(letter.offset == 1);
    CHECK(letter.stage == "decode");
    CHECK(letter.headers == velo::engine::RecordHeaders{{"trace", "1"}});
    CHECK(law_of(run.counters).dead_lettered == 1);
    CHECK(law_of(run.counters).balances());
}

TEST_CASE("an evaluation fault of a stateless query is the row's, also when rows go round robin",
          "[coordinator]") {
    for (const bool round_robin : {false, true}) {
        World world;
        world.partitions = rows_in(2, 100);
        RunOptions options = bounded(2);
        options.batch_records = 10;
        options.round_robin = round_robin;
        TestRun run(world, plan_of("SELECT 100 / (n % 10) AS q FROM rows"), options);
        CHECK(run.wait().end == RunResult::End::Finished);
        CHECK(world.written.size() == 90);
        CHECK(world.dead_letters.size() == 10);
        CHECK(law_of(run.counters).balances());
    }
}

TEST_CASE("on_error fail stops the job, names the row and commits nothing of its epoch",
          "[coordinator]") {
    World world;
    world.partitions = {{row("a", 1, 0), "nonsense"}};
    RunOptions options = bounded(1);
    options.faults.decode = FaultAction::Fail;
    TestRun run(world, plan_of("SELECT n FROM rows"), options);
    CHECK(run.wait().end == RunResult::End::Failed);
    CHECK_FALSE(run.result.failure.may_retry);
    CHECK(run.result.failure.text.find("rows partition 0 offset 1: ") == 0);
    for (const engine::Offsets& offsets : world.commits) CHECK(offsets.at(SourcePartition{0}) == 0);
}

TEST_CASE("a fatal error of the source ends the run so that it can be tried again",
          "[coordinator]") {
    World world;
    world.partitions = rows_in(1, 10);
    world.bounded = false;
    world.source_error_at_end =
        engine::PortError{.fatal = true, .code = "offset_out_of_range", .text = "gone"};
    RunOptions options;
    TestRun run(world, plan_of("SELECT n FROM rows"), options);
    CHECK(run.wait().end == RunResult::End::Failed);
    CHECK(run.result.failure.may_retry);
    CHECK(run.result.failure.code == "offset_out_of_range");
}

TEST_CASE("too large a share of bad rows fails the job", "[coordinator]") {
    World world;
    world.partitions.resize(1);
    for (int i = 0; i < 4000; ++i)
        world.partitions[0].push_back(i % 4 == 0 ? row("a", i, i) : "nonsense");
    world.bounded = false;
    RunOptions options;
    TestRun run(world, plan_of("SELECT n FROM rows"), options);
    CHECK(run.wait().end == RunResult::End::Failed);
    CHECK(run.result.failure.code == "max_ratio");
    CHECK_FALSE(run.result.failure.may_retry);
}

TEST_CASE("an idle partition does not hold windows back for ever", "[coordinator]") {
    World world;
    world.partitions = {{row("a", 1, 0), row("a", 2, 500), row("a", 3, 5000)}, {}};
    world.bounded = false;
    RunOptions options;
    options.pipelines = 2;
    TestRun run(world, plan_of(kWindowQuery, 20ms), options);
    run.wait_until([&] {
        const std::lock_guard guard(world.lock);
        return !world.written.empty();
    });
    run.stop();
    CHECK(run.wait().end == RunResult::End::Drained);
    CHECK(world.written.front().second ==
          R"({"key":"a","c":2,"s":3,"_window_start":"1970-01-01T00:00:00.000Z"})");
}

TEST_CASE("a worker sleeps between the ticks of the clock that moves idle input's time",
          "[coordinator]") {
    World world;
    world.partitions = {{row("a", 1, 0)}, {row("b", 2, 0)}};
    world.bounded = false;
    RunOptions options;
    options.pipelines = 2;
    options.commit_interval = 10min;
    TestRun run(
        world,
        plan_of("SELECT key, COUNT(*) AS c FROM rows GROUP BY key WINDOW TUMBLING (at, 1h)", 20ms),
        options);
    // By now all have fallen idle and time goes on by itself.
    run.wait_until([&] { return run.counters.pipelines[0].watermark_us.get() >= 100'000; });
    const std::uint64_t polls = world.polls.load();
    run.wait_until([&] { return run.counters.pipelines[0].watermark_us.get() >= 1'100'000; });
    // Ten ticks, a few rounds for each of two pipelines, whatever else wakes them; without sleep it is hundreds of
    // thousands.
    CHECK(world.polls.load() - polls < 1000);
    run.stop();
    CHECK(run.wait().end == RunResult::End::Drained);
}

TEST_CASE("a drain writes what EMIT CHANGES EVERY has held back", "[coordinator]") {
    World world;
    world.partitions = rows_in(2, 1000);
    world.bounded = false;
    RunOptions options;
    options.pipelines = 2;
    options.commit_interval = 10min;
    TestRun run(world,
                plan_of("SELECT key, COUNT(*) AS c FROM rows GROUP BY key EMIT CHANGES EVERY 10m"),
                options);
    run.wait_until([&] { return law_of(run.counters).answered == 1000; });
    run.stop();
    CHECK(run.wait().end == RunResult::End::Drained);
    std::map<std::string, std::string> last;
    for (const auto& [key, value] : world.written) last[key] = value;
    CHECK(last.size() == 13);
    CHECK(last.at("k0") == R"({"key":"k0","c":77})");
}

TEST_CASE("at the memory limit only what holds the watermark back is read on", "[coordinator]") {
    World world;
    world.partitions.resize(2);
    for (int i = 0; i < 40'000; ++i)
        world.partitions[0].push_back(row("k" + std::to_string(i), i, i));
    for (int i = 0; i < 41; ++i) world.partitions[1].push_back(row("slow", i, i * 1000));
    world.bounded = false;
    world.withheld = 1;
    RunOptions options;
    options.pipelines = 2;
    options.batch_records = 100;
    options.commit_interval = 0ms;
    options.state_bytes = 1U << 20;
    TestRun run(world, plan_of(kWindowQuery), options);
    run.wait_until([&] { return run.counters.state.load() == JobState::Blocked; });
    CHECK(law_of(run.counters).in < 40'000);
    world.withheld = -1;
    run.wait_until([&] { return law_of(run.counters).answered == 40'041; });
    run.wait_until([&] { return run.counters.state.load() == JobState::Running; });
    run.stop();
    CHECK(run.wait().end == RunResult::End::Drained);
}

TEST_CASE("a memory limit that no closing window helps fails with advice", "[coordinator]") {
    World world;
    world.partitions.resize(1);
    for (int i = 0; i < 100'000; ++i)
        world.partitions[0].push_back(row("k" + std::to_string(i), i, i));
    world.bounded = false;
    RunOptions options;
    options.batch_records = 100;
    options.commit_interval = 0ms;
    options.state_bytes = 1U << 20;
    TestRun run(world, plan_of("SELECT key, COUNT(*) AS c FROM rows GROUP BY key"), options);
    REQUIRE(run.wait().end == RunResult::End::Failed);
    CHECK(run.result.failure.code == "memory_limit");
    CHECK_THAT(run.result.failure.text, Catch::Contains("state.ttl"));
}
