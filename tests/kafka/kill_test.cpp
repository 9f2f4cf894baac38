// The daemon is killed, at named points and at random times, and started again: a read_committed reader sees each input
// record's effect exactly once, and aggregates and windows go on where they were.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/crash_point.hpp"
#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;
using namespace std::chrono_literals;

namespace {

constexpr int kPartitions = 4;
constexpr int kKeys = 23;
constexpr std::int64_t kWindowMs = 1000;
constexpr std::array kJobs{"filter", "changes", "windows"};

/// Input record number `sequence` of a partition. Sums of `hash` cannot balance a loss against a repeat.
struct Row {
    int partition = 0;
    std::int64_t sequence = 0;

    [[nodiscard]] std::int64_t hash() const {
        std::uint64_t x = static_cast<std::uint64_t>(sequence) * kPartitions +
                          static_cast<std::uint64_t>(partition) + 1;
        x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
        return static_cast<std::int64_t>((x ^ (x >> 31U)) >> 24U);
    }
    [[nodiscard]] std::string key() const { return "k" + std::to_string(hash() % kKeys); }
    [[nodiscard]] std::int64_t time() const { return sequence * 2; }
    [[nodiscard]] std::string id() const {
        return std::to_string(partition) + "-" + std::to_string(sequence);
    }
    [[nodiscard]] std::string json() const {
        return R"({"id":")" + id() + R"(","k":")" + key() + R"(","h":)" + std::to_string(hash()) +
               R"(,"at":)" + std::to_string(time()) + "}";
    }
};

struct Totals {
    std::int64_t count = 0, hashes = 0;
    bool operator==(const Totals&) const = default;
};

std::int64_t number(const std::string& json, const std::string& field) {
    return std::stoll(json_field(json, field));
}

/// Three jobs over one topic: each row once, a running answer per row, a final answer per window.
class KillBench {
public:
    explicit KillBench(std::string name, std::string delivery = "exactly_once")
        : name_(std::move(name)), delivery_(std::move(delivery)) {
        client().create_topic(input(), kPartitions);
        folder_.write("filter.yaml", job("filter", "SELECT id FROM rows"));
        folder_.write("changes.yaml",
                      job("changes", "SELECT k, COUNT(*) AS c, SUM(h) AS s FROM rows GROUP BY k"));
        folder_.write("windows.yaml",
                      job("windows",
                          "SELECT k, COUNT(*) AS c, SUM(h) AS s, _window_start FROM rows GROUP BY "
                          "k WINDOW TUMBLING (at, 1s) EMIT FINAL"));
    }

    void produce(int per_partition) {
        std::vector<Record> records;
        for (int p = 0; p < kPartitions; ++p, ++broken_) {
            Record record;
            record.value = "{\"broken\": " + std::to_string(broken_);
            record.partition = p;
            records.push_back(std::move(record));
        }
        for (int i = 0; i < per_partition; ++i, ++next_) {
            for (int p = 0; p < kPartitions; ++p) {
                const Row row{p, next_};
                Record record;
                record.value = row.json();
                record.partition = p;
                records.push_back(std::move(record));
                Totals& totals = by_key_[row.key()];
                ++totals.count;
                totals.hashes += row.hash();
                Totals& window = by_window_[{row.key(), row.time() / kWindowMs * kWindowMs}];
                ++window.count;
                window.hashes += row.hash();
            }
        }
        client().produce(input(), records);
    }

    [[nodiscard]] std::vector<std::string> arguments(int workers, bool until_end = false,
                                                     const std::string& instance = "bench") {
        const std::string server =
            folder_.write("velostream-" + instance + ".yaml",
                          "kafka: {bootstrap_servers: \"" + shared_broker().bootstrap_servers() +
                              "\"}\nworkers: " + std::to_string(workers) +
                              "\ninstance: " + instance + "\nhttp: {listen: \"127.0.0.1:0\"}\n");
        std::vector<std::string> words{"run", "--config", server};
        for (const char* job : kJobs) words.push_back(folder_.file(std::string(job) + ".yaml"));
        if (until_end) words.emplace_back("--until-end");
        return words;
    }

    /// Runs to the end of what there is, then compares what a read_committed reader sees.
    void finish_and_check(int workers) {
        Daemon daemon(arguments(workers, true));
        const Ended ended = daemon.wait(180s);
        INFO(ended.err);
        REQUIRE(ended.exit_code == 0);
        check_filter();
        check_changes();
        check_windows();
        check_dead_letters();
        for (const char* job : kJobs) {
            for (int p = 0; p < kPartitions; ++p) {
                const auto committed =
                    client().committed("velostream." + name_ + "_" + job, input(), p);
                REQUIRE(committed.has_value());
                CHECK(committed->offset == client().end_offset(input(), p));
            }
        }
    }

