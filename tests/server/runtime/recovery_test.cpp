// A job is killed at random calls, again and again, and goes on: what is visible at the end is what a run that was never
// killed writes.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "server/runtime/committer.hpp"
#include "tests/support/coordinator_run.hpp"
#include "tests/support/sim_ledger.hpp"

using namespace velo;
using namespace velo::runtime;
using namespace velo::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* kEveryChange =
    "SELECT key, COUNT(*) AS c, SUM(n) AS s FROM rows GROUP BY key";
constexpr const char* kTumbling =
    "SELECT key, COUNT(*) AS c, SUM(n) AS s, _window_start FROM rows GROUP BY key "
    "WINDOW TUMBLING (at, 1s) EMIT FINAL";
constexpr const char* kHopping =
    "SELECT key, COUNT(*) AS c, MAX(n) AS m, _window_start FROM rows GROUP BY key "
    "WINDOW HOPPING (at, 3s, 1s) EMIT FINAL";
constexpr const char* kSessions =
    "SELECT key, COUNT(*) AS c, SUM(n) AS s, _window_start, _window_end FROM rows GROUP BY key "
    "WINDOW SESSION (at, 300ms) EMIT FINAL";
constexpr const char* kBuffer =
    "SELECT key, n, SUM(n) OVER (ROWS WINDOW BUFFER 3 ROWS PARTITION BY key ORDER BY at) AS s "
    "FROM rows";
constexpr const char* kFrames =
    "SELECT key, n, ROW_NUMBER() OVER (PARTITION BY key ORDER BY at) AS r, "
    "LAG(n) OVER (PARTITION BY key ORDER BY at) AS before, "
    "AVG(n) OVER (PARTITION BY key ORDER BY at ROWS 4 PRECEDING) AS few, "
    "NTH_VALUE(n, 2) OVER (PARTITION BY key ORDER BY at ROWS 4 PRECEDING) AS second, "
    "SUM(n) OVER (PARTITION BY key ORDER BY at RANGE 500ms PRECEDING) AS near, "
    "STDDEV(n) OVER (PARTITION BY key ORDER BY at) AS spread FROM rows";
constexpr const char* kShortFrames =
    "SELECT key, n, MAX(n) OVER (PARTITION BY key ORDER BY at RANGE 20ms PRECEDING) AS m "
    "FROM rows";
constexpr const char* kDistinct = "SELECT DISTINCT key, n % 7 AS m FROM rows";
constexpr const char* kOverAnswers =
    "SELECT key, COUNT(*) AS c, SUM(c) AS s, LAST(c) AS l, _window_start FROM (SELECT key, n % 2 "
    "AS "
    "odd, COUNT(*) AS c FROM rows GROUP BY key, n % 2 WINDOW HOPPING (at, 2s, 1s)) AS m GROUP BY "
    "key "
    "WINDOW TUMBLING (3s)";
constexpr const char* kTopOfWindows =
    "SELECT key, COUNT(*) AS c, _window_start FROM rows GROUP BY key WINDOW TUMBLING (at, 1s) "
    "ORDER BY c DESC LIMIT 2";
constexpr const char* kFilter = "SELECT key, n FROM rows WHERE n % 3 = 0";

using Outputs = std::vector<std::pair<std::string, std::string>>;

RunOptions options_for(std::uint32_t pipelines, const char* query) {
    RunOptions options;
    options.pipelines = pipelines;
    options.until_end = true;
    options.batch_records = 16;
    options.ring_slots = 2;
    options.commit_interval = 0ms;
    options.job = "sim";
    options.state_shape = {{"query", query}};
    return options;
}

RunResult run_once(World& world, SimCluster& cluster, const char* query, std::uint32_t pipelines) {
    Ports ports{.source = std::make_unique<RowSource>(world),
                .sink = std::make_unique<SimSink>(cluster),
                .ledger = std::make_unique<SimLedger>(cluster)};
    TestRun run(std::move(ports), plan_of(query), options_for(pipelines, query));
    return run.wait();
}

struct Schedule {
    bool transactional = true;
    Fault fault = Fault::None;
    std::uint32_t kills = 6;
};

/// Runs the job to its end through the schedule's kills. Empty: a run refused to go on, with that code, or ended where it
/// should not.
std::optional<Outputs> survive(const char* query, const Schedule& schedule, std::uint32_t seed,
                               std::string& refused) {
    std::mt19937 random(seed);
    World world;
    world.partitions = rows_in(3, 600);
    SimCluster cluster;
    cluster.transactional = schedule.transactional;
    cluster.fault = schedule.fault;
    cluster.again_every = static_cast<std::uint32_t>(2 + random() % 5);
    for (std::uint32_t kill = 0;; ++kill) {
        cluster.crash_in = kill < schedule.kills ? static_cast<std::int64_t>(random() % 40) : -1;
        cluster.crash_after_effect = random() % 2 == 0;
        constexpr std::uint32_t kPipelines[] = {1, 2, 3, 8};
        const RunResult result = run_once(world, cluster, query, kPipelines[random() % 4]);
        if (result.end == RunResult::End::Finished) {
            // What is committed at the end is the end.
            for (const auto& [partition, offset] : cluster.positions) {
                if (offset == static_cast<std::int64_t>(world.partitions[partition.value].size()))
                    continue;
                refused = "positions are not those of the end";
                return std::nullopt;
            }
            return cluster.visible;
        }
        if (result.failure.code == "crash") continue;
        refused = result.failure.code;
        return std::nullopt;
    }
}

Outputs reference(const char* query) {
    World world;
    world.partitions = rows_in(3, 600);
    SimCluster cluster;
    const RunResult result = run_once(world, cluster, query, 1);
    REQUIRE(result.end == RunResult::End::Finished);
    return cluster.visible;
}

