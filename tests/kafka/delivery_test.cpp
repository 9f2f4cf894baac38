// Epochs of a job as its ledger commits them, on a real broker: all of an epoch or nothing, and by nobody but its owner.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "connectors/kafka/kafka_sink.hpp"
#include "tests/connectors/chunk_literal.hpp"
#include "tests/kafka/cluster_admin.hpp"
#include "tests/kafka/ledger_fixture.hpp"

using velo::EpochId;
using velo::SourcePartition;
using velo::connectors::KafkaSink;
using velo::connectors::KafkaSinkOptions;
using velo::engine::CommitResult;
using velo::engine::CommitStep;
using velo::engine::Leadership;
using velo::engine::LogRecord;
using velo::engine::Offsets;
using velo::engine::Progress;
using velo::tests::chunk;
using velo::tests::client_of;
using velo::tests::ClusterAdmin;
using velo::tests::expect_none;
using velo::tests::KafkaClient;
using velo::tests::ledger_options;
using velo::tests::LedgerFixture;
using velo::tests::Record;
using velo::tests::shared_broker;
using velo::tests::until;
using velo::tests::WakeDescriptor;

namespace {

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

Offsets at(std::int64_t offset) { return {{SourcePartition{0}, offset}}; }

/// A job's process without a runtime: it reads nothing, but writes and commits as if it did. Its sink is <job>.out.
class Process {
public:
    Process(const std::string& job, const std::string& instance, bool is_transactional)
        : sink_(options(job, is_transactional)),
          ledger(ledger_options(job, instance), sink_.transactions()) {}

    /// All that comes before the first epoch.
    Progress start(std::uint64_t first_epoch) {
        ledger.lead_until(Leadership::Active);
        until(
            [&] {
                const auto error = sink_.open();
                if (error && error->fatal) expect_none(error);
                return !error;
            },
            [&] { ledger.pause(); });
        ledger.open();
        Progress progress = ledger.recover(1);
        sink_.begin_at(EpochId{first_epoch});
        writer_ = sink_.make_writer(wake_.get());
        return progress;
    }

    /// An output, and a record in each of two partitions of the log.
    void write(std::uint64_t epoch, const std::string& value) {
        auto output = chunk(EpochId{epoch}, {{"k", value}});
        REQUIRE(writer_->try_write(output));
        ledger->append(0, EpochId{epoch}, "k", value);
        ledger->append(7, EpochId{epoch}, "k", value);
    }
    void flush(std::uint64_t epoch) {
        until(
            [&] {
                serve();
                return sink_.acknowledged(EpochId{epoch});
            },
            [&] { static_cast<void>(wake_.woken(20)); });
    }
    CommitResult commit(std::uint64_t epoch, std::int64_t offset, const std::string& note) {
        CommitResult result;
        until(
            [&] {
                serve();
                static_cast<void>(ledger.lead());
                if (!sink_.acknowledged(EpochId{epoch})) return false;
                result = ledger->commit(EpochId{epoch}, at(offset), note);
                return result.step != CommitStep::Again;
            },
            [&] { static_cast<void>(wake_.woken(20)); });
        return result;
    }
    std::vector<std::string> log(std::uint32_t partition, std::int64_t to) {
        std::vector<std::string> values;
        expect_none(ledger->read_log(
            partition, 0, to, [&](const LogRecord& each) { values.emplace_back(each.value); }));
        return values;
    }

private:
    KafkaSinkOptions options(const std::string& job, bool is_transactional) const {
        KafkaSinkOptions options;
        options.client = client_of(shared_broker());
        options.job = job;
        options.topic = job + ".out";
        options.wake_descriptor = wake_.get();
        if (is_transactional) options.transactional_id = "velostream." + job;
        return options;
    }
    void serve() {
        sink_.serve();
        writer_->serve();
    }

