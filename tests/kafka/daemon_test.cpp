// The daemon over a real broker when the world is not at its best.
#include "tests/support/daemon.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"

using namespace velo::tests;
using namespace std::chrono_literals;

namespace {

/// A job over a topic of its own on the shared broker, with the numbers n = 0, 1, 2 … in it.
class NumbersJob {
public:
    explicit NumbersJob(std::string name, std::string query, std::string event_time = {},
                        std::string sink = {}, std::string delivery = "exactly_once",
                        std::string more = {})
        : name_(std::move(name)) {
        folder_.write("velostream.yaml", "kafka: {bootstrap_servers: \"" +
                                             shared_broker().bootstrap_servers() +
                                             "\"}\nworkers: 2\nhttp: {listen: \"127.0.0.1:0\"}\n");
        if (sink.empty())
            sink = "{topic: " + name_ + ".out, create: {partitions: 2, replication: 1}}";
        head_ = "name: " + name_ + "\nsources:\n  numbers:\n    kafka: {topic: " + name_ +
                ".in, start: earliest}\n    schema: {n: BIGINT, k: STRING, at: TIMESTAMP}\n" +
                (event_time.empty() ? "" : "    event_time: " + event_time + "\n") + "query: |\n  ";
        tail_ = "\nsink:\n  kafka: " + sink + "\ndelivery: " + delivery + "\n" +
                (more.empty() ? "execution: {commit_interval: 200ms}\n" : more);
        set_query(query);
    }
    void set_query(const std::string& query) const {
        folder_.write("job.yaml", head_ + query + tail_);
    }
    [[nodiscard]] std::string server_file() const { return folder_.file("velostream.yaml"); }
    void create_input(int partitions) const { client().create_topic(name_ + ".in", partitions); }
    void produce(int from, int to, int partitions) const {
        std::vector<Record> records;
        for (int n = from; n < to; ++n) {
            Record record;
            record.value = R"({"n":)" + std::to_string(n) + R"(,"k":"k)" + std::to_string(n % 7) +
                           R"(","at":)" + std::to_string(n) + "}";
            record.partition = n % partitions;
            records.push_back(std::move(record));
        }
        client().produce(name_ + ".in", records);
    }
    [[nodiscard]] std::vector<std::string> arguments(bool until_end = false) const {
        std::vector<std::string> words{"run", "--config", folder_.file("velostream.yaml"),
                                       folder_.file("job.yaml")};
        if (until_end) words.emplace_back("--until-end");
        return words;
    }
    [[nodiscard]] std::map<std::string, int> output() const {
        std::map<std::string, int> seen;
        for (const Record& record : client().consume(name_ + ".out"))
            ++seen[record.value.value_or("tombstone")];
        return seen;
    }
    [[nodiscard]] std::string label() const { return "job_name=\"" + name_ + "\""; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] static KafkaClient client() {
        return KafkaClient(shared_broker().bootstrap_servers());
    }

private:
    std::string name_;
    std::string head_, tail_;  // Of the job file, around the query.
    TestFolder folder_;
};

double total(Daemon& daemon, const NumbersJob& job, const std::string& metric) {
    return daemon.metric(metric, job.label()).value_or(0);
}

void check_law(Daemon& daemon, const NumbersJob& job) {
    const double late = total(daemon, job, "velostream_late_records_total");
    double dead = 0;
    for (const char* stage : {"decode", "evaluate", "encode"}) {
        dead +=
            daemon.metric("velostream_dlq_records_total", job.label() + ",stage=\"" + stage + "\"")
                .value_or(0);
    }
    CHECK(total(daemon, job, "velostream_records_in_total") ==
          total(daemon, job, "velostream_records_answered_total") +
              total(daemon, job, "velostream_records_filtered_total") + late + dead +
              total(daemon, job, "velostream_records_dropped_total"));
}

void drain(Daemon& daemon) {
    daemon.signal(SIGTERM);
    CHECK(daemon.wait().exit_code == 0);
}

}  // namespace

