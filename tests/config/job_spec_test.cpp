#include "config/job_spec.hpp"

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo;
using namespace velo::config;
using namespace std::chrono_literals;

namespace {

std::string with(const std::string& from, const std::string& to) {
    std::string text = kJob;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

/// The mistakes of kJob with these lines added.
Lines with_lines(const std::string& lines) { return ReadJob(kJob + lines).lines(); }
Lines with_source(const std::string& source) {
    return ReadJob(with("{kafka: {topic: t}, schema: {a: STRING}}", source)).lines();
}
Lines with_sink(const std::string& sink) {
    return ReadJob(with("{kafka: {topic: o}}", sink)).lines();
}

const std::string kWhole = R"YAML(name: trades_per_minute
description: Trades per minute.
sources:
  trades:
    kafka: {topic: trades, start: 2024-01-15T10:00:00Z}
    format: json
    schema:
      trader_id: STRING
      price: {type: "DECIMAL(10,2)", path: "$.price.x", nullable: false}
      trade_time: {type: TIMESTAMP, unit: us}
    event_time: {column: trade_time, lateness: 5s, idle_after: never}
    tombstones: skip
  old:
    file: {paths: [p0.jsonl, "-"]}
query: |
  SELECT trader_id
  FROM trades
sink:
  kafka: {topic: out, create: {partitions: 8, replication: 3}}
  key: [trader_id, n]
  timestamps: epoch_ms
delivery: at_least_once
on_error: {decode: drop, evaluate: fail, late: apply_if_open, encode: dlq, max_ratio: 0.25}
dlq: {kafka: {topic: dead, create: {partitions: 2}}}
execution: {partitions: 4, strategy: hash, commit_interval: 200ms, batch: {records: 100}}
state: {ttl: 1h, memory_limit: 64MiB}
kafka: {connection: eu, properties: {linger.ms: 5, compression.type: zstd}}
tests:
  - name: one row
    input: {trades: [{trader_id: T1, price: 1.50, trade_time: 0}, "{broken"]}
    output: [{trader_id: "1", n: 1, ok: true, none: ~}]
    late: 0
    ordered: true
)YAML";

}  // namespace

TEST_CASE("a job file becomes structs, key by key", "[config][job_spec]") {
    const ReadJob read(kWhole);
    REQUIRE(read.lines() == Lines{});
    const JobSpec& job = read.job;
    CHECK(job.name == Placed<std::string>{"trades_per_minute", {"j.yaml", 1, 7, 17}});
    CHECK(job.description == "Trades per minute.");
    CHECK(job.query.text() == "SELECT trader_id\nFROM trades\n");
    CHECK(job.query.in_file(Place{"", 2, 6, 6}) == Place{"j.yaml", 17, 8, 6});
    CHECK(job.delivery.value == Delivery::AtLeastOnce);
    CHECK(job.on_error.decode.value == ErrorAction::Drop);
    CHECK(job.on_error.evaluate.value == ErrorAction::Fail);
    CHECK(job.on_error.late.value == ErrorAction::ApplyIfOpen);
    CHECK(job.on_error.encode.value == ErrorAction::Dlq);
    CHECK(job.on_error.max_ratio == 0.25);
    CHECK(job.execution.partitions.value == 4);
    CHECK(job.execution.strategy.value == StrategyChoice::Hash);
    CHECK(job.execution.commit_interval.value == 200ms);
    CHECK(job.execution.batch_records.value == 100);
    CHECK(job.state.ttl.value == 1h);
    CHECK(job.state.memory_limit.value == 64U << 20);
    CHECK(job.kafka.connection.value == "eu");
    CHECK(job.kafka.properties.size() == 2);
    const auto& dlq = std::get<KafkaSinkSpec>(job.dlq.to);
    CHECK(dlq.topic.value == "dead");
    CHECK(dlq.create->partitions.value == 2);
}

