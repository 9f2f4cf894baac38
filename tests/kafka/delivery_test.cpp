// Epochs of a job as its ledger commits them, on a real broker: all of an epoch or nothing, and by nobody but its owner.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kafka/ledger_fixture.hpp"
#include "tests/kafka/plain_transactions.hpp"

using velo::EpochId;
using velo::SourcePartition;
using velo::engine::CommitStep;
using velo::engine::Leadership;
using velo::engine::LogRecord;
using velo::engine::Offsets;
using velo::engine::Progress;
using velo::tests::KafkaClient;
using velo::tests::ledger_options;
using velo::tests::LedgerFixture;
using velo::tests::PlainTransactions;
using velo::tests::shared_broker;
using velo::tests::until;

namespace {

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

/// A job's process: a producer and a ledger.
struct Process {
    Process(const std::string& job, const std::string& instance, bool is_transactional)
        : producer(std::make_shared<PlainTransactions>(
              shared_broker().bootstrap_servers(), is_transactional ? "velostream." + job : "")),
          ledger(ledger_options(job, instance), producer) {}

    void append(std::uint64_t epoch, std::uint32_t partition, const std::string& value) {
        ledger->append(partition, EpochId{epoch}, "k", value);
    }
    std::vector<std::string> log(std::uint32_t partition, std::int64_t to) {
        std::vector<std::string> values;
        velo::tests::expect_none(ledger->read_log(
            partition, 0, to, [&](const LogRecord& each) { values.emplace_back(each.value); }));
        return values;
    }

    std::shared_ptr<PlainTransactions> producer;
    LedgerFixture ledger;
};

const Offsets kAtFive{{SourcePartition{0}, 5}};
const Offsets kAtNine{{SourcePartition{0}, 9}};

}  // namespace

TEST_CASE("an epoch's log records and positions are committed and recovered, in both deliveries",
          "[kafka][ledger]") {
    const bool is_transactional = GENERATE(false, true);
    const std::string job = is_transactional ? "delivery.exactly" : "delivery.least";
    client().create_topic(job, 1);
    std::vector<std::int64_t> ends;
    {
        Process process(job, "a", is_transactional);
        process.ledger.start(1);
        process.append(1, 0, "one");
        process.append(1, 7, "seven");
        process.producer->flush();
        ends = process.ledger->log_ends();
        CHECK(ends == std::vector<std::int64_t>{1, 0, 0, 0, 0, 0, 0, 1});
        CHECK(process.ledger.commit(1, kAtFive, "e=1").step == CommitStep::Committed);
        // What comes after the last commit, and then the process dies.
        process.append(2, 0, "two");
        process.producer->flush();
    }
    Process again(job, "a", is_transactional);
    const Progress progress = again.ledger.start(1);
    CHECK(again.producer->note() == (is_transactional ? "e=1" : ""));
    CHECK(progress.positions == kAtFive);
    CHECK(progress.note == "e=1");
    CHECK(progress.log_ends[0] > ends[0]);
    CHECK(again.log(0, ends[0]) == std::vector<std::string>{"one"});
    CHECK(again.log(7, ends[7]) == std::vector<std::string>{"seven"});
    const auto all = again.log(0, progress.log_ends[0]);
    if (is_transactional) {
        CHECK(all == std::vector<std::string>{"one"});
    } else {
        CHECK(all == std::vector<std::string>{"one", "two"});  // The note says where to stop.
    }
    CHECK(again.ledger->log_ends() == progress.log_ends);
    again.append(2, 0, "two again");
    again.producer->flush();
    CHECK(again.ledger->log_ends()[0] > progress.log_ends[0]);
    CHECK(again.ledger.commit(2, kAtNine, "e=2").step == CommitStep::Committed);
    CHECK(again.ledger.recover(1).positions == kAtNine);
}

TEST_CASE("who has been replaced commits nothing, whatever it still believes", "[kafka][ledger]") {
    const bool is_transactional = GENERATE(false, true);
    const std::string job = is_transactional ? "delivery.zombie.exactly" : "delivery.zombie.least";
    client().create_topic(job, 1);
    Process zombie(job, "a", is_transactional);
    zombie.ledger.start(1);
    CHECK(zombie.ledger.commit(1, kAtFive, "e=1").step == CommitStep::Committed);
    Process successor(job, "a", is_transactional);
    // Opening the ledger would fence the other one's producer; until then it is the group that refuses.
    successor.ledger.lead_until(Leadership::Active);
    zombie.append(2, 0, "two");
    const auto refused = zombie.ledger.commit(2, kAtNine, "e=2");
    CHECK((refused.step == CommitStep::Fenced || refused.step == CommitStep::Failed));
    CHECK(successor.ledger.start(1).positions == kAtFive);
    zombie.ledger.lead_until(Leadership::Lost);
    CHECK(zombie.ledger.commit(2, kAtNine, "e=2").step == CommitStep::Fenced);
    CHECK(successor.ledger.commit(2, kAtNine, "e=2'").step == CommitStep::Committed);
    CHECK(successor.ledger.recover(1).note == "e=2'");
}
