// UNION ALL over several sources: the same answers on any number of pipelines, and after kills at any call, also where
// partitions have come to be numbered otherwise.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/plan/state_shape.hpp"
#include "server/runtime/source_set.hpp"
#include "tests/support/coordinator_run.hpp"
#include "tests/support/sim_ledger.hpp"

using namespace velo;
using namespace velo::runtime;
using namespace velo::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* kRows = "SELECT key, n FROM rows";
constexpr const char* kBoth =
    "SELECT key, n FROM rows WHERE n % 5 <> 0 UNION ALL SELECT UPPER(key), n + 1000 FROM more";
constexpr const char* kTumbling =
    "SELECT key, COUNT(*) AS c, SUM(n) AS s, FIRST(n) AS f, LAST(n) AS l, _window_start "
    "FROM (SELECT key, n, at FROM rows UNION ALL SELECT key, n * 2 + 1, at FROM more WHERE n % 3 = "
    "0) "
    "GROUP BY key WINDOW TUMBLING (at, 1s) EMIT FINAL";
constexpr const char* kSessions =
    "SELECT key, COUNT(*) AS c, MAX(n) AS m, _window_start, _window_end "
    "FROM (SELECT key, n, at FROM more UNION ALL SELECT UPPER(key), n, at FROM rows) "
    "GROUP BY key WINDOW SESSION (at, 90ms) EMIT FINAL";

engine::SourceDeclaration declaration(const std::string& name) {
    engine::SourceDeclaration rows;
    rows.name = name;
    rows.schema = {
        {.name = "key", .type = engine::kString, .nullable = true, .path = {}, .time_unit = {}},
        {.name = "n", .type = engine::kBigint, .nullable = true, .path = {}, .time_unit = {}},
        {.name = "at", .type = engine::kTimestamp, .nullable = true, .path = {}, .time_unit = {}}};
    rows.event_time_column = "at";
    return rows;
}

std::shared_ptr<const engine::Plan> plan_over_both(const std::string& sql) {
    engine::BindOptions options;
    options.sources = {declaration("rows"), declaration("more")};
    options.bounded = true;
    return std::make_shared<const engine::Plan>(engine::bind_query(sql, options));
}

using Outputs = std::vector<std::pair<std::string, std::string>>;

/// The worlds behind the topics `rows` and `more`.
struct Worlds {
    World rows, more;
    Worlds() {
        rows.partitions = rows_in(2, 400);
        more.topic = "more";
        more.partitions = rows_in(3, 300);
    }
    World& of(const std::string& name) { return name == "rows" ? rows : more; }
};

RunOptions options_for(std::uint32_t pipelines, const engine::Plan& plan) {
    RunOptions options;
    options.pipelines = pipelines;
    options.until_end = true;
    options.batch_records = 16;
    options.ring_slots = 2;
    options.commit_interval = 0ms;
    options.job = "sim";
    options.state_shape = engine::state_shape(plan);
    return options;
}

std::unique_ptr<engine::Source> source_for(Worlds& worlds, const engine::Plan& plan) {
    std::vector<std::unique_ptr<engine::Source>> sources;
    for (std::size_t i = 0; i < plan.input_count(); ++i)
        sources.push_back(std::make_unique<RowSource>(worlds.of(plan.input(i).name)));
    return as_one(std::move(sources));
}

RunResult run_once(Worlds& worlds, SimCluster& cluster, const char* query,
                   std::uint32_t pipelines) {
    const auto plan = plan_over_both(query);
    Ports ports{.source = source_for(worlds, *plan),
                .sink = std::make_unique<SimSink>(cluster),
                .ledger = std::make_unique<SimLedger>(cluster)};
    TestRun run(std::move(ports), plan, options_for(pipelines, *plan));
    return run.wait();
}

Outputs sorted(Outputs outputs) {
    std::ranges::sort(outputs);
    return outputs;
}

Outputs reference(Worlds& worlds, const char* query, std::uint32_t pipelines = 1) {
    SimCluster cluster;
    REQUIRE(run_once(worlds, cluster, query, pipelines).end == RunResult::End::Finished);
    return sorted(cluster.visible);
}

/// Runs the job to its end through some kills; `grows` may change the worlds after each run, and says whether it has.
template <class Grows>
Outputs survive(Worlds& worlds, const char* query, std::uint32_t seed, Grows&& grows) {
    std::mt19937 random(seed);
    SimCluster cluster;
    cluster.again_every = static_cast<std::uint32_t>(2 + random() % 5);
    for (std::uint32_t kill = 0;; ++kill) {
        cluster.crash_in = kill < 6 ? static_cast<std::int64_t>(random() % 40) : -1;
        cluster.crash_after_effect = random() % 2 == 0;
        constexpr std::uint32_t kPipelines[] = {1, 2, 3, 8};
        const RunResult result = run_once(worlds, cluster, query, kPipelines[random() % 4]);
        if (result.end == RunResult::End::Finished) {
            if (!grows()) return sorted(cluster.visible);
            continue;
        }
        INFO(result.failure.text);
        REQUIRE(result.failure.code == "crash");
        if (kill % 2 == 1) static_cast<void>(grows());
    }
}

}  // namespace

TEST_CASE("several sources: answers do not depend on the number of pipelines", "[sources]") {
    for (const char* query : {kBoth, kTumbling, kSessions}) {
        INFO(query);
        Worlds worlds;
        const Outputs expected = reference(worlds, query);
        CHECK(!expected.empty());
        CHECK((reference(worlds, query, 2) == expected));
        CHECK((reference(worlds, query, 8) == expected));
    }
}

