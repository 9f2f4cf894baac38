// What a job keeps in Kafka, on a real broker: the topic of its state, its positions and notes, and how it forgets.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "connectors/kafka/reset_job.hpp"
#include "tests/kafka/cluster_admin.hpp"
#include "tests/kafka/ledger_fixture.hpp"

using namespace std::chrono_literals;
using velo::SourcePartition;
using velo::connectors::ForgottenPosition;
using velo::connectors::reset_job;
using velo::engine::CommitStep;
using velo::engine::LogRecord;
using velo::engine::Offsets;
using velo::engine::PortError;
using velo::engine::Progress;
using velo::tests::client_of;
using velo::tests::ClusterAdmin;
using velo::tests::CommittedOffset;
using velo::tests::KafkaClient;
using velo::tests::ledger_options;
using velo::tests::LedgerFixture;
using velo::tests::Record;
using velo::tests::shared_broker;
using velo::tests::Transaction;
using velo::tests::until;

namespace {

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }
ClusterAdmin admin() { return ClusterAdmin(shared_broker().bootstrap_servers()); }
std::string state_of(const std::string& job) { return "velostream." + job + ".state"; }

std::vector<Record> numbered(int from, int to, std::int32_t partition = 0) {
    std::vector<Record> records;
    for (int i = from; i < to; ++i) {
        Record record;
        record.key = "k" + std::to_string(i);
        record.value = std::to_string(i);
        record.partition = partition;
        records.push_back(std::move(record));
    }
    return records;
}

Offsets offsets(std::vector<std::int64_t> by_partition) {
    Offsets result;
    for (std::uint32_t i = 0; i < by_partition.size(); ++i)
        result[SourcePartition{i}] = by_partition[i];
    return result;
}

/// A ledger whose state topic is there.
struct OpenLedger : LedgerFixture {
    explicit OpenLedger(const std::string& job, std::uint32_t partitions = 0)
        : LedgerFixture(ledger_options(job, "a")) {
        start(partitions);
    }

    std::optional<PortError> read(std::int64_t from, std::int64_t to, std::uint32_t partition = 0) {
        values.clear();
        return (**this).read_log(partition, from, to, [&](const LogRecord& record) {
            CHECK(record.offset >= from);
            CHECK(record.offset < to);
            CHECK(record.key == "k" + std::string(record.value));
            values.emplace_back(record.value);
        });
    }
    std::vector<std::string> values;
};

std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> result;
    for (int i = from; i < to; ++i) result.push_back(std::to_string(i));
    return result;
}

void check_damaged(const std::optional<PortError>& error, const std::string& job) {
    REQUIRE(error);
    CHECK(error->fatal);
    CHECK(error->code == "state_log_damaged");
    CHECK(error->text.ends_with("'velostream jobs reset " + job + "' makes the job begin again"));
}

}  // namespace

TEST_CASE("the topic of a job's state is made, compacted and with room for large records",
          "[kafka][ledger]") {
    LedgerFixture ledger(ledger_options("ledger.made", "a"));
    const Progress progress = ledger.start(0);
    CHECK_FALSE(progress.begun);
    CHECK(progress.positions.empty());
    CHECK(progress.note.empty());
    CHECK(progress.notes_agree);
    CHECK(progress.log_ends == std::vector<std::int64_t>(8, 0));
    CHECK(ledger->log_ends() == progress.log_ends);
    CHECK(admin().topic_setting("velostream.ledger.made.state", "cleanup.policy") == "compact");
    CHECK(std::stoi(admin().topic_setting("velostream.ledger.made.state", "max.message.bytes")) >=
          2 << 20);
    CHECK_FALSE(ledger->open());  // What is there is left as it is.
}

