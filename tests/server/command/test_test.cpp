// `velostream test` through the built program.
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

const std::string kJob = R"YAML(name: per_minute
sources:
  trades:
    kafka: {topic: trades}
    schema: {symbol: STRING, price: DOUBLE, quantity: BIGINT, at: TIMESTAMP}
    event_time: {column: at, lateness: 5s}
query: |
  SELECT symbol, COUNT(*) AS n, AVG(price) AS avg_price, _window_start
  FROM trades
  GROUP BY symbol
  WINDOW TUMBLING (at, 1m)
  EMIT FINAL
sink: {kafka: {topic: out}}
kafka: {properties: {}}
)YAML";

struct Tested {
    explicit Tested(const std::string& tests, std::vector<std::string> options = {},
                    const std::string& job = kJob) {
        std::vector<std::string> arguments{"test", folder.write("job.yaml", job + tests)};
        arguments.insert(arguments.end(), options.begin(), options.end());
        ended = run_velostream(arguments);
        for (std::string* text : {&ended.out, &ended.err}) {
            const std::string path = folder.path().string() + "/";
            for (std::size_t at = 0; (at = text->find(path)) != std::string::npos;)
                text->erase(at, path.size());
        }
    }
    [[nodiscard]] bool says(const std::string& text) const {
        UNSCOPED_INFO(ended.out << ended.err);
        return ended.out.find(text) != std::string::npos;
    }
    TestFolder folder;
    Ended ended;
};

}  // namespace

TEST_CASE("a test that holds passes on every number of pipelines", "[test]") {
    const Tested tested(R"YAML(tests:
  - name: a window answers once
    input:
      trades:
        - {symbol: A, price: 10, quantity: 2, at: 0}
        - {symbol: B, price: 7, quantity: 2, at: 1000}
        - {symbol: A, price: 30, quantity: 1, at: 1970-01-01T00:00:59Z}
    output:
      - {symbol: B, n: 1, avg_price: 7, _window_start: 1970-01-01T00:00:00Z}
      - {symbol: A, n: 2, avg_price: 20, _window_start: "1970-01-01T00:00:00.000Z"}
    late: 0
  - name: only the count
    partial: true
    input: {trades: [{symbol: A, price: 1, at: 0}, {symbol: A, at: 130000}, {symbol: A, at: 4000}]}
    output: [{n: 1}, {n: 1}]
    late: 1
)YAML");
    CHECK(tested.ended.exit_code == 0);
    CHECK(tested.ended.out ==
          "ok      per_minute: a window answers once\nok      per_minute: only the count\n");
    CHECK(tested.ended.err == "2 tests, 0 failed\n");
}

TEST_CASE("a test has rows for each source of the job", "[test]") {
    const Tested tested(R"YAML(name: both
sources:
  web: {kafka: {topic: web}, schema: {page: STRING, at: TIMESTAMP}, event_time: {column: at}}
  app: {kafka: {topic: app}, schema: {screen: STRING, seen: TIMESTAMP}, event_time: {column: seen, lateness: 5s}}
query: |
  SELECT k, COUNT(*) AS n
  FROM (SELECT page AS k, at FROM web UNION ALL SELECT screen, seen FROM app)
  GROUP BY k
  WINDOW TUMBLING (at, 1m)
sink: {kafka: {topic: out}}
tests:
  - name: both count
    input:
      web: [{page: home, at: 0}, {page: cart, at: 1}, {page: late, at: 120000}, {page: late, at: 2}]
      app: [{screen: home, seen: 59999, _partition: 2}, {screen: 7}]
    output: [{k: home, n: 2}, {k: cart, n: 1}, {k: late, n: 1}]
    late: 1
    dead_lettered: 1
  - name: one is empty
    input: {app: [{screen: home, seen: 0}]}
    output: [{k: home, n: 1}]
)YAML",
                        {}, "");
    INFO(tested.ended.out << tested.ended.err);
    CHECK(tested.ended.exit_code == 0);
    CHECK(tested.ended.err == "2 tests, 0 failed\n");
}

TEST_CASE("a test that does not hold says what came instead, and where it was expected", "[test]") {
    const Tested tested(R"YAML(tests:
  - name: wrong
    input: {trades: [{symbol: A, price: 10, at: 0}, {symbol: B, price: 1, at: 0}]}
    output:
      - {symbol: A, n: 2, avg_price: 10, _window_start: 1970-01-01T00:00:00Z}
    late: 3
)YAML");
    CHECK(tested.ended.exit_code == 1);
    CHECK(tested.says("FAILED  per_minute: wrong  (job.yaml:16:11, on 1, 2, 8 pipelines)\n"));
    CHECK(
        tested.says("missing     {\"symbol\":\"A\",\"n\":2,\"avg_price\":10,\"_window_start\":"
                    "\"1970-01-01T00:00:00Z\"}  (job.yaml:19:9)\n"));
    CHECK(tested.says("nearest   n: expected 2, got 1\n"));
    CHECK(tested.says("unexpected  {\"symbol\":\"B\",\"n\":1,"));
    CHECK(tested.says("late: expected 3, got 0  (job.yaml:20:11)\n"));
    CHECK(tested.ended.err == "1 test, 1 failed\n");
}