    WakeDescriptor wake_;
    KafkaSink sink_;

public:
    LedgerFixture ledger;

private:
    std::unique_ptr<velo::engine::SinkWriter> writer_;
};

/// A job's topics, and its name.
std::string make_job(const std::string& name) {
    client().create_topic(name, 1);
    client().create_topic(name + ".out", 1);
    return name;
}

std::vector<std::string> outputs(const std::string& job) {
    std::vector<std::string> values;
    for (const Record& each : client().consume(job + ".out")) values.push_back(*each.value);
    return values;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an epoch's log records and positions are committed and recovered, in both deliveries",
          "[kafka][ledger]") {
    const bool is_transactional = GENERATE(false, true);
    const std::string job = make_job(is_transactional ? "delivery.exactly" : "delivery.least");
    std::vector<std::int64_t> ends;
    {
        Process process(job, "a", is_transactional);
        CHECK_FALSE(process.start(1).begun);
        process.write(1, "one");
        process.flush(1);
        ends = process.ledger->log_ends();
        CHECK(ends == std::vector<std::int64_t>{1, 0, 0, 0, 0, 0, 0, 1});
        CHECK(process.commit(1, 5, "e=1").step == CommitStep::Committed);
        process.write(2, "two");  // Written and not committed: the process dies.
        process.flush(2);
    }
    Process again(job, "a", is_transactional);
    const Progress progress = again.start(2);
    CHECK(progress.positions == at(5));
    CHECK(progress.note == "e=1");
    CHECK(progress.log_ends[0] > ends[0]);
    CHECK(again.log(0, ends[0]) == Texts{"one"});
    CHECK(again.log(7, ends[7]) == Texts{"one"});
    // With transactions nothing else can be seen; without them the note says where to stop.
    CHECK(again.log(0, progress.log_ends[0]) ==
          (is_transactional ? Texts{"one"} : Texts{"one", "two"}));
    CHECK(again.ledger->log_ends() == progress.log_ends);
    again.write(2, "two again");
    CHECK(again.commit(2, 9, "e=2").step == CommitStep::Committed);
    CHECK(again.ledger->log_ends()[0] > progress.log_ends[0]);
    CHECK(again.ledger.recover(1).positions == at(9));
    CHECK(again.log(0, again.ledger->log_ends()[0]).back() == "two again");
    CHECK(outputs(job) ==
          (is_transactional ? Texts{"one", "two again"} : Texts{"one", "two", "two again"}));
}

TEST_CASE("who has been replaced commits nothing, whatever it still believes", "[kafka][ledger]") {
    const bool is_transactional = GENERATE(false, true);
    const std::string job =
        make_job(is_transactional ? "delivery.zombie.exactly" : "delivery.zombie.least");
    Process zombie(job, "a", is_transactional);
    static_cast<void>(zombie.start(1));
    zombie.write(1, "one");
    CHECK(zombie.commit(1, 5, "e=1").step == CommitStep::Committed);
    zombie.write(2, "of the zombie");
    zombie.flush(2);
    Process successor(job, "a", is_transactional);
    // Opening the ledger would fence the other one's producer; until then it is the group that refuses.
    successor.ledger.lead_until(Leadership::Active);
    // Refused by the group, again and again, or told by it in between that it has been replaced.
    const CommitStep refused = zombie.commit(2, 9, "e=2").step;
    CHECK((refused == CommitStep::Fenced || refused == CommitStep::Failed));
    CHECK(successor.start(2).positions == at(5));
    zombie.ledger.lead_until(Leadership::Lost);
    CHECK(zombie.ledger->commit(EpochId{2}, at(9), "e=2").step == CommitStep::Fenced);
    successor.write(2, "of the successor");
    CHECK(successor.commit(2, 9, "e=2'").step == CommitStep::Committed);
    CHECK(successor.ledger.recover(1).note == "e=2'");
    if (is_transactional) CHECK(outputs(job) == Texts{"one", "of the successor"});
}

TEST_CASE("epochs are committed while another process joins and leaves", "[kafka][ledger]") {
    const std::string job = make_job("delivery.joining");
    Process process(job, "m", true);
    static_cast<void>(process.start(1));
    std::uint64_t epoch = 0;
    Texts expected;
    const auto commit = [&] {
        ++epoch;
        expected.push_back(std::to_string(epoch));
        process.write(epoch, expected.back());
        REQUIRE(
            process.commit(epoch, static_cast<std::int64_t>(epoch), "e=" + expected.back()).step ==
            CommitStep::Committed);
    };
    const ClusterAdmin admin(shared_broker().bootstrap_servers());
    const std::string group = "velostream." + job;
    LedgerFixture other(ledger_options(job, "a"));
    until(
        [&] {
            static_cast<void>(other.lead());
            commit();
            return admin.settled_members(group) == 2;
        },
        [] {});
    other->leave();
    until(
        [&] {
            commit();
            return admin.settled_members(group) == 1;
        },
        [] {});
    CHECK(outputs(job) == expected);
    CHECK(process.log(0, process.ledger->log_ends()[0]) == expected);
    CHECK(process.ledger.recover(1).positions == at(static_cast<std::int64_t>(epoch)));
}