TEST_CASE("a state topic that would lose state is refused, and the text says what to do",
          "[kafka][ledger]") {
    struct Case {
        std::string job;
        int partitions;
        std::map<std::string, std::string> settings;
        std::string text;
    };
    const Case each = GENERATE(
        Case{"ledger.policy",
             8,
             {{"cleanup.policy", "compact,delete"}, {"max.message.bytes", "8388608"}},
             "topic 'velostream.ledger.policy.state' has cleanup.policy=compact,delete, which "
             "deletes state that is in use; set it to compact: kafka-configs.sh --alter "
             "--entity-type topics --entity-name velostream.ledger.policy.state --add-config "
             "cleanup.policy=compact"},
        Case{"ledger.shape",
             7,
             {{"cleanup.policy", "compact"}},
             "topic 'velostream.ledger.shape.state' has 7 partitions, and a state log has 8; "
             "'velostream jobs reset ledger.shape' deletes it and makes the job begin again"},
        Case{"ledger.narrow",
             8,
             {{"cleanup.policy", "compact"}},
             "topic 'velostream.ledger.narrow.state' has max.message.bytes=1048588, and state "
             "records need 2097152; raise it: kafka-configs.sh --alter --entity-type topics "
             "--entity-name velostream.ledger.narrow.state --add-config "
             "max.message.bytes=2097152"});
    client().create_topic(state_of(each.job), each.partitions, each.settings);
    LedgerFixture ledger(ledger_options(each.job, "a"));
    std::optional<PortError> error;
    until([&] { return (error = ledger->open()) && error->fatal; }, [&] { ledger.pause(); });
    CHECK(error->code == "state_topic_unfit");
    CHECK(error->text == each.text);
}

TEST_CASE("positions and the note are committed by the member that owns the job, and recovered",
          "[kafka][ledger]") {
    client().create_topic("ledger.commit", 3);
    {
        LedgerFixture ledger(ledger_options("ledger.commit", "a"));
        ledger.start(3);
        CHECK(ledger.commit(1, offsets({5, 0, 7}), "e=1;s=3").step == CommitStep::Committed);
        CHECK(ledger.commit(2, offsets({6, 1, 7}), "e=2;s=4").step == CommitStep::Committed);
    }
    CHECK(client().committed("velostream.ledger.commit", "ledger.commit", 2) ==
          CommittedOffset{7, "e=2;s=4"});
    LedgerFixture again(ledger_options("ledger.commit", "a"));
    client().grow_topic("ledger.commit", 4);  // The new one has no committed offset.
    const Progress progress = again.start(4);
    CHECK(progress.begun);
    CHECK(progress.positions == offsets({6, 1, 7}));
    CHECK(progress.note == "e=2;s=4");
    CHECK(progress.notes_agree);
    CHECK(again.recover(2).positions == offsets({6, 1}));
    // The largest note there may be.
    const std::string note(4000, 'n');
    CHECK(again.commit(3, offsets({6, 1, 8, 0}), note).step == CommitStep::Committed);
    CHECK(again.recover(4).note == note);
}

TEST_CASE("positions that something else has committed are told apart", "[kafka][ledger]") {
    client().create_topic("ledger.foreign", 2);
    {
        LedgerFixture ledger(ledger_options("ledger.foreign", "a"));
        ledger.start(2);
        CHECK(ledger.commit(1, offsets({5, 5}), "e=1").step == CommitStep::Committed);
        ledger->leave();
    }
    admin().commit("velostream.ledger.foreign", "ledger.foreign", 1, 2);
    LedgerFixture again(ledger_options("ledger.foreign", "a"));
    const Progress progress = again.start(2);
    CHECK(progress.positions == offsets({5, 2}));
    CHECK_FALSE(progress.notes_agree);
    again->leave();
    admin().commit("velostream.ledger.foreign", "ledger.foreign", 0, 2);
    LedgerFixture third(ledger_options("ledger.foreign", "a"));
    const Progress foreign = third.start(2);
    CHECK(foreign.begun);
    CHECK(foreign.note.empty());
    CHECK(foreign.notes_agree);
}