TEST_CASE("sources and sink become structs, with the places of what may be wrong in them",
          "[config][job_spec]") {
    const ReadJob read(kWhole);
    REQUIRE(read.job.sources.size() == 2);
    const SourceSpec& trades = read.job.sources[0];
    CHECK(trades.name == Placed<std::string>{"trades", {"j.yaml", 4, 3, 6}});
    const auto& kafka = std::get<KafkaSourceSpec>(trades.from);
    CHECK(kafka.topic == Placed<std::string>{"trades", {"j.yaml", 5, 20, 6}});
    CHECK(kafka.start.value ==
          StartPosition{StartPosition::Kind::Time, *parse_rfc3339("2024-01-15T10:00:00Z")});
    REQUIRE(trades.schema.size() == 3);
    CHECK(trades.schema[0].name.value == "trader_id");
    CHECK(trades.schema[0].type == Placed<std::string>{"STRING", {"j.yaml", 8, 18, 6}});
    CHECK(trades.schema[1].type.value == "DECIMAL(10,2)");
    CHECK(trades.schema[1].path.value == "$.price.x");
    CHECK_FALSE(trades.schema[1].nullable);
    CHECK(trades.schema[2].unit.value == TimeUnit::Microseconds);
    CHECK(trades.event_time.column.value == "trade_time");
    CHECK(trades.event_time.lateness.value == 5s);
    CHECK_FALSE(trades.event_time.idle_after.value);
    CHECK(trades.skip_tombstones);
    const auto& old = std::get<FileSourceSpec>(read.job.sources[1].from);
    REQUIRE(old.paths.size() == 2);
    CHECK(old.paths[1] == Placed<std::string>{"-", {"j.yaml", 14, 30, 3}});
    const auto& sink = std::get<KafkaSinkSpec>(read.job.sink.to);
    CHECK(sink.create->partitions.value == 8);
    CHECK(sink.create->replication.value == 3U);
    CHECK(read.job.sink.key.size() == 2);
    CHECK(read.job.sink.timestamps.value == TimestampFormat::EpochMillis);
}

TEST_CASE("tests of a job keep their rows as JSON", "[config][job_spec]") {
    const ReadJob read(kWhole);
    REQUIRE(read.job.tests.size() == 1);
    const JobTestSpec& test = read.job.tests[0];
    CHECK(test.name.value == "one row");
    REQUIRE(test.inputs.size() == 1);
    CHECK(test.inputs[0].source.value == "trades");
    REQUIRE(test.inputs[0].rows.size() == 2);
    CHECK(test.inputs[0].rows[0].payload.value ==
          R"({"trader_id":"T1","price":1.50,"trade_time":0})");
    CHECK(test.inputs[0].rows[1].payload.value == "{broken");
    CHECK(test.output.at(0).row.value == R"({"trader_id":"1","n":1,"ok":true,"none":null})");
    CHECK(test.late.value == 0U);
    CHECK(test.ordered);
    CHECK_FALSE(test.partial);
}

