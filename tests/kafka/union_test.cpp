// UNION ALL over two topics, from topic to topic: exactly once through a restart and a kill, with positions of both topics in
// one commit.
#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

constexpr std::int64_t kWeb = 60'000, kApp = 40'000;
constexpr int kWebPartitions = 3, kAppPartitions = 2;

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

/// Rows of ten keys, a millisecond apart; those of the app have other names and every tenth is to be filtered.
void produce(const std::string& topic, int partitions, std::int64_t from, std::int64_t to,
             const std::string& key, const std::string& time) {
    std::vector<Record> records;
    for (std::int64_t i = from; i < to; ++i) {
        Record record;
        record.value = "{\"" + key + R"(":"k)" + std::to_string(i % 10) + R"(","n":)" +
                       std::to_string(i) + ",\"" + time + "\":" + std::to_string(i) + "}";
        record.partition = static_cast<std::int32_t>(i % partitions);
        records.push_back(std::move(record));
    }
    client().produce(topic, records);
}

std::vector<std::string> job_of(const TestFolder& folder, const std::string& name,
                                const std::string& query, bool until_end) {
    folder.write("velostream.yaml", "kafka: {bootstrap_servers: \"" +
                                        shared_broker().bootstrap_servers() +
                                        "\"}\nworkers: 2\nhttp: {listen: \"127.0.0.1:0\"}\n");
    folder.write(
        "job.yaml",
        "name: " + name + "\nsources:\n  web:\n    kafka: {topic: " + name +
            ".web}\n    schema: {page: STRING, n: BIGINT, at: TIMESTAMP}\n"
            "    event_time: {column: at, idle_after: never}\n  app:\n    kafka: {topic: " +
            name +
            ".app}\n    schema: {screen: STRING, n: BIGINT, seen: TIMESTAMP}\n"
            "    event_time: {column: seen, lateness: 1s, idle_after: never}\nquery: |\n  " +
            query + "\nsink:\n  kafka: {topic: " + name +
            ".out, create: {partitions: 2, replication: 1}}\ndelivery: exactly_once\n"
            "execution: {commit_interval: 100ms}\n");
    std::vector<std::string> words{"run", "--config", folder.file("velostream.yaml"),
                                   folder.file("job.yaml")};
    if (until_end) words.emplace_back("--until-end");
    return words;
}

}  // namespace

TEST_CASE("UNION ALL of two topics counts each record once, through a kill and restarts",
          "[kafka][union]") {
    const std::string name = "union_windows";
    const std::string query =
        "SELECT k, COUNT(*) AS c, SUM(n) AS s, _window_start FROM (SELECT page AS k, n, at FROM "
        "web "
        "UNION ALL SELECT screen, n, seen FROM app WHERE n % 10 <> 0) GROUP BY k "
        "WINDOW TUMBLING (at, 5s)";
    client().create_topic(name + ".web", kWebPartitions);
    client().create_topic(name + ".app", kAppPartitions);
    produce(name + ".web", kWebPartitions, 0, kWeb / 2, "page", "at");
    produce(name + ".app", kAppPartitions, 0, kApp / 2, "screen", "seen");
    const TestFolder folder;
    const std::string label = "job_name=\"" + name + "\"";
    const auto arguments = job_of(folder, name, query, false);
    {
        Daemon daemon(arguments);
        daemon.wait_until(
            [&] { return daemon.metric("velostream_records_out_total", label).value_or(0) > 0; });
        CHECK(daemon.metric("velostream_records_in_total", "topic=\"" + name + ".app\"")
                  .value_or(0) > 0);
        daemon.signal(SIGKILL);
        CHECK(daemon.wait().exit_code == 128 + SIGKILL);
    }
    // The topic that comes first grows, so that the partitions of the other have other numbers from now on.
    client().grow_topic(name + ".web", kWebPartitions + 1);
    produce(name + ".web", kWebPartitions, kWeb / 2, kWeb, "page", "at");
    {
        Daemon daemon(arguments);
        daemon.wait_until([&] {
            return daemon.metric("velostream_consumer_lag_records", label).value_or(1) == 0;
        });
        daemon.signal(SIGTERM);
        CHECK(daemon.wait().exit_code == 0);
    }
    produce(name + ".app", kAppPartitions, kApp / 2, kApp, "screen", "seen");
    const Ended ended = run_velostream(job_of(folder, name, query, true));
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    CHECK(summary_of(name, ended.err).balances());
    for (int p = 0; p < kWebPartitions + 1; ++p) {
        const auto at = client().committed("velostream." + name, name + ".web", p);
        REQUIRE(at.has_value());
        CHECK(at->offset == client().end_offset(name + ".web", p));
    }
    for (int p = 0; p < kAppPartitions; ++p) {
        const auto at = client().committed("velostream." + name, name + ".app", p);
        REQUIRE(at.has_value());
        CHECK(at->offset == client().end_offset(name + ".app", p));
        // One note for both topics: they were committed together.
        CHECK(at->metadata == client().committed("velostream." + name, name + ".web", 0)->metadata);
    }

    struct Answer {
        std::int64_t count = 0, sum = 0;
        bool operator==(const Answer&) const = default;
    };
    std::map<std::pair<std::string, std::int64_t>, Answer> expected, actual;
    const auto add = [&](std::int64_t n) {
        Answer& to = expected[{"\"k" + std::to_string(n % 10) + "\"", n / 5000}];
        ++to.count;
        to.sum += n;
    };
    for (std::int64_t n = 0; n < kWeb; ++n) add(n);
    for (std::int64_t n = 0; n < kApp; ++n) {
        if (n % 10 != 0) add(n);
    }
    for (const Record& record : client().consume(name + ".out")) {
        const std::string& value = record.value.value();
        // 1970-01-01T00:00:05.000Z
        const std::string start = json_field(value, "_window_start");
        const std::int64_t second = std::stoll(start.substr(18, 2));
        const auto [at, is_new] = actual.insert(
            {{json_field(value, "k"), second / 5},
             {std::stoll(json_field(value, "c")), std::stoll(json_field(value, "s"))}});
        INFO(value);
        CHECK(is_new);
    }
    CHECK(actual.size() == expected.size());
    CHECK((actual == expected));
}

TEST_CASE("a query without state gains a topic, and goes on with the one it had",
          "[kafka][union]") {
    const std::string name = "union_grows";
    client().create_topic(name + ".web", 2);
    client().create_topic(name + ".app", 2);
    produce(name + ".web", 2, 0, 1000, "page", "at");
    produce(name + ".app", 2, 0, 500, "screen", "seen");
    const TestFolder folder;
    auto arguments = job_of(folder, name, "SELECT page, n FROM web", true);
    std::string one = folder.read("job.yaml");
    const std::size_t from = one.find("  app:\n"), to = one.find("query:");
    folder.write("job.yaml", one.erase(from, to - from));
    Ended ended = run_velostream(arguments);
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    arguments =
        job_of(folder, name,
               "SELECT page, n FROM web UNION ALL SELECT screen, n + 1000000 FROM app", true);
    for (int i = 0; i < 2; ++i) {
        ended = run_velostream(arguments);
        INFO(ended.err);
        REQUIRE(ended.exit_code == 0);
    }
    std::map<std::string, int> seen;
    for (const Record& record : client().consume(name + ".out"))
        ++seen[json_field(record.value.value(), "n")];
    CHECK(seen.size() == 1500);
    CHECK(std::ranges::all_of(seen, [](const auto& each) { return each.second == 1; }));
}