TEST_CASE("a commit gets through while others join and leave", "[kafka][ledger]") {
    client().create_topic("ledger.joining", 1);
    auto options = ledger_options("ledger.joining", "m");
    options.session = 4s;  // So that members hear of a change within a second.
    LedgerFixture ledger(options);
    ledger.start(1);
    options.instance = "a";
    std::int64_t committed = 0;
    const auto commit = [&] {
        ++committed;
        REQUIRE(ledger
                    .commit(static_cast<std::uint64_t>(committed), offsets({committed}),
                            "e=" + std::to_string(committed))
                    .step == CommitStep::Committed);
    };
    LedgerFixture other(options);
    until(
        [&] {
            static_cast<void>(other.lead());
            commit();
            return admin().settled_members("velostream.ledger.joining") == 2;
        },
        [&] { ledger.pause(); });
    other->leave();
    until(
        [&] {
            commit();
            return admin().settled_members("velostream.ledger.joining") == 1;
        },
        [&] { ledger.pause(); });
    CHECK(ledger.lead() == velo::engine::Leadership::Active);
    CHECK(ledger.recover(1).positions == offsets({committed}));
}

TEST_CASE("a stretch of the log is read from its first offset to its last", "[kafka][ledger]") {
    OpenLedger ledger("ledger.stretch");
    client().produce(state_of("ledger.stretch"), numbered(0, 5000, 3));
    CHECK_FALSE(ledger.read(0, 5000, 3));
    CHECK(ledger.values == numbers(0, 5000));
    CHECK_FALSE(ledger.read(1234, 4321, 3));
    CHECK(ledger.values == numbers(1234, 4321));
    CHECK_FALSE(ledger.read(5000, 5000, 3));
    CHECK(ledger.values.empty());
    CHECK_FALSE(ledger.read(0, 0, 4));
    const auto ends = ledger.recover(0).log_ends;
    CHECK(ends[3] == 5000);
    CHECK(ends[4] == 0);
}

TEST_CASE("markers and aborted records at the end of the log do not hold its reading up",
          "[kafka][ledger]") {
    OpenLedger ledger("ledger.markers");
    const std::string topic = state_of("ledger.markers");
    const std::string servers = shared_broker().bootstrap_servers();
    const auto write = [&](int from, int to, bool is_kept) {
        Transaction transaction(servers, "ledger.markers");
        transaction.produce(topic, numbered(from, to));
        is_kept ? transaction.commit() : transaction.abort();
    };
    write(0, 10, true);     // 0 to 9, and a marker.
    write(10, 20, false);   // 11 to 20, and a marker.
    write(20, 30, true);    // 22 to 31, and a marker.
    write(30, 500, false);  // 33 to 502, and a marker.
    const std::int64_t end = 504;
    until([&] { return ledger.recover(0).log_ends[0] == end; }, [&] { ledger.pause(); });
    CHECK_FALSE(ledger.read(0, end));
    auto visible = numbers(0, 10);
    for (auto& each : numbers(20, 30)) visible.push_back(std::move(each));
    CHECK(ledger.values == visible);
    CHECK_FALSE(ledger.read(0, 11));
    CHECK(ledger.values == numbers(0, 10));
    CHECK_FALSE(ledger.read(33, end));
    CHECK(ledger.values.empty());
    CHECK_FALSE(ledger.read(503, end));  // Nothing but a marker.
}

TEST_CASE("an end that is only the last decided record is no end", "[kafka][ledger]") {
    OpenLedger ledger("ledger.undecided");
    const std::string topic = state_of("ledger.undecided");
    client().produce(topic, numbered(0, 10));
    Transaction left(shared_broker().bootstrap_servers(), "ledger.undecided", 2s);
    left.produce(topic, numbered(10, 20));  // Given up by the broker after two seconds.
    client().produce(topic, numbered(20, 30));
    const std::int64_t end = ledger.recover(0).log_ends[0];
    CHECK(end == 30);
    CHECK_FALSE(ledger.read(0, end));
    auto visible = numbers(0, 10);
    for (auto& each : numbers(20, 30)) visible.push_back(std::move(each));
    CHECK(ledger.values == visible);
}