TEST_CASE("of collections that differ both are shown", "[test]") {
    const std::string job = R"YAML(name: lists
sources:
  trades: {kafka: {topic: trades}, schema: {tags: ARRAY<STRING>}}
query: SELECT tags, MAP('n', CARDINALITY(tags)) AS counts FROM trades
sink: {kafka: {topic: out}}
)YAML";
    const Tested tested(R"YAML(tests:
  - name: wrong
    input: {trades: [{tags: [a, b]}]}
    output: [{tags: [a], counts: {n: 2}}]
  - name: wrong, too
    input: {trades: [{tags: [a]}]}
    output: [{tags: [a], counts: {n: 2}}]
)YAML",
                        {}, job);
    CHECK(tested.ended.exit_code == 1);
    CHECK(tested.says("nearest   tags: expected [\"a\"], got [\"a\", \"b\"]\n"));
    CHECK(tested.says("nearest   counts: expected {\"n\": 2}, got {\"n\": 1}\n"));
}

TEST_CASE("ordered rows compare as a list, per key where pipelines are several", "[test]") {
    const std::string job = R"YAML(name: running
sources:
  s: {kafka: {topic: s}, schema: {k: STRING, v: BIGINT}}
query: SELECT k, SUM(v) AS total FROM s GROUP BY k EMIT CHANGES EVERY 1s
sink: {kafka: {topic: out}}
)YAML";
    // EVERY counts on a wall clock that stands still here: one row per key, whatever the machine does.
    const Tested once(R"YAML(tests:
  - name: one row per key
    input: {s: [{k: a, v: 1}, {k: a, v: 2}, {k: b, v: 5}]}
    output: [{k: b, total: 5}, {k: a, total: 3}]
)YAML",
                      {}, job);
    CHECK(once.ended.exit_code == 0);
    const std::string each = std::string(job).replace(job.find(" EVERY 1s"), 9, "");
    const std::string rows =
        "    input: {s: [{k: a, v: 1}, {k: b, v: 5}, {k: a, v: 2}, {k: b, v: 1}]}\n";
    const std::string right =
        "    output: [{k: a, total: 1}, {k: b, total: 5}, {k: a, total: 3}, {k: b, total: 6}]\n";
    const std::string wrong =
        "    output: [{k: a, total: 3}, {k: b, total: 5}, {k: a, total: 1}, {k: b, total: 6}]\n";
    const std::string begin = "tests:\n  - name: order\n    ordered: true\n";
    CHECK(Tested(begin + rows + right, {}, each).ended.exit_code == 0);
    const Tested other(begin + rows + wrong, {}, each);
    CHECK(other.ended.exit_code == 1);
    CHECK(other.says("(job.yaml:7:11, on 1 pipeline)\n"));
    CHECK(other.says("row 1  total: expected 3, got 1  (job.yaml:10:14)\n"));
}

TEST_CASE("malformed rows, keys, times and tombstones can be tested", "[test]") {
    const Tested tested(R"YAML(tests:
  - name: broken and gone
    partial: true
    input:
      s: [{k: a, v: 1, _key: "x", _timestamp: 1970-01-01T00:00:01Z}, "{oops", {k: a, v: -1}]
    output:
      - {k: a, total: 1, last: 1970-01-01T00:00:01Z}
      - {$tombstone: {k: a}}
    dead_lettered: 1
)YAML",
                        {}, R"YAML(name: j
sources:
  s: {kafka: {topic: s}, schema: {k: STRING, v: BIGINT}}
query: SELECT k, SUM(v) AS total, MAX(_timestamp) AS last FROM s GROUP BY k HAVING SUM(v) > 0
sink: {kafka: {topic: out}}
)YAML");
    INFO(tested.ended.out << tested.ended.err);
    CHECK(tested.ended.exit_code == 0);
}

TEST_CASE("JUnit output is XML that counts", "[test]") {
    const Tested tested(R"YAML(tests:
  - {name: "a < b & \"c\"", input: {trades: []}, output: []}
  - {name: fails, input: {trades: [{symbol: A, at: 0}]}, output: []}
)YAML",
                        {"--output", "junit"});
    CHECK(tested.ended.exit_code == 1);
    CHECK(
        tested.says("<testsuites tests=\"2\" failures=\"1\">\n"
                    "  <testsuite name=\"per_minute\" tests=\"2\" failures=\"1\">\n"
                    "    <testcase classname=\"per_minute\" name=\"a &lt; b &amp; "
                    "&quot;c&quot;\" time=\""));
    CHECK(
        tested.says("<failure message=\"job.yaml:17:12: on 1, 2, 8 pipelines\">unexpected  "
                    "{&quot;symbol&quot;:"));
}

TEST_CASE("tests with mistakes are refused with their places, by lint too", "[test]") {
    const std::string tests = R"YAML(tests:
  - name: typo
    input: {trades: [{symbl: A, at: 0}]}
    output: [{symbol: A, cont: 1}]
)YAML";
    const Tested tested(tests);
    CHECK(tested.ended.exit_code == 78);
    for (const char* expected :
         {"job.yaml:17:23: source 'trades' declares no field 'symbl'; did you "
          "mean 'symbol'?",
          "job.yaml:18:26: the query answers no column 'cont'"}) {
        INFO(tested.ended.err);
        CHECK(tested.ended.err.find(expected) != std::string::npos);
    }
    CHECK(run_velostream({"lint", tested.folder.file("job.yaml")}).exit_code == 78);
}

TEST_CASE("a job without tests is named, and nothing fails", "[test]") {
    const Tested tested("");
    CHECK(tested.ended.exit_code == 0);
    CHECK(tested.ended.err == "per_minute has no tests\n0 tests, 0 failed\n");
}

TEST_CASE("the tests of all examples pass", "[test][examples]") {
    const Ended ended = run_velostream({"test", "deploy/examples"});
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(ended.err.find("has no tests") == std::string::npos);
    CHECK(ended.err.find(" tests, 0 failed\n") != std::string::npos);
}