TEST_CASE("what a job file leaves out has the defaults of the manual", "[config][job_spec]") {
    const ReadJob read(kJob);
    REQUIRE(read.lines() == Lines{});
    const JobSpec& job = read.job;
    CHECK(std::get<KafkaSourceSpec>(job.sources[0].from).start.value.kind ==
          StartPosition::Kind::Earliest);
    CHECK(job.sources[0].format.value == Format::Json);
    CHECK(job.sources[0].schema[0].nullable);
    CHECK(job.sources[0].schema[0].unit.value == TimeUnit::Milliseconds);
    CHECK(job.sources[0].event_time.lateness.value == 0s);
    CHECK(job.sources[0].event_time.idle_after.value == 30s);
    CHECK_FALSE(job.sources[0].skip_tombstones);
    CHECK_FALSE(std::get<KafkaSinkSpec>(job.sink.to).create);
    CHECK(job.sink.timestamps.value == TimestampFormat::Rfc3339);
    CHECK(job.delivery.value == Delivery::ExactlyOnce);
    CHECK(job.on_error.late.value == ErrorAction::Drop);
    CHECK(job.on_error.decode.value == ErrorAction::Dlq);
    CHECK(job.on_error.max_ratio == 0.5);
    CHECK(std::get<KafkaSinkSpec>(job.dlq.to).topic.value == "j.dlq");
    CHECK_FALSE(job.execution.partitions.value);
    CHECK(job.execution.strategy.value == StrategyChoice::Auto);
    CHECK(job.execution.commit_interval.value == 1s);
    CHECK(job.execution.batch_records.value == 10'000);
    CHECK(job.state.ttl.value == 0s);
    CHECK(job.state.memory_limit.value == 4ULL << 30);
}

TEST_CASE("dead letters go next to the sink unless said otherwise", "[config][job_spec]") {
    const auto dlq_path = [](const std::string& sink) {
        return std::get<FileSinkSpec>(ReadJob(with("{kafka: {topic: o}}", sink)).job.dlq.to)
            .path.value;
    };
    CHECK(dlq_path("{file: {path: out.jsonl}}") == "out.jsonl.dlq");
    CHECK(dlq_path("{file: {path: '-'}}") == "j.dlq");
    CHECK(with_lines("dlq: {kafka: {topic: dead}}\n") == Lines{});
    CHECK(
        with_lines("dlq: {file: {path: d}}\n") ==
        Lines{
            "j.yaml:5:6: the dead letters of a Kafka sink go to a topic; write kafka: {topic: …}"});
    CHECK(ReadJob(with("{kafka: {topic: o}}", "{file: {path: p}}") + "dlq: {kafka: {topic: d}}\n")
              .lines() ==
          Lines{"j.yaml:5:6: the dead letters of a file sink go to a file; write file: {path: …}"});
}

TEST_CASE("every mistake of a file is found at once", "[config][job_spec]") {
    const ReadJob read(
        "nam: x\nsources: {s: {kafka: {topc: t}, schema: {a: STRING, a: INT}}}\nquery: "
        "''\ndelivery: exactly\nstate: {ttl: 5}\n");
    CHECK(read.lines() ==
          Lines{"j.yaml:2:53: duplicate key 'a'; it is already in line 2",
                "j.yaml:1:1: job has no 'name'", "j.yaml:2:22: kafka source has no 'topic'",
                "j.yaml:2:23: unknown key 'topc' in kafka source; did you mean 'topic'?",
                "j.yaml:3:8: 'query' is empty", "j.yaml:1:1: job has no 'sink'",
                "j.yaml:4:11: unknown value 'exactly' for 'delivery'; it can be exactly_once, "
                "at_least_once",
                "j.yaml:5:14: 'ttl' is 5 without a unit; write 5s or 5ms",
                "j.yaml:1:1: unknown key 'nam' in job; did you mean 'name'?"});
}

TEST_CASE("a query can be judged when only other keys are wrong", "[config][job_spec]") {
    CHECK(ReadJob(kJob + "delivry: x\n").job.can_be_planned);
    CHECK(ReadJob(with("topic: t}", "topc: t}")).job.can_be_planned);
    CHECK_FALSE(ReadJob(with("schema", "schma")).job.can_be_planned);
    CHECK_FALSE(ReadJob(with("a: STRING", "a: {typ: STRING}")).job.can_be_planned);
    CHECK_FALSE(ReadJob(with("query: SELECT a FROM s", "query: ''")).job.can_be_planned);
}

TEST_CASE("a job name fits into topic names", "[config][job_spec]") {
    const auto named = [](const std::string& name) {
        return ReadJob(with("name: j", "name: " + name)).lines();
    };
    CHECK(named("a-b_9") == Lines{});
    CHECK(named(std::string(63, 'a')) == Lines{});
    CHECK(named("Trades") == Lines{"j.yaml:1:7: job name 'Trades' does not fit; it is part of "
                                   "topic names: 1 to 63 of a-z, 0-9, _ and -"});
    CHECK(named(std::string(64, 'a')).size() == 1);
    CHECK(named("a.b").size() == 1);
    CHECK(named("${N}").size() == 1);
}

TEST_CASE("a source is Kafka or files, and says which", "[config][job_spec]") {
    CHECK(with_source("{schema: {a: STRING}}") ==
          Lines{"j.yaml:2:11: source 's' has neither 'kafka' nor 'file'; write kafka: {topic: …}"});
    CHECK(with_source("{kafka: {topic: t}, file: {path: p}}") ==
          Lines{"j.yaml:2:40: source 's' has both 'kafka' and 'file'; keep one"});
    CHECK(with_source("{file: {}}") ==
          Lines{"j.yaml:2:21: file source needs either 'path' or 'paths'"});
    CHECK(with_source("{file: {path: p, paths: [q]}}") ==
          Lines{"j.yaml:2:21: file source needs either 'path' or 'paths'"});
    CHECK(with_source("{file: {paths: []}}") == Lines{"j.yaml:2:29: 'paths' is an empty list"});
    CHECK(with_source("{file: {paths: [a, b, a]}}") ==
          Lines{"j.yaml:2:36: path 'a' is there twice; its rows would count twice"});
    CHECK(with_source("kafka") ==
          Lines{"j.yaml:2:14: 's' is a single value; it must be a mapping"});
    CHECK(with_source("{kafka: {topic: t, start: erliest}}") ==
          Lines{"j.yaml:2:40: unknown value 'erliest' for 'start'; did you mean 'earliest'?"});
    CHECK(with_source("{kafka: {topic: t, start: yesterday}}") ==
          Lines{"j.yaml:2:40: unknown value 'yesterday' for 'start'; it can be earliest, latest or "
                "a time such as 2024-01-15T10:00:00Z"});
    CHECK(with_source("{kafka: {topic: t}, format: jsn}") ==
          Lines{"j.yaml:2:42: unknown value 'jsn' for 'format'; did you mean 'json'?"});
    CHECK(with_source("{kafka: {topic: t}, tombstones: drop}") ==
          Lines{"j.yaml:2:46: unknown value 'drop' for 'tombstones'; it can be fault, skip"});
    CHECK(with_source("{kafka: {topic: t}, event_time: {column: c, idle_after: nevr}}")
              .at(0)
              .starts_with("j.yaml:2:70: 'idle_after': "));
}

TEST_CASE("a schema maps columns to types", "[config][job_spec]") {
    CHECK(with_source("{kafka: {topic: t}, schema: {}}") ==
          Lines{"j.yaml:2:42: 'schema' is empty; write column: TYPE"});
    CHECK(with_source("{kafka: {topic: t}, schema: {a}}") ==
          Lines{"j.yaml:2:43: column 'a' has no type"});
    CHECK(with_source("{kafka: {topic: t}, schema: {a: {path: x}}}") ==
          Lines{"j.yaml:2:46: column 'a' has no 'type'"});
    CHECK(with_source("{kafka: {topic: t}, schema: {a: {type: INT, nulable: false}}}") ==
          Lines{"j.yaml:2:58: unknown key 'nulable' in column 'a'; did you mean 'nullable'?"});
    CHECK(with_source("{kafka: {topic: t}, schema: {a: {type: TIMESTAMP, unit: ns}}}")
              .at(0)
              .starts_with("j.yaml:2:70: unknown value 'ns' for 'unit'"));
    CHECK(with_source("{kafka: {topic: t}, schema: {p: DECIMAL(10,2), q: INT}}") ==
          Lines{"j.yaml:2:46: the type of 'p' ends at its comma; put quotes around it: "
                "\"DECIMAL(10,2)\""});
    CHECK(ReadJob("name: j\nsources:\n  s:\n    kafka: {topic: t}\n    schema:\n      p: "
                  "DECIMAL(10,2)\nquery: SELECT 1 FROM s\nsink: {kafka: {topic: o}}\n")
              .lines() == Lines{});
}

TEST_CASE("a sink is Kafka or a file, and there is one", "[config][job_spec]") {
    CHECK(ReadJob(with("sink: {kafka: {topic: o}}\n", "")).lines() ==
          Lines{"j.yaml:1:1: job has no 'sink'"});
    CHECK(with_sink("{format: json}") ==
          Lines{"j.yaml:4:7: sink has neither 'kafka' nor 'file'; write kafka: {topic: …}"});
    CHECK(with_sink("{kafka: {topic: o}, file: {path: p}}") ==
          Lines{"j.yaml:4:33: sink has both 'kafka' and 'file'; keep one"});
    CHECK(with_sink("{file: {pth: p}}") ==
          Lines{"j.yaml:4:14: file sink has no 'path'",
                "j.yaml:4:15: unknown key 'pth' in file sink; did you mean 'path'?"});
    CHECK(with_sink("{kafka: {topic: o, create: {partitions: 0}}}") ==
          Lines{"j.yaml:4:47: 'partitions' is 0; it must be a whole number from 1 to 100000"});
    CHECK(with_sink("{kafka: {topic: o}, key: []}") ==
          Lines{"j.yaml:4:32: 'key' is an empty list; name output columns or leave it out"});
    CHECK(with_sink("{kafka: {topic: o}, key: a}") ==
          Lines{"j.yaml:4:32: 'key' is a single value; it must be a list"});
    CHECK(with_sink("{kafka: {topic: o}, timestamps: iso}") ==
          Lines{"j.yaml:4:39: unknown value 'iso' for 'timestamps'; it can be rfc3339, epoch_ms"});
}

TEST_CASE("rules between keys", "[config][job_spec]") {
    CHECK(with_lines("dlq: {kafka: {topic: o}}\n") ==
          Lines{"j.yaml:5:6: sink and dlq both write topic 'o'; give one another name"});
    CHECK(ReadJob(with("{kafka: {topic: o}}", "{file: {path: p}}") + "dlq: {file: {path: p}}\n")
              .lines() ==
          Lines{"j.yaml:5:6: sink and dlq both write file 'p'; give one another name"});
    CHECK(with_lines("dlq: {}\n") ==
          Lines{"j.yaml:5:6: dlq has neither 'kafka' nor 'file'; write kafka: {topic: …}"});
    CHECK(ReadJob(with("sources: {s: {kafka: {topic: t}, schema: {a: STRING}}}",
                       "sources: {s: {file: {path: '-'}}, r: {file: {path: '-'}}}"))
              .lines() ==
          Lines{"j.yaml:2:52: standard input ('-') is read twice; one source can have it"});
    CHECK(ReadJob(with("{s: {kafka: {topic: t}, schema: {a: STRING}}}", "{}")).lines() ==
          Lines{"j.yaml:2:10: 'sources' is empty; a job reads at least one"});
}

TEST_CASE("numbers of a job have their ranges", "[config][job_spec]") {
    CHECK(with_lines("execution: {partitions: auto}\n") == Lines{});
    CHECK(with_lines("execution: {partitions: 0}\n") ==
          Lines{"j.yaml:5:25: 'partitions' is 0; it must be a whole number from 1 to 1024"});
    CHECK(with_lines("execution: {commit_interval: 0s}\n") ==
          Lines{"j.yaml:5:30: 'commit_interval' is 0s; it must be at least 1ms"});
    CHECK(with_lines("execution: {batch: {records: 0}}\n") ==
          Lines{"j.yaml:5:30: 'records' is 0; it must be a whole number from 1 to 1000000"});
    CHECK(
        with_lines("execution: {strategy: rund_robin}\n") ==
        Lines{
            "j.yaml:5:23: unknown value 'rund_robin' for 'strategy'; did you mean 'round_robin'?"});
    CHECK(with_lines("state: {memory_limit: 0B}\n") ==
          Lines{"j.yaml:5:23: 'memory_limit' is 0; a query needs some memory, such as 64MiB"});
    CHECK(with_lines("on_error: {max_ratio: 2}\n") ==
          Lines{"j.yaml:5:23: 'max_ratio' is '2'; it must be a number from 0 to 1"});
    CHECK(
        with_lines("on_error: {decode: apply_if_open}\n") ==
        Lines{
            "j.yaml:5:20: unknown value 'apply_if_open' for 'decode'; it can be dlq, drop, fail"});
}

TEST_CASE("variables are filled in where they are meant to be", "[config][job_spec]") {
    const Environment environment = variables({{"TOPIC", "prod.trades"}, {"N", "6"}});
    const ReadJob read(
        "name: j\ndescription: ${TOPIC}\nsources: {s: {kafka: {topic: \"${TOPIC}\"}}}\nquery: "
        "SELECT '${TOPIC}' FROM s\n"
        "sink: {kafka: {topic: \"${TOPIC}.out\", create: {partitions: \"${N}\"}}}\nexecution: "
        "{partitions: \"${WORKERS:-auto}\"}\n",
        environment);
    // In quotes and a list: `auto` out of a variable is the word, as 6 is the number.
    REQUIRE(read.lines() == Lines{});
    CHECK(read.job.description == "${TOPIC}");
    CHECK(std::get<KafkaSourceSpec>(read.job.sources[0].from).topic.value == "prod.trades");
    CHECK(read.job.query.text() == "SELECT '${TOPIC}' FROM s");
    CHECK(std::get<KafkaSinkSpec>(read.job.sink.to).topic.value == "prod.trades.out");
    CHECK(std::get<KafkaSinkSpec>(read.job.sink.to).create->partitions.value == 6);
}

TEST_CASE("a comment that hides the lines below it is caught", "[config][job_spec]") {
    CHECK(
        ReadJob(with("query: SELECT a FROM s", "query: >\n  SELECT a -- why\n  FROM s")).lines() ==
        Lines{"j.yaml:4:12: '--' hides the lines below it, which YAML joins to this one; write "
              "'query: |' and the SQL below it"});
    CHECK(ReadJob(with("query: SELECT a FROM s", "query: SELECT a FROM s -- why")).lines() ==
          Lines{});
    CHECK(ReadJob(with("query: SELECT a FROM s", "query: SELECT '--'\n  FROM s")).lines() ==
          Lines{});
    CHECK(ReadJob(with("query: SELECT a FROM s", "query: SELECT '--' -- why\n  FROM s"))
              .lines()
              .size() == 1);
    CHECK(
        ReadJob(with("query: SELECT a FROM s", "query: |\n  SELECT a -- why\n  FROM s")).lines() ==
        Lines{});
}

TEST_CASE("a test of a job has a name, rows in and rows expected", "[config][job_spec]") {
    CHECK(with_lines("tests:\n- {name: a}\n- {name: b, input: {s: 5}, output: [5], late: -1}\n- "
                     "{name: b, input: {s: []}, output: []}\n") ==
          Lines{"j.yaml:6:3: test has no 'input'", "j.yaml:6:3: test has no 'output'",
                "j.yaml:7:24: 's' is a single value; it must be a list",
                "j.yaml:7:37: an expected row must be a mapping, {column: value, …}",
                "j.yaml:7:47: 'late' is -1; it must be a whole number from 0 to 1000000000",
                "j.yaml:8:10: a second test 'b'; names tell them apart in the report"});
}

TEST_CASE("a test's rows are for sources and fields that the job has", "[config][job_spec]") {
    CHECK(with_lines("tests:\n- name: a\n  input:\n    t: [{a: 1}]\n    s: [{b: x}, [1], {a: x, "
                     "_partition: 64}]\n  output: []\n") ==
          Lines{"j.yaml:8:5: the job has no source 't'; did you mean 's'?",
                "j.yaml:9:10: source 's' declares no field 'b'; did you mean 'a'?",
                "j.yaml:9:17: an input row must be a mapping, {column: value, …}, or a text",
                "j.yaml:9:41: '_partition' is 64; it must be a whole number from 0 to 63"});
}

TEST_CASE("a test's row has a key, a time and a partition of its own", "[config][job_spec]") {
    const ReadJob read(kJob +
                       "tests:\n- name: a\n  input: {s: [{_key: k, a: x, _timestamp: 1500, "
                       "_partition: 3}, ~, {_timestamp: 1970-01-01T00:00:02Z}]}\n  output: "
                       "[{$tombstone: {a: x}}]\n  dead_lettered: 1\n");
    REQUIRE(read.lines() == Lines{});
    const JobTestSpec& test = read.job.tests.at(0);
    const auto& rows = test.inputs.at(0).rows;
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].payload.value == R"({"a":"x"})");
    CHECK(rows[0].key == "k");
    CHECK(rows[0].timestamp == EventTime{1500ms});
    CHECK(rows[0].partition == 3);
    CHECK(rows[1].is_null);
    CHECK(rows[2].timestamp == EventTime{2s});
    CHECK(rows[2].payload.value == "{}");
    CHECK(test.dead_lettered.value == 1U);
    CHECK(test.output.at(0).columns.empty());
}

TEST_CASE("a file that is no job at all", "[config][job_spec]") {
    CHECK(
        ReadJob("- a\n- b\n").lines() ==
        Lines{"j.yaml:1:1: a job file is a mapping; write name: …, sources: …, query: …, sink: …"});
    CHECK(ReadJob("").lines() == Lines{"j.yaml:1:1: the file is empty"});
}
