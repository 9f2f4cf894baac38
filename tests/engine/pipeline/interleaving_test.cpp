// Final answers are a function of the input alone: not of pipelines, batch sizes or how partitions interleave.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/plan/binder.hpp"
#include "tests/support/logic_run.hpp"

namespace velo::engine {

namespace {

constexpr std::uint32_t kPartitions = 3;

const Schema kSchema{{"at", kTimestamp, true, "", ""},
                     {"k", kString, true, "", ""},
                     {"n", kBigint, true, "", ""},
                     {"d", kDouble, true, "", ""}};

BindOptions options() {
    SourceDeclaration source;
    source.name = "t";
    source.schema = kSchema;
    source.event_time_column = "at";
    source.lateness = std::chrono::seconds{5};
    BindOptions options;
    options.sources = {source};
    options.bounded = true;
    return options;
}

using Partitions = std::vector<std::vector<RecordLiteral>>;

// Rows that go forward in time, some far enough behind to be late, some broken.
Partitions random_input(std::mt19937& random) {
    Partitions partitions(kPartitions);
    for (auto& rows : partitions) {
        std::int64_t now_ms = 0;
        for (std::size_t left = 20 + random() % 60; left > 0; --left) {
            now_ms += static_cast<std::int64_t>(random() % 2000);
            const std::int64_t at = now_ms - static_cast<std::int64_t>(random() % 9000);
            const std::string n = random() % 20 == 0 ? "'broken'" : std::to_string(random() % 100);
            const std::string d =
                random() % 10 == 0 ? "NULL" : fmt::format("{}.{}", random() % 1000, random() % 10);
            rows.push_back(
                record_literal(fmt::format("{}  K{}  {}  {}", at, random() % 7, n, d), kSchema));
        }
    }
    return partitions;
}

struct Answers {
    std::vector<std::string> rows;
    std::uint64_t late = 0;
    std::uint64_t faults = 0;

    bool operator==(const Answers&) const = default;
};

void add(Answers& answers, const LogicResult& result) {
    for (const LogicRow& row : result.rows)
        answers.rows.push_back(
            fmt::format("{} {}", row.key.value_or("-"), fmt::join(row.cells, "  ")));
    answers.late += result.late;
    for (const auto& [code, count] : result.faults) answers.faults += count;
}

// Pushes pieces of random size from partitions in random turns.
Answers run(const Plan& plan, LogicShape shape, const Partitions& partitions,
            std::mt19937& random) {
    LogicRun logic(plan, shape, {kPartitions});
    Answers answers;
    std::vector<std::size_t> next(kPartitions, 0);
    const auto is_done = [&](std::uint32_t p) { return next[p] == partitions[p].size(); };
    while (!is_done(0) || !is_done(1) || !is_done(2)) {
        const auto p = static_cast<std::uint32_t>(random() % kPartitions);
        const std::size_t count =
            std::min<std::size_t>(1 + random() % 20, partitions[p].size() - next[p]);
        const auto from = partitions[p].begin() + static_cast<std::ptrdiff_t>(next[p]);
        next[p] += count;
        if (count > 0)
            add(answers, logic.push(0, p, {from, from + static_cast<std::ptrdiff_t>(count)}));
    }
    add(answers, logic.finish());
    std::ranges::sort(answers.rows);
    return answers;
}

}  // namespace

TEST_CASE("final answers do not depend on pipelines, batches or interleaving", "[pipeline]") {
    const std::string query = GENERATE(
        as<std::string>{},
        "SELECT _window_start, k, COUNT(*) AS c, SUM(n) AS s, AVG(d) AS a, MIN(n) AS l, "
        "MAX(n) AS h FROM t GROUP BY k WINDOW TUMBLING (at, 10s)",
        "SELECT _window_start, k, COUNT(*) AS c, SUM(d) AS s, FIRST(n) AS f, LAST(n) AS l "
        "FROM t GROUP BY k WINDOW HOPPING (at, 10s, 3s)",
        "SELECT _window_start, _window_end, k, COUNT(*) AS c, SUM(d) AS s, FIRST(n) AS f "
        "FROM t GROUP BY k WINDOW SESSION (at, 1s)",
        "SELECT _window_start, _window_end, COUNT(*) AS c, LAST(k) AS l FROM t WHERE n % 7 "
        "= 0 WINDOW SESSION (at, 100ms)",
        "SELECT _window_start, COUNT(*) AS c, SUM(d) AS s, LAST(k) AS l FROM t WHERE n % "
        "3 <> 0 WINDOW TUMBLING (at, 7s)",
        "SELECT _window_start, k, SUM(n) AS s FROM t GROUP BY k WINDOW TUMBLING (at, 10s) "
        "HAVING SUM(n) > 100",
        "SELECT k, COUNT(*) AS c, SUM(d) AS s, FIRST(n) AS f, LAST(d) AS l, MAX(at) AS m "
        "FROM t GROUP BY k EMIT FINAL",
        "SELECT COUNT(*) AS c, SUM(n) AS s, AVG(d) AS a FROM t EMIT FINAL",
        "SELECT k, n, d FROM t WHERE d > 500");
    CAPTURE(query);
    const Plan plan = bind_query(query, options());
    std::mt19937 random(42);
    for (int round = 0; round < 10; ++round) {
        const Partitions input = random_input(random);
        const Answers first = run(plan, {1, 0}, input, random);
        REQUIRE(first.faults > 0);
        for (const std::uint32_t pipelines : {1U, 2U, 3U, 8U, 16U}) {
            for (const std::uint32_t batch_rows : {0U, 1U, 7U}) {
                CAPTURE(round, pipelines, batch_rows);
                REQUIRE(run(plan, {pipelines, batch_rows}, input, random) == first);
            }
        }
    }
}

}  // namespace velo::engine