Outputs sorted(Outputs outputs) {
    std::ranges::sort(outputs);
    return outputs;
}

std::map<std::string, std::string> last_by_key(const Outputs& outputs) {
    std::map<std::string, std::string> last;
    for (const auto& [key, value] : outputs) last[key] = value;
    return last;
}

// Which partition's row of a key comes first differs from run to run where every change is answered; the counts and the
// last sums do not.
Outputs comparable(const char* query, const Outputs& outputs) {
    if (query != kEveryChange && query != kBuffer) return sorted(outputs);
    Outputs counted;
    for (const auto& [key, value] : outputs) {
        counted.emplace_back(key, value.substr(0, value.find(",\"s\"")));
    }
    if (query == kEveryChange) {
        for (const auto& [key, value] : last_by_key(outputs)) counted.emplace_back(key, value);
    }
    return sorted(counted);
}

}  // namespace

TEST_CASE("exactly once: kills at any call change nothing that is visible", "[recovery]") {
    for (const char* query : {kFilter, kEveryChange, kTumbling, kHopping, kSessions, kBuffer,
                              kFrames, kShortFrames, kDistinct, kOverAnswers, kTopOfWindows}) {
        const Outputs expected = comparable(query, reference(query));
        for (std::uint32_t seed = 1; seed <= 40; ++seed) {
            INFO(query << ", seed " << seed);
            std::string refused;
            const auto outputs = survive(query, {}, seed, refused);
            REQUIRE(refused.empty());
            REQUIRE((comparable(query, *outputs) == expected));
        }
    }
}

TEST_CASE("at least once: kills repeat outputs, but state never counts twice", "[recovery]") {
    for (const char* query : {kFilter, kTumbling, kHopping, kSessions, kOverAnswers}) {
        const Outputs expected = sorted(reference(query));
        for (std::uint32_t seed = 1; seed <= 40; ++seed) {
            INFO(query << ", seed " << seed);
            std::string refused;
            const auto outputs = survive(query, {.transactional = false}, seed, refused);
            REQUIRE(refused.empty());
            Outputs once = sorted(*outputs);
            once.erase(std::ranges::unique(once).begin(), once.end());
            REQUIRE((once == expected));
        }
    }
    const auto expected = last_by_key(reference(kEveryChange));
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        std::string refused;
        const auto outputs = survive(kEveryChange, {.transactional = false}, seed, refused);
        REQUIRE(refused.empty());
        REQUIRE((last_by_key(*outputs) == expected));
    }
}

TEST_CASE("a cluster or a runtime that is wrong is noticed", "[recovery]") {
    const Fault fault =
        GENERATE(Fault::PositionsAheadOfCut, Fault::NoFencing, Fault::EndOfPartitionIsTheEnd,
                 Fault::HeaderBeforeChunks, Fault::LostChunk);
    const Outputs expected = comparable(kEveryChange, reference(kEveryChange));
    bool noticed = false;
    for (std::uint32_t seed = 1; seed <= 40 && !noticed; ++seed) {
        std::string refused;
        const auto outputs = survive(kEveryChange, {.fault = fault}, seed, refused);
        noticed = !outputs || comparable(kEveryChange, *outputs) != expected;
    }
    INFO("fault " << static_cast<int>(fault));
    CHECK(noticed);
}

TEST_CASE("a state log that is damaged, foreign or of another query is refused", "[recovery]") {
    World world;
    world.partitions = rows_in(3, 600);
    SimCluster cluster;
    REQUIRE(run_once(world, cluster, kTumbling, 2).end == RunResult::End::Finished);
    const auto refused_with = [&](const char* query) {
        const RunResult result = run_once(world, cluster, query, 2);
        REQUIRE(result.end == RunResult::End::Failed);
        CHECK_FALSE(result.failure.may_retry);
        CHECK_THAT(result.failure.text, Catch::Contains("velostream jobs reset sim"));
        return result.failure.code;
    };
    SECTION("another query") {
        const RunResult result = run_once(world, cluster, kHopping, 2);
        CHECK(result.failure.code == "state_of_another_query");
        CHECK_THAT(result.failure.text, Catch::Contains("TUMBLING") && Catch::Contains("HOPPING"));
    }
    SECTION("the positions are gone") {
        cluster.positions.clear();
        cluster.note.clear();
        CHECK(refused_with(kTumbling) == "positions_lost");
    }
    SECTION("the positions have been moved") {
        cluster.positions[SourcePartition{1}] -= 1;
        CHECK(refused_with(kTumbling) == "positions_moved");
    }
    SECTION("another program has committed") {
        cluster.note = "vs1;something else";
        CHECK(refused_with(kTumbling) == "positions_foreign");
    }
    SECTION("the header is gone") {
        for (auto& record : cluster.log[0]) record.visible = false;
        CHECK(refused_with(kTumbling) == "state_log_damaged");
    }
    SECTION("a header is torn") {
        for (auto& record : cluster.log[0]) {
            if (record.key.starts_with('h')) record.value.pop_back();
        }
        CHECK(refused_with(kTumbling) == "state_log_damaged");
    }
}

TEST_CASE("the first commit of a job is where start: pointed", "[recovery]") {
    World world;
    world.partitions = rows_in(2, 10);
    SimCluster cluster;
    cluster.crash_in = 3;  // open, recover, the first commit, and then no more.
    static_cast<void>(run_once(world, cluster, kFilter, 1));
    CHECK(cluster.positions == engine::Offsets{{SourcePartition{0}, 0}, {SourcePartition{1}, 0}});
    CHECK(decode_note(cluster.note)->epoch == StateLog::kPositionsOnly.value);
}