    [[nodiscard]] static KafkaClient client() {
        return KafkaClient(shared_broker().bootstrap_servers());
    }
    [[nodiscard]] std::string label(const std::string& job) const {
        return "job_name=\"" + name_ + "_" + job + "\"";
    }

private:
    [[nodiscard]] std::string input() const { return name_ + ".in"; }
    [[nodiscard]] std::string output(const std::string& job) const {
        return name_ + "_" + job + ".out";
    }
    [[nodiscard]] std::string job(const std::string& job, const std::string& query) const {
        return "name: " + name_ + "_" + job + "\nsources:\n  rows:\n    kafka: {topic: " + input() +
               ", start: earliest}\n    schema: {id: STRING, k: STRING, h: BIGINT, at: TIMESTAMP}\n"
               "    event_time: {column: at, lateness: 10m}\nquery: |\n  " +
               query + "\nsink:\n  kafka: {topic: " + output(job) +
               ", create: {partitions: 3, replication: 1}}\ndelivery: " + delivery_ +
               "\nexecution: {commit_interval: 100ms}\n";
    }
    [[nodiscard]] bool exact() const { return delivery_ == "exactly_once"; }

    void check_filter() const {
        std::map<std::string, int> seen;
        for (const Record& record : client().consume(output("filter")))
            ++seen[json_field(*record.value, "id")];
        CHECK(seen.size() == static_cast<std::size_t>(next_) * kPartitions);
        if (!exact()) return;
        CHECK(std::ranges::all_of(seen, [](const auto& entry) { return entry.second == 1; }));
    }
    void check_changes() const {
        std::map<std::string, Totals> last;
        std::map<std::string, std::int64_t> counted;
        bool in_order = true;
        for (const Record& record : client().consume(output("changes"))) {
            const Totals totals{number(*record.value, "c"), number(*record.value, "s")};
            in_order = in_order && totals.count == ++counted[*record.key];
            last[*record.key] = totals;
        }
        CHECK((last == by_key_));
        if (exact()) CHECK(in_order);
    }
    void check_windows() const {
        std::map<std::pair<std::string, std::int64_t>, Totals> seen;
        std::size_t rows = 0;
        for (const Record& record : client().consume(output("windows"))) {
            const std::string start = json_field(*record.value, "_window_start");
            const std::int64_t minute = std::stoll(start.substr(15, 2));
            const std::int64_t second = std::stoll(start.substr(18, 2));
            const std::string key = json_field(*record.value, "k");
            const Totals totals{number(*record.value, "c"), number(*record.value, "s")};
            const std::pair at{key.substr(1, key.size() - 2), (minute * 60 + second) * 1000};
            ++rows;
            if (seen.contains(at)) CHECK(seen[at] == totals);
            seen[at] = totals;
        }
        CHECK((seen == by_window_));
        if (exact()) CHECK(rows == by_window_.size());
    }

    /// Every broken record is a dead letter of every job, in the same transactions as the answers.
    void check_dead_letters() const {
        for (const char* job : kJobs) {
            std::map<std::string, int> seen;
            for (const Record& record : client().consume(name_ + "_" + job + ".dlq"))
                ++seen[record.value.value_or("")];
            CHECK(seen.size() == static_cast<std::size_t>(broken_));
            if (!exact()) continue;
            CHECK(std::ranges::all_of(seen, [](const auto& entry) { return entry.second == 1; }));
        }
    }

    std::string name_;
    std::string delivery_;
    TestFolder folder_;
    std::int64_t next_ = 0;
    std::int64_t broken_ = 0;  // Records that are no JSON.
    std::map<std::string, Totals> by_key_;
    std::map<std::pair<std::string, std::int64_t>, Totals> by_window_;
};

std::uint32_t seed_of_run() {
    const char* given = std::getenv("VELO_SEED");
    return given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : 20261121;
}

bool is(Daemon& daemon, const KillBench& bench, const char* job, const std::string& state) {
    return daemon.metric("velostream_job_state", bench.label(job) + ",state=\"" + state + "\"")
               .value_or(0) == 1;
}

bool is(Daemon& daemon, const KillBench& bench, const std::string& state) {
    return std::ranges::all_of(kJobs,
                               [&](const char* job) { return is(daemon, bench, job, state); });
}

/// Whether each job runs in one of them, and stands by in the other.
bool is_shared(Daemon& one, Daemon& other, const KillBench& bench) {
    return std::ranges::all_of(kJobs, [&](const char* job) {
        return (is(one, bench, job, "running") && is(other, bench, job, "standby")) ||
               (is(one, bench, job, "standby") && is(other, bench, job, "running"));
    });
}

/// What is waited for depends on both, so both tell where they are when it does not come.
template <class Condition>
void both_until(Daemon& one, Daemon& other, Condition&& condition) {
    try {
        one.wait_until(condition);
    } catch (const std::exception& error) {
        throw std::runtime_error(error.what() + ("\nthe other one: " + other.report()));
    }
}

double records_in(Daemon& daemon, const KillBench& bench, const char* job) {
    return daemon.metric("velostream_records_in_total", bench.label(job)).value_or(0);
}

}  // namespace

