// Epochs as transactions on a real broker: what readers see and when, a broker that dies, a rival, a process that dies.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/crash_point.hpp"
#include "tests/kafka/transactional_job.hpp"

using namespace std::chrono_literals;
using velo::EpochId;
using velo::engine::CommitStep;
using velo::tests::Broker;
using velo::tests::Isolation;
using velo::tests::KafkaClient;
using velo::tests::Record;
using velo::tests::shared_broker;
using velo::tests::TransactionalJob;

namespace {

// Whether the readers of decided transactions see the numbers [0, count) once each, those of each key in order, and the
// log and the position say the same.
void expect_exactly(const KafkaClient& client, const std::string& name, std::int64_t count) {
    const auto records = client.consume(name + ".out");
    std::vector<std::int64_t> values;
    std::map<std::string, std::int64_t> last;
    for (const Record& record : records) {
        const std::int64_t value = std::stoll(*record.value);
        const auto [at, is_new] = last.try_emplace(*record.key, value);
        if (!is_new) CHECK(at->second < value);
        at->second = value;
        values.push_back(value);
    }
    std::ranges::sort(values);
    REQUIRE(values.size() == static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) REQUIRE(values[static_cast<std::size_t>(i)] == i);
    const auto log = client.consume(name + ".state");
    REQUIRE(!log.empty());
    CHECK(*log.back().value == std::to_string(count));
    const auto committed = client.committed(name, name + ".in", 0);
    REQUIRE(committed);
    CHECK(committed->offset == count);
    CHECK(committed->metadata.ends_with(";s=" + std::to_string(log.back().offset + 1)));
}

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

}  // namespace

TEST_CASE("an epoch becomes visible with its log and its position when it is committed, not before",
          "[kafka][transactions]") {
    TransactionalJob::make_topics(client(), "txn.atomic");
    TransactionalJob job(shared_broker().bootstrap_servers(), "txn.atomic");
    job.start();
    job.write(100, EpochId{1});
    job.cut();
    job.write(150, EpochId{2});  // Ahead: it waits for the next transaction.
    job.serve_until([&] { return job.sink().acknowledged(EpochId{1}); });
    CHECK(client().consume("txn.atomic.out").empty());
    CHECK(client().consume("txn.atomic.out", Isolation::ReadUncommitted).size() == 100);
    CHECK_FALSE(job.committed());
    CHECK(job.sink().counts().records == 0);
    job.commit();
    expect_exactly(client(), "txn.atomic", 100);
    CHECK(job.sink().counts().records == 100);
    CHECK(job.committed()->metadata == "e=1;s=1");
    job.cut();
    job.commit();
    expect_exactly(client(), "txn.atomic", 150);
    job.run(1000);
    expect_exactly(client(), "txn.atomic", 1000);
    CHECK(job.producer().transactions().resends() == 0);
}

TEST_CASE("a second instance locks the first one out, and nothing of that one's epoch is seen",
          "[kafka][transactions]") {
    TransactionalJob::make_topics(client(), "txn.rival");
    TransactionalJob first(shared_broker().bootstrap_servers(), "txn.rival");
    first.start();
    first.run(100);
    first.write(150, EpochId{2});
    first.cut();
    first.serve_until([&] { return first.sink().acknowledged(EpochId{2}); });
    TransactionalJob second(shared_broker().bootstrap_servers(), "txn.rival");
    second.start();
    first.serve_until([&] { return first.try_commit(); });
    CHECK(first.end() == CommitStep::Fenced);
    second.run(300);
    expect_exactly(client(), "txn.rival", 300);
}

TEST_CASE("a broker that is killed in the middle of an epoch costs nothing but time",
          "[kafka][transactions]") {
    Broker broker;
    const KafkaClient outside(broker.bootstrap_servers());
    TransactionalJob::make_topics(outside, "txn.killed");
    TransactionalJob job(broker.bootstrap_servers(), "txn.killed");
    job.start();
    job.run(200);
    job.write(240, job.epoch());
    broker.kill();
    job.write(280, job.epoch());
    job.cut();
    job.serve();
    broker.start();
    job.commit();
    expect_exactly(outside, "txn.killed", 280);
}