TEST_CASE("a drained daemon goes on where it stopped: nothing lost, nothing twice",
          "[kafka][daemon]") {
    const NumbersJob job("drained", "SELECT n FROM numbers WHERE n % 2 = 0");
    job.create_input(4);
    job.produce(0, 100'000, 4);
    {
        Daemon daemon(job.arguments());
        daemon.wait_until([&] { return total(daemon, job, "velostream_records_in_total") > 1000; });
        drain(daemon);
    }
    job.produce(100'000, 120'000, 4);
    Daemon daemon(job.arguments());
    daemon.wait_until([&] {
        return total(daemon, job, "velostream_consumer_lag_records") == 0 &&
               job.output().size() >= 60'000;
    });
    check_law(daemon, job);
    drain(daemon);
    const auto output = job.output();
    CHECK(output.size() == 60'000);
    CHECK(std::ranges::all_of(output, [](const auto& entry) { return entry.second == 1; }));
}

TEST_CASE("a killed daemon repeats only what was not committed, and loses nothing",
          "[kafka][daemon]") {
    const NumbersJob job("killed", "SELECT n FROM numbers", {}, {}, "at_least_once");
    job.create_input(2);
    job.produce(0, 200'000, 2);
    {
        Daemon daemon(job.arguments());
        daemon.wait_until(
            [&] { return total(daemon, job, "velostream_records_out_total") > 2000; });
        daemon.signal(SIGKILL);
        CHECK(daemon.wait().exit_code == 128 + SIGKILL);
    }
    std::map<int, std::int64_t> committed;
    for (int p = 0; p < 2; ++p) {
        const auto offset = NumbersJob::client().committed("velostream.killed", "killed.in", p);
        committed[p] = offset ? offset->offset : 0;
    }
    const Ended ended = run_velostream(job.arguments(true));
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    const auto output = job.output();
    CHECK(output.size() == 200'000);
    for (const auto& [value, times] : output) {
        const int n = std::stoi(json_field(value, "n"));
        if (times > 1) REQUIRE(n / 2 >= committed[n % 2]);
    }
}

TEST_CASE("a broker that goes and comes back delays answers and loses none", "[kafka][daemon]") {
    const NumbersJob job("comes_back", "SELECT n FROM numbers");
    job.create_input(2);
    job.produce(0, 1000, 2);
    Daemon daemon(job.arguments());
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_out_total") == 1000; });
    shared_broker().stop();
    daemon.wait_until([&] { return daemon.get("/readyz").status == 503; });
    CHECK(daemon.get("/livez").status == 200);
    shared_broker().start();
    job.produce(1000, 2000, 2);
    daemon.wait_until([&] { return daemon.get("/readyz").status == 200; });
    daemon.wait_until([&] { return job.output().size() == 2000; });
    check_law(daemon, job);
    drain(daemon);
    const auto output = job.output();
    CHECK(output.size() == 2000);
    CHECK(std::ranges::all_of(output, [](const auto& entry) { return entry.second == 1; }));
}

TEST_CASE("a partition added while the job runs is read from its beginning", "[kafka][daemon]") {
    const NumbersJob job("grows", "SELECT n FROM numbers");
    job.create_input(2);
    job.produce(0, 100, 2);
    Daemon daemon(job.arguments());
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_out_total") == 100; });
    NumbersJob::client().grow_topic("grows.in", 3);
    job.produce(100, 400, 3);
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_out_total") == 400; });
    check_law(daemon, job);
    drain(daemon);
    CHECK(job.output().size() == 400);
}

TEST_CASE("an idle partition does not hold a window back, and an empty one neither",
          "[kafka][daemon]") {
    const NumbersJob job("idles",
                         "SELECT k, COUNT(*) AS c FROM numbers GROUP BY k WINDOW TUMBLING (at, 1s)",
                         "{column: at, idle_after: 1s}");
    job.create_input(3);
    job.produce(0, 3000, 1);  // All in partition 0; the others stay empty.
    Daemon daemon(job.arguments());
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_out_total") >= 2; });
    daemon.wait_until([&] { return total(daemon, job, "velostream_source_idle_partitions") == 3; });
    // The last window, 2 s to 3 s, closes by the wall clock once all are idle: 1000 rows of 7 keys, 142 or 143 each.
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_out_total") == 21; });
    daemon.wait_until([&] { return total(daemon, job, "velostream_windows_open") == 0; });
    check_law(daemon, job);
    drain(daemon);
}

TEST_CASE("an empty topic ends at once with --until-end", "[kafka][daemon]") {
    const NumbersJob job("empty", "SELECT k, COUNT(*) AS c FROM numbers GROUP BY k EMIT FINAL");
    job.create_input(3);
    const Ended ended = run_velostream(job.arguments(true));
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(summary_of("empty", ended.err).in == 0);
}

TEST_CASE("a source topic that is missing is waited for, and the reason is told",
          "[kafka][daemon]") {
    const NumbersJob job("missing", "SELECT n FROM numbers");
    Daemon daemon(job.arguments());
    daemon.wait_until(
        [&] { return daemon.get("/readyz").body.find("missing.in") != std::string::npos; });
    CHECK(daemon.get("/readyz").status == 503);
    CHECK(daemon.get("/livez").status == 200);
    job.create_input(2);
    job.produce(0, 10, 2);
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_out_total") == 10; });
    drain(daemon);
}

TEST_CASE("malformed records go to the dead-letter topic with their bytes and the reason",
          "[kafka][daemon]") {
    const NumbersJob job("malformed", "SELECT n FROM numbers");
    job.create_input(1);
    job.produce(0, 10, 1);
    Record bad;
    bad.key = "the key";
    bad.value = "{\"n\":";
    bad.headers = {{"trace", "42"}};
    bad.partition = 0;
    NumbersJob::client().produce("malformed.in", {bad});
    const Ended ended = run_velostream(job.arguments(true));
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    const Summary summary = summary_of("malformed", ended.err);
    CHECK(summary.in == 11);
    CHECK(summary.dead_lettered == 1);
    CHECK(summary.balances());
    const auto letters = NumbersJob::client().consume("malformed.dlq");
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].key == bad.key);
    CHECK(letters[0].value == bad.value);
    std::map<std::string, std::string> headers;
    for (const Header& header : letters[0].headers)
        headers[header.name] = header.value.value_or("");
    CHECK(headers["trace"] == "42");
    CHECK(headers["__connect.errors.topic"] == "malformed.in");
    CHECK(headers["__connect.errors.partition"] == "0");
    CHECK(headers["__connect.errors.offset"] == "10");
    CHECK(headers["__connect.errors.connector.name"] == "malformed");
    CHECK(headers["__connect.errors.stage"] == "decode");
    CHECK_FALSE(headers["__connect.errors.exception.message"].empty());
}

TEST_CASE(
    "of a source written by transactions only committed records are read, and it ends past the "
    "markers",
    "[kafka][daemon]") {
    const NumbersJob job("transactions", "SELECT n FROM numbers");
    job.create_input(1);
    const auto numbers = [](int from, int to) {
        std::vector<Record> records;
        for (int n = from; n < to; ++n) {
            Record record;
            record.value = "{\"n\":" + std::to_string(n) + "}";
            record.partition = 0;
            records.push_back(record);
        }
        return records;
    };
    Transaction committed(shared_broker().bootstrap_servers(), "writer-1");
    committed.produce("transactions.in", numbers(0, 50));
    committed.commit();
    Transaction aborted(shared_broker().bootstrap_servers(), "writer-2");
    aborted.produce("transactions.in", numbers(1000, 1100));
    aborted.abort();
    const Ended ended = run_velostream(job.arguments(true));
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(summary_of("transactions", ended.err).in == 50);
    CHECK(job.output().size() == 50);
    const auto position =
        NumbersJob::client().committed("velostream.transactions", "transactions.in", 0);
    REQUIRE(position.has_value());
    CHECK(position->offset == NumbersJob::client().end_offset("transactions.in", 0));
}

TEST_CASE("brokers, and a transaction that holds records back, are seen in the metrics",
          "[kafka][daemon][connections]") {
    const NumbersJob job("held", "SELECT n FROM numbers");
    job.create_input(1);
    job.produce(0, 10, 1);
    Transaction open(shared_broker().bootstrap_servers(), "held.writer");
    Record record;
    record.value = "{\"n\":10}";
    record.partition = 0;
    open.produce("held.in", {record});
    job.produce(11, 20, 1);
    Daemon daemon(job.arguments());
    daemon.wait_until([&] { return total(daemon, job, "velostream_lso_stuck_seconds") > 0; });
    CHECK(total(daemon, job, "velostream_records_in_total") == 10);
    for (const char* client : {"source", "sink"}) {
        const std::string labels = job.label() + ",client=\"" + client + "\"";
        CHECK(daemon.metric("velostream_kafka_broker_up", labels) == 1.0);
        CHECK(daemon.metric("velostream_kafka_broker_rtt_seconds", labels).has_value());
    }
    open.commit();
    daemon.wait_until([&] { return total(daemon, job, "velostream_records_in_total") == 20; });
    daemon.wait_until([&] { return total(daemon, job, "velostream_lso_stuck_seconds") == 0; });
    drain(daemon);
}

TEST_CASE("a sink topic that cannot be made keeps the job from running, with what the broker says",
          "[kafka][daemon]") {
    const NumbersJob job("unmakeable", "SELECT n FROM numbers", {},
                         "{topic: unmakeable.out, create: {partitions: 1, replication: 3}}");
    job.create_input(1);
    Daemon daemon(job.arguments());
    daemon.wait_until([&] {
        return daemon.get("/readyz?strict").body.find("unmakeable.out") != std::string::npos;
    });
    CHECK(daemon.get("/readyz?strict").status == 503);
    CHECK(total(daemon, job, "velostream_records_in_total") == 0);
}

TEST_CASE(
    "without a broker the daemon stays up and says what it waits for; --until-end gives up with 69",
    "[kafka][daemon]") {
    const TestFolder folder;
    folder.write("velostream.yaml",
                 "kafka: {bootstrap_servers: \"127.0.0.1:1\"}\nworkers: 1\nhttp: {listen: "
                 "\"127.0.0.1:0\"}\n");
    folder.write("job.yaml",
                 "name: alone\nsources:\n  s:\n    kafka: {topic: t}\n    schema: {n: "
                 "BIGINT}\nquery: SELECT n FROM s\nsink:\n  kafka: {topic: o}\n");
    Daemon daemon({"run", "--config", folder.file("velostream.yaml"), folder.file("job.yaml")});
    daemon.wait_until(
        [&] { return daemon.get("/readyz").body.find("127.0.0.1:1") != std::string::npos; });
    CHECK(daemon.get("/readyz").status == 503);
    CHECK(daemon.get("/livez").status == 200);
    Daemon bounded({"run", "--config", folder.file("velostream.yaml"), "--until-end",
                    folder.file("job.yaml")});
    const Ended ended = bounded.wait(90s);
    CHECK(ended.exit_code == 69);
    drain(daemon);
}

TEST_CASE("on_error fail stops the job before the row, for good, and commits nothing of its epoch",
          "[kafka][daemon]") {
    const NumbersJob job("fails", "SELECT 10 / (n - 5) AS x FROM numbers", {}, {}, "exactly_once",
                         "on_error: {evaluate: fail}\n");
    job.create_input(1);
    job.produce(0, 10, 1);
    const Ended ended = run_velostream(job.arguments(true));
    INFO(ended.err);
    CHECK(ended.exit_code == 1);
    CHECK_THAT(ended.err, Catch::Contains("fails.in") && Catch::Contains("offset 5"));
    CHECK(job.output().empty());
    const auto committed = NumbersJob::client().committed("velostream.fails", "fails.in", 0);
    REQUIRE(committed.has_value());
    CHECK(committed->offset == 0);
}

TEST_CASE("every strategy that keeps the answers gives the same ones", "[kafka][daemon]") {
    struct Case {
        const char* name;
        const char* strategy;
        const char* query;
        std::size_t answers;
    };
    for (const Case& each :
         {Case{"robin", "round_robin", "SELECT n FROM numbers WHERE n % 2 = 0", 2500},
          Case{"sticks", "sticky", "SELECT n FROM numbers WHERE n % 2 = 0", 2500},
          Case{"hashes", "hash", "SELECT k, COUNT(*) AS c FROM numbers GROUP BY k EMIT FINAL", 7},
          Case{"fans", "fan_in", "SELECT COUNT(*) AS c, SUM(n) AS s FROM numbers EMIT FINAL", 1}}) {
        const NumbersJob job(each.name, each.query, {}, {}, "exactly_once",
                             std::string("execution: {strategy: ") + each.strategy + "}\n");
        job.create_input(3);
        job.produce(0, 5000, 3);
        const Ended ended = run_velostream(job.arguments(true));
        INFO(ended.err);
        REQUIRE(ended.exit_code == 0);
        CHECK(summary_of(each.name, ended.err).balances());
        const auto output = job.output();
        CHECK(output.size() == each.answers);
        CHECK(std::ranges::all_of(output, [](const auto& entry) { return entry.second == 1; }));
    }
    const NumbersJob refused("refused", "SELECT k, COUNT(*) AS c FROM numbers GROUP BY k", {}, {},
                             "exactly_once", "execution: {strategy: round_robin}\n");
    const Ended ended = run_velostream(refused.arguments(true));
    CHECK(ended.exit_code == 78);
    CHECK_THAT(ended.err, Catch::Contains("round_robin"));
}

TEST_CASE(
    "state goes on after a restart, is kept by a query that means the same, refused by another, "
    "and forgotten when asked",
    "[kafka][daemon]") {
    const NumbersJob job("remembers", "SELECT k, COUNT(*) AS c FROM numbers GROUP BY k");
    job.create_input(2);
    job.produce(0, 700, 2);
    REQUIRE(run_velostream(job.arguments(true)).exit_code == 0);
    const auto run_with = [&](const std::string& query) {
        job.set_query(query);
        return run_velostream(job.arguments(true));
    };
    const auto highest_count = [&] {
        int highest = 0;
        for (const auto& [value, times] : job.output())
            highest = std::max(highest, std::stoi(json_field(value, "c")));
        return highest;
    };
    CHECK(highest_count() == 100);
    job.produce(700, 1400, 2);
    Ended ended = run_with("SELECT COUNT(*) AS c, k AS name FROM numbers GROUP BY k");
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    CHECK(summary_of("remembers", ended.err).in == 700);
    CHECK(highest_count() == 200);

    ended = run_with("SELECT n, COUNT(*) AS c FROM numbers GROUP BY n");
    CHECK(ended.exit_code == 1);
    CHECK_THAT(ended.err, Catch::Contains("state_of_another_query") &&
                              Catch::Contains("group keys") &&
                              Catch::Contains("velostream jobs reset remembers"));

    ended = run_velostream({"jobs", "reset", "remembers", "--config", job.server_file()});
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK_THAT(ended.out, Catch::Contains("velostream.remembers.state") &&
                              Catch::Contains("remembers.in partition 1"));
    ended = run_with("SELECT n, COUNT(*) AS c FROM numbers GROUP BY n");
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(summary_of("remembers", ended.err).in == 1400);
}