TEST_CASE("a log that has lost records at either end is damaged", "[kafka][ledger]") {
    OpenLedger ledger("ledger.damaged");
    const std::string topic = state_of("ledger.damaged");
    client().produce(topic, numbered(0, 100));
    check_damaged(ledger.read(0, 101), "ledger.damaged");
    check_damaged(ledger.read(150, 150), "ledger.damaged");
    CHECK(ledger.values.empty());
    // As an operator might do to make room: a topic that is only compacted refuses it.
    admin().set_topic_setting(topic, "cleanup.policy", "compact,delete");
    until(
        [&] {
            try {
                admin().delete_records(topic, 0, 50);
                return true;
            } catch (const std::runtime_error&) {  // The setting has not come everywhere.
                return false;
            }
        },
        [&] { ledger.pause(); });
    check_damaged(ledger.read(49, 100), "ledger.damaged");
    CHECK_FALSE(ledger.read(50, 100));
    CHECK(ledger.values == numbers(50, 100));
    CHECK_FALSE(ledger.read(0, 0));  // Nothing is wanted of what is gone.
}

TEST_CASE("a log that was deleted is made anew, and what was committed of it is missed",
          "[kafka][ledger]") {
    client().create_topic("ledger.deleted", 1);
    {
        OpenLedger ledger("ledger.deleted", 1);
        client().produce(state_of("ledger.deleted"), numbered(0, 10));
        CHECK(ledger.commit(1, offsets({5}), "s=10").step == CommitStep::Committed);
        ledger->leave();
    }
    client().delete_topic(state_of("ledger.deleted"));
    OpenLedger again("ledger.deleted", 1);
    const Progress progress = again.recover(1);
    CHECK(progress.note == "s=10");
    CHECK(progress.log_ends[0] == 0);
    check_damaged(again.read(0, 10), "ledger.deleted");
}

TEST_CASE("a job forgets its positions and its state, but not while it runs", "[kafka][ledger]") {
    const auto options = client_of(shared_broker());
    client().create_topic("ledger.reset", 2);
    {
        OpenLedger ledger("ledger.reset", 2);
        CHECK(ledger.commit(1, offsets({5, 6}), "e=1").step == CommitStep::Committed);
        const auto refused = reset_job(options, "ledger.reset");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().fatal);
        CHECK(refused.error().code == "job_in_use");
        CHECK(ledger.recover(2).positions == offsets({5, 6}));
        ledger->leave();
    }
    const auto removed = reset_job(options, "ledger.reset");
    REQUIRE(removed);
    CHECK(removed->positions ==
          std::vector<ForgottenPosition>{{"ledger.reset", 0, 5}, {"ledger.reset", 1, 6}});
    CHECK(removed->state_topic == "velostream.ledger.reset.state");
    CHECK(std::ranges::count(client().topics(), "velostream.ledger.reset.state") == 0);
    const auto again = reset_job(options, "ledger.reset");
    REQUIRE(again);
    CHECK(again->positions.empty());
    CHECK(again->state_topic.empty());
    OpenLedger fresh("ledger.reset", 2);
    CHECK_FALSE(fresh.recover(2).begun);
}

TEST_CASE("a cluster that is away is an error that passes", "[kafka][ledger]") {
    auto options = ledger_options("ledger.away", "a");
    options.client.bootstrap_servers = "127.0.0.1:1";
    LedgerFixture ledger(options);
    const auto error = ledger->open();
    REQUIRE(error);
    CHECK_FALSE(error->fatal);
    CHECK(error->code == "broker_away");
    const auto reset = reset_job(options.client, "ledger.away");
    REQUIRE_FALSE(reset);
    CHECK_FALSE(reset.error().fatal);
}