TEST_CASE("killed at every named point, nothing is lost and nothing doubled", "[kill]") {
    KillBench bench("crash_points");
    std::vector<std::string> points;
    for (const std::string_view point : velo::kRunCrashPoints) points.emplace_back(point);
    for (const std::string_view point : velo::kCrashPoints) {
        // Only what goes wrong leads to these two; the simulation goes through them.
        if (point != "after_abort" && point != "in_resend") points.emplace_back(point);
    }
    int workers = 1;
    for (const std::string& point : points) {
        // The first time it is passed, then by the third job to come there, or in a later epoch.
        for (const char* pass : {":1", ":3"}) {
            if (pass == std::string(":3") && (point == "first_commit" || point == "round_ended"))
                continue;  // There are not so many of these here.
            bench.produce(150);
            INFO(point << pass);
            Daemon daemon(bench.arguments(workers), {}, {{"VELO_CRASH_AT", point + pass}});
            workers = 3 - workers;
            CHECK(daemon.wait(60s).exit_code == 128 + SIGKILL);
        }
    }
    bench.finish_and_check(2);
}

TEST_CASE("killed at random under load, nothing is lost and nothing doubled", "[kill]") {
    const std::string delivery = GENERATE("exactly_once", "at_least_once");
    std::mt19937 random(seed_of_run());
    KillBench bench("random_" + delivery, delivery);
    const int kills =
        std::getenv("VELO_KILLS") != nullptr ? std::atoi(std::getenv("VELO_KILLS")) : 20;
    for (int kill = 0; kill < kills; ++kill) {
        bench.produce(400);
        Daemon daemon(bench.arguments(1 + static_cast<int>(random() % 2)));
        const auto rows = static_cast<double>(random() % 1500);
        const char* watched = random() % 2 == 0 ? "changes" : "windows";
        daemon.wait_until(
            [&] { return records_in(daemon, bench, watched) >= std::min(rows, 1.0); });
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::milliseconds{random() % 400};
        daemon.wait_until([&] {
            return std::chrono::steady_clock::now() >= until ||
                   records_in(daemon, bench, watched) >= rows + 100;
        });
        daemon.signal(SIGKILL);
        CHECK(daemon.wait().exit_code == 128 + SIGKILL);
    }
    bench.finish_and_check(2);
}

TEST_CASE("a second instance stands by, and takes over when the first is killed", "[kill]") {
    KillBench bench("standby");
    bench.produce(500);
    Daemon first(bench.arguments(1, false, "a"));
    first.wait_until([&] { return is(first, bench, "running"); });
    Daemon second(bench.arguments(1, false, "b"));
    second.wait_until([&] { return is(second, bench, "standby"); });
    CHECK(records_in(second, bench, "filter") == 0);
    first.signal(SIGKILL);
    CHECK(first.wait().exit_code == 128 + SIGKILL);
    second.wait_until([&] { return is(second, bench, "running"); });
    bench.produce(500);
    second.wait_until([&] { return records_in(second, bench, "changes") > 0; });
    second.signal(SIGTERM);
    CHECK(second.wait().exit_code == 0);
    bench.finish_and_check(2);
}

TEST_CASE("an instance that slept beyond its session doubles nothing when it wakes", "[kill]") {
    KillBench bench("sleeper");
    bench.produce(2000);
    Daemon first(bench.arguments(1, false, "a"));
    first.wait_until([&] { return records_in(first, bench, "changes") > 0; });
    first.signal(SIGSTOP);
    Daemon second(bench.arguments(2, false, "b"));
    second.wait_until([&] { return is(second, bench, "running"); });
    bench.produce(500);
    first.signal(SIGCONT);
    // The group may give a job back to the one that woke up, which claims it still; never to both.
    both_until(first, second, [&] { return is_shared(first, second, bench); });
    second.signal(SIGTERM);
    const Ended ended = second.wait();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    first.wait_until([&] { return is(first, bench, "running"); });
    bench.produce(500);
    first.signal(SIGTERM);
    CHECK(first.wait().exit_code == 0);
    bench.finish_and_check(2);
}

TEST_CASE("a broker that is killed under load comes back to every row once", "[kill]") {
    KillBench bench("broker");
    bench.produce(3000);
    Daemon daemon(bench.arguments(2));
    for (int kill = 1; kill <= 3; ++kill) {
        // The counters begin anew where a job had to.
        daemon.wait_until([&] {
            return is(daemon, bench, "running") && records_in(daemon, bench, "changes") > 0;
        });
        shared_broker().kill();
        shared_broker().start();
        bench.produce(1000);
    }
    daemon.wait_until([&] { return is(daemon, bench, "running"); });
    daemon.signal(SIGTERM);
    CHECK(daemon.wait().exit_code == 0);
    bench.finish_and_check(1);
}