TEST_CASE("several sources: every record of each is accounted for once", "[sources]") {
    Worlds worlds;
    const auto plan = plan_over_both(kBoth);
    TestRun run({.source = source_for(worlds, *plan),
                 .sink = std::make_unique<RowSink>(worlds.rows),
                 .ledger = nullptr},
                plan, options_for(2, *plan));
    REQUIRE(run.wait().end == RunResult::End::Finished);
    const Law law = law_of(run.counters);
    CHECK(law.balances());
    CHECK(law.in == 700);
    CHECK(law.filtered == 80);
    CHECK(law.out == 620);
    std::map<std::string, std::uint64_t> by_topic;
    for (std::uint32_t i = 0; i < run.counters.partitions.size(); ++i) {
        const PartitionCounters& partition = run.counters.partitions.at(SourcePartition{i});
        by_topic[partition.topic] += partition.records_in.get();
    }
    CHECK((by_topic == std::map<std::string, std::uint64_t>{{"rows", 400}, {"more", 300}}));
}

TEST_CASE("several sources: kills at any call change nothing that is visible", "[sources]") {
    for (const char* query : {kBoth, kTumbling, kSessions}) {
        Worlds whole;
        const Outputs expected = reference(whole, query);
        for (std::uint32_t seed = 1; seed <= 25; ++seed) {
            INFO(query << ", seed " << seed);
            Worlds worlds;
            REQUIRE((survive(worlds, query, seed, [] { return false; }) == expected));
        }
    }
}

TEST_CASE("several sources: partitions that appear renumber the others and lose nothing",
          "[sources]") {
    Worlds whole;
    whole.rows.partitions = rows_in(4, 400);
    const Outputs expected = reference(whole, kBoth);
    for (std::uint32_t seed = 1; seed <= 25; ++seed) {
        INFO("seed " << seed);
        Worlds worlds;
        worlds.rows.partitions.assign(whole.rows.partitions.begin(),
                                      whole.rows.partitions.begin() + 2);
        // The third and the fourth partition of `rows` come between those that are there and those of `more`.
        const auto grows = [&] {
            const std::size_t count = worlds.rows.partitions.size();
            if (count == whole.rows.partitions.size()) return false;
            worlds.rows.partitions.push_back(whole.rows.partitions[count]);
            return true;
        };
        REQUIRE((survive(worlds, kBoth, seed, grows) == expected));
    }
}

TEST_CASE("a query without state gains and loses a source, and goes on where it was", "[sources]") {
    Worlds worlds;
    SimCluster cluster;
    const auto goes_on = [&](const char* query, std::size_t visible) {
        const RunResult result = run_once(worlds, cluster, query, 2);
        INFO(query << ": " << result.failure.text);
        REQUIRE(result.end == RunResult::End::Finished);
        CHECK(cluster.visible.size() == visible);
    };
    goes_on(kRows, 400);
    goes_on(kBoth, 700);
    worlds.more.partitions[0].push_back(row("k", 1, 1));
    goes_on(kBoth, 701);
    worlds.rows.partitions[1].push_back(row("k", 1, 1));
    goes_on(kRows, 702);
}

TEST_CASE("positions of one of several sources that have moved are noticed", "[sources]") {
    Worlds worlds;
    SimCluster cluster;
    REQUIRE(run_once(worlds, cluster, kBoth, 2).end == RunResult::End::Finished);
    cluster.positions[SourcePartition{1001}] -= 1;  // more, partition 1
    const RunResult result = run_once(worlds, cluster, kBoth, 2);
    REQUIRE(result.end == RunResult::End::Failed);
    CHECK(result.failure.code == "positions_moved");
    CHECK_THAT(result.failure.text, Catch::StartsWith("partition 1 of 'more' is committed at 99, "
                                                      "but the saved state was cut at 100;"));
}

TEST_CASE("state of a UNION ALL is refused to one with other members", "[sources]") {
    Worlds worlds;
    SimCluster cluster;
    REQUIRE(run_once(worlds, cluster, kTumbling, 2).end == RunResult::End::Finished);
    const std::string other =
        "SELECT key, COUNT(*) AS c, SUM(n) AS s, FIRST(n) AS f, LAST(n) AS l "
        "FROM rows GROUP BY key WINDOW TUMBLING (at, 1s) EMIT FINAL";
    const RunResult result = run_once(worlds, cluster, other.c_str(), 2);
    REQUIRE(result.end == RunResult::End::Failed);
    CHECK(result.failure.code == "state_of_another_query");
    CHECK_THAT(result.failure.text, Catch::Contains("union all was 'rows: ") &&
                                        Catch::Contains("; more: ") &&
                                        Catch::Contains("is now 'none'"));
}

TEST_CASE("a source whose event time stands still does not starve the others", "[sources]") {
    Worlds worlds;
    worlds.rows.partitions = {std::vector<std::string>(2000, row("slow", 1, 0)),
                              std::vector<std::string>(2000, row("slow", 2, 0))};
    worlds.more.partitions = {{row("quick", 1, 1000)}};
    const auto plan = plan_over_both(kBoth);
    TestRun run({.source = source_for(worlds, *plan),
                 .sink = std::make_unique<RowSink>(worlds.rows),
                 .ledger = nullptr},
                plan, options_for(1, *plan), 1);
    REQUIRE(run.wait().end == RunResult::End::Finished);
    const auto& written = worlds.rows.written;
    const auto quick = std::ranges::find_if(
        written, [](const auto& row) { return row.second.find("QUICK") != std::string::npos; });
    CHECK(quick - written.begin() < 100);
}