TEST_CASE("an epoch that a broker's absence outlasts is sent again", "[kafka][transactions]") {
    Broker broker;
    const KafkaClient outside(broker.bootstrap_servers());
    TransactionalJob::make_topics(outside, "txn.away");
    TransactionalJob job(broker.bootstrap_servers(), "txn.away", {.timeout = 2s});
    job.start();
    job.run(200);
    job.write(300, job.epoch());
    job.serve_until([&] { return job.sink().acknowledged(job.epoch()); });
    broker.stop();
    job.write(400, job.epoch());
    job.cut();
    job.serve_until([&] { return job.producer().transactions().producers() > 1; });
    broker.start();
    job.commit();
    CHECK(job.producer().transactions().resends() >= 1);
    expect_exactly(outside, "txn.away", 400);
    job.run(500);
    expect_exactly(outside, "txn.away", 500);
}

TEST_CASE("a commit that a frozen broker keeps waiting comes back within seconds and is decided",
          "[kafka][transactions]") {
    Broker broker;
    const KafkaClient outside(broker.bootstrap_servers());
    TransactionalJob::make_topics(outside, "txn.frozen");
    TransactionalJob job(broker.bootstrap_servers(), "txn.frozen");
    job.start();
    job.run(100);
    job.write(200, job.epoch());
    job.cut();
    job.serve_until([&] { return job.sink().acknowledged(job.epoch()); });
    broker.freeze();
    for (int i = 0; i < 2; ++i) {
        const auto before = std::chrono::steady_clock::now();
        CHECK_FALSE(job.try_commit());
        CHECK(std::chrono::steady_clock::now() - before < 5s);
    }
    broker.thaw();
    job.commit();
    expect_exactly(outside, "txn.frozen", 200);
    job.run(300);
    expect_exactly(outside, "txn.frozen", 300);
}

TEST_CASE("a record too large for its topic is a fatal error and not sent for ever",
          "[kafka][transactions]") {
    const auto outside = client();
    outside.create_topic("txn.large.in", 1);
    outside.create_topic("txn.large.state", 1);
    outside.create_topic("txn.large.out", 1,
                         {{"max.message.bytes", "2000"}, {"compression.type", "producer"}});
    TransactionalJob job(shared_broker().bootstrap_servers(), "txn.large");
    job.start();
    job.producer().append(0, EpochId{1}, "k", "small");
    std::string random(6000, ' ');
    std::uint32_t seed = 1;
    for (char& c : random)
        c = static_cast<char>('!' + ((seed = seed * 1664525U + 1013904223U) >> 24) % 90);
    auto large = velo::tests::chunk(EpochId{1}, {{"k", random}});
    const velo::tests::WakeDescriptor wake;
    const auto writer = job.sink().make_writer(wake.get());
    REQUIRE(writer->try_write(large));
    CHECK_THROWS_WITH(job.serve_until([&] {
        writer->serve();
        return false;
    }),
                      Catch::Contains("record_too_large"));
    CHECK_FALSE(job.sink().acknowledged(EpochId{1}));
}

#if defined(VELO_CRASH_POINTS) && defined(VELO_TRANSACTIONAL_JOB)
namespace {

// Runs the job in a process of its own; returns how that ended (waitpid(2)).
int run_job(const std::string& name, std::int64_t goal, const std::string& crash_at) {
    const std::string bootstrap = shared_broker().bootstrap_servers();
    const std::string up_to = std::to_string(goal);
    const std::string wish = "VELO_CRASH_AT=" + crash_at;
    const char* environment[] = {wish.c_str(), nullptr};
    const pid_t child = ::fork();
    if (child == 0) {
        ::execle(VELO_TRANSACTIONAL_JOB, VELO_TRANSACTIONAL_JOB, bootstrap.c_str(), name.c_str(),
                 up_to.c_str(), static_cast<char*>(nullptr), environment);
        ::_exit(127);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

}  // namespace

TEST_CASE("a process that dies anywhere leaves nothing out and nothing twice",
          "[kafka][transactions]") {
    TransactionalJob::make_topics(client(), "txn.crash");
    std::int64_t goal = 0;
    for (const std::string_view point : velo::kCrashPoints) {
        // These two are passed only when something fails; the simulation goes through them.
        if (point == "after_abort" || point == "in_resend") continue;
        for (const std::string_view pass : {":1", ":2"}) {
            if (point.ends_with("_init") && pass == ":2") continue;  // There is one in a life.
            goal += 300;
            INFO(point << pass);
            const int died = run_job("txn.crash", goal, std::string(point) + std::string(pass));
            REQUIRE(WIFSIGNALED(died));
            REQUIRE(WTERMSIG(died) == SIGKILL);
            REQUIRE(run_job("txn.crash", goal, "") == 0);
            expect_exactly(client(), "txn.crash", goal);
        }
    }
}
#endif
