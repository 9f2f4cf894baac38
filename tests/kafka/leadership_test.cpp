// Who runs a job, on a real broker: alone, standing by, taking over, coming back, and being replaced.
#include <algorithm>
#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "tests/kafka/cluster_admin.hpp"
#include "tests/kafka/ledger_fixture.hpp"

using namespace std::chrono_literals;
using velo::engine::CommitStep;
using velo::engine::Leadership;
using velo::tests::client_of;
using velo::tests::ClusterAdmin;
using velo::tests::KafkaClient;
using velo::tests::ledger_options;
using velo::tests::LedgerFixture;
using velo::tests::shared_broker;
using velo::tests::until;

namespace {

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

/// Serves both until the group has that many members and has dealt its partition.
void settle(const std::string& job, std::size_t members, LedgerFixture& one, LedgerFixture& other) {
    const ClusterAdmin admin(shared_broker().bootstrap_servers());
    until(
        [&] {
            static_cast<void>(one.lead());
            static_cast<void>(other.lead());
            return admin.settled_members("velostream." + job) == members;
        },
        [&] { one.pause(); });
    // The members learn of it with their next answers.
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(one.lead());
        static_cast<void>(other.lead());
        one.pause();
    }
}

}  // namespace

TEST_CASE("a process that is alone runs the job, and makes the topic for it", "[kafka][ledger]") {
    LedgerFixture alone(ledger_options("lead.alone", "a"));
    CHECK(alone.lead() == Leadership::Joining);
    alone.lead_until(Leadership::Active);
    CHECK_FALSE(alone.error());
    const auto topics = client().topics();
    CHECK(std::ranges::count(topics, "velostream.lead.alone.lead") == 1);
    CHECK(client().end_offset("velostream.lead.alone.lead", 0) == 0);
}

TEST_CASE("whoever joins later stands by, whatever the names", "[kafka][ledger]") {
    const std::string later = GENERATE("a", "z", "");
    const std::string job = "lead.later" + later;
    LedgerFixture active(ledger_options(job, "m"));
    active.lead_until(Leadership::Active);
    LedgerFixture standby(ledger_options(job, later));
    settle(job, 2, active, standby);
    CHECK(active.lead() == Leadership::Active);
    CHECK(standby.lead() == Leadership::Waiting);
    CHECK_FALSE(standby.error());
    CHECK(standby.commit(1, {{velo::SourcePartition{0}, 1}}, "n").step == CommitStep::Fenced);
}

TEST_CASE("a process that leaves is followed at once, named or not", "[kafka][ledger]") {
    const std::string name = GENERATE("a", "");
    const std::string job = "lead.leaves" + name;
    LedgerFixture active(ledger_options(job, name));  // Sessions of 30 s: they play no part.
    active.lead_until(Leadership::Active);
    LedgerFixture standby(ledger_options(job, name.empty() ? "" : "b"));
    settle(job, 2, active, standby);
    active->leave();
    CHECK(active.lead() == Leadership::Lost);
    standby.lead_until(Leadership::Active, 10s);
    CHECK(ClusterAdmin(shared_broker().bootstrap_servers()).settled_members("velostream." + job) ==
          1);
}

TEST_CASE("a process that dies is followed when its session is over", "[kafka][ledger]") {
    auto options = ledger_options("lead.dies", "a");
    options.session = 2s;
    std::optional<LedgerFixture> active(std::in_place, options);
    active->lead_until(Leadership::Active);
    options.instance = "b";
    LedgerFixture standby(options);
    settle("lead.dies", 2, *active, standby);
    active.reset();
    standby.lead_until(Leadership::Active, 15s);
}

TEST_CASE("a process that comes back under its name runs the job at once", "[kafka][ledger]") {
    std::optional<LedgerFixture> active(std::in_place, ledger_options("lead.back", "a"));
    active->lead_until(Leadership::Active);
    LedgerFixture standby(ledger_options("lead.back", "b"));
    settle("lead.back", 2, *active, standby);
    active.reset();  // Its session has 30 s to go.
    LedgerFixture back(ledger_options("lead.back", "a"));
    back.lead_until(Leadership::Active, 10s);
    CHECK(standby.lead() == Leadership::Waiting);
}

TEST_CASE("two processes with one name: the first one is told, and stops", "[kafka][ledger]") {
    LedgerFixture first(ledger_options("lead.twins", "a/1"));
    first.lead_until(Leadership::Active);
    LedgerFixture second(ledger_options("lead.twins", "a/1"));
    until(
        [&] {
            static_cast<void>(second.lead());
            return first.lead() == Leadership::Lost;
        },
        [&] { first.pause(); });
    REQUIRE(first.error());
    CHECK(first.error()->fatal);
    CHECK(first.error()->code == "instance_in_use");
    CHECK(first.error()->text ==
          "group 'velostream.lead.twins': another process runs under the instance name 'a/1'; "
          "give each process a name of its own");
    CHECK(first.commit(1, {{velo::SourcePartition{0}, 1}}, "n").step == CommitStep::Fenced);
    second.lead_until(Leadership::Active);
}

TEST_CASE("a process that cannot reach the cluster for a session has lost the job for good",
          "[kafka][ledger]") {
    auto options = ledger_options("lead.silent", "a");
    options.session = 2s;
    LedgerFixture active(options);
    active.lead_until(Leadership::Active);
    shared_broker().freeze();
    bool was_lost = false;
    try {
        active.lead_until(Leadership::Lost);
        was_lost = true;
    } catch (const std::exception&) {
    }
    shared_broker().thaw();
    REQUIRE(was_lost);
    REQUIRE(active.error());
    CHECK(active.error()->code == "leadership_lost");
    CHECK_FALSE(active.error()->fatal);
    LedgerFixture again(options);
    again.lead_until(Leadership::Active);
    CHECK(active.lead() == Leadership::Lost);
}

TEST_CASE("a leadership topic with more than one partition is refused", "[kafka][ledger]") {
    client().create_topic("velostream.lead.wide.lead", 2);
    LedgerFixture ledger(ledger_options("lead.wide", "a"));
    until([&] { return ledger.lead() == Leadership::Joining && ledger.error(); },
          [&] { ledger.pause(); });
    CHECK(ledger.error()->fatal);
    CHECK(ledger.error()->code == "lead_topic_unfit");
}

TEST_CASE("without a cluster a process waits, says why, and is never kept waiting",
          "[kafka][ledger]") {
    auto options = ledger_options("lead.nobody", "a");
    options.client.bootstrap_servers = "127.0.0.1:1";
    LedgerFixture ledger(options);
    auto longest = 0ms;
    until(
        [&] {
            const auto before = std::chrono::steady_clock::now();
            CHECK(ledger.lead() == Leadership::Joining);
            longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                            std::chrono::steady_clock::now() - before));
            return ledger.error().has_value();
        },
        [&] { ledger.pause(); });
    CHECK(ledger.error()->code == "broker_away");
    CHECK_FALSE(ledger.error()->fatal);
    CHECK(longest < 500ms);  // 50 ms, and what a busy machine adds.
}

TEST_CASE("leaving a cluster that does not answer takes some seconds and no more",
          "[kafka][ledger]") {
    LedgerFixture active(ledger_options("lead.frozen", "a"));
    active.lead_until(Leadership::Active);
    shared_broker().freeze();
    const auto before = std::chrono::steady_clock::now();
    active->leave();
    const auto took = std::chrono::steady_clock::now() - before;
    shared_broker().thaw();
    CHECK(active.lead() == Leadership::Lost);
    CHECK(took < 12s);
}
