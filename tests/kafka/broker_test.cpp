// The broker and the client of the Kafka tests themselves: do they do what their headers promise?
#include "tests/kafka/broker.hpp"

#include <chrono>

#include <catch2/catch.hpp>

#include "tests/kafka/kafka_client.hpp"

using namespace std::chrono_literals;
using velo::tests::Broker;
using velo::tests::Isolation;
using velo::tests::KafkaClient;
using velo::tests::Record;
using velo::tests::shared_broker;
using velo::tests::Transaction;

namespace {

Record with_value(std::string value) {
    Record record;
    record.value = std::move(value);
    return record;
}

std::vector<std::string> values(const std::vector<Record>& records) {
    std::vector<std::string> result;
    for (const Record& record : records) result.push_back(record.value.value_or("NULL"));
    return result;
}

}  // namespace

TEST_CASE("a record comes back with its key, value, headers, partition and time", "[kafka]") {
    const KafkaClient client(shared_broker().bootstrap_servers());
    client.create_topic("broker.round_trip", 3);
    const Record full{
        "k", "v", {{"h", "1"}, {"h", "2"}, {"none", std::nullopt}}, 2, 1'700'000'000'123, -1};
    const Record empty{"", std::nullopt, {}, 1, 5, -1};
    client.produce("broker.round_trip", {full, empty});

    const std::vector<Record> records = client.consume("broker.round_trip");
    REQUIRE(records.size() == 2);
    Record expected_full = full;
    Record expected_empty = empty;
    expected_full.offset = expected_empty.offset = 0;
    CHECK((records[0] == expected_empty));
    CHECK((records[1] == expected_full));
}

TEST_CASE("a topic that is missing is not made by itself", "[kafka]") {
    const KafkaClient client(shared_broker().bootstrap_servers());
    CHECK_THROWS(client.consume("broker.missing"));
    CHECK_THROWS(client.produce("broker.missing", {with_value("x")}));
    client.create_topic("broker.short_lived", 1, {{"cleanup.policy", "compact"}});
    CHECK_THROWS(client.create_topic("broker.short_lived", 1));
    client.delete_topic("broker.short_lived");
    CHECK_THROWS(client.delete_topic("broker.short_lived"));
}

TEST_CASE("what a transaction wrote is seen when it commits, never when it aborts", "[kafka]") {
    const std::string& servers = shared_broker().bootstrap_servers();
    const KafkaClient client(servers);
    client.create_topic("broker.transactions", 1);
    Transaction aborted(servers, "broker.test.1");
    aborted.produce("broker.transactions", {with_value("aborted")});
    aborted.abort();
    Transaction kept(servers, "broker.test.2");
    kept.produce("broker.transactions", {with_value("kept")});
    CHECK(values(client.consume("broker.transactions")).empty());
    CHECK(client.end_offset("broker.transactions", 0) == 2);  // "aborted" and its marker
    CHECK(client.end_offset("broker.transactions", 0, Isolation::ReadUncommitted) == 3);
    kept.commit();
    CHECK(values(client.consume("broker.transactions")) == std::vector<std::string>{"kept"});
    CHECK(values(client.consume("broker.transactions", Isolation::ReadUncommitted)) ==
          std::vector<std::string>{"aborted", "kept"});
}

TEST_CASE("a younger producer of the same id fences the older", "[kafka]") {
    const std::string& servers = shared_broker().bootstrap_servers();
    const KafkaClient client(servers);
    client.create_topic("broker.fence", 1);
    Transaction older(servers, "broker.fence");
    older.produce("broker.fence", {with_value("older")});
    Transaction younger(servers, "broker.fence");
    younger.produce("broker.fence", {with_value("younger")});
    CHECK_THROWS(older.commit());
    younger.commit();
    CHECK(values(client.consume("broker.fence")) == std::vector<std::string>{"younger"});
}

TEST_CASE("a group without positions has none", "[kafka]") {
    const KafkaClient client(shared_broker().bootstrap_servers());
    client.create_topic("broker.offsets", 1);
    CHECK(client.committed("nobody", "broker.offsets", 0) == std::nullopt);
}

TEST_CASE("a broker that was killed, or stopped, comes back with its records", "[kafka]") {
    Broker broker;
    const KafkaClient client(broker.bootstrap_servers());
    client.create_topic("survivor", 1);
    client.produce("survivor", {with_value("1")});
    broker.kill();
    CHECK_FALSE(broker.is_running());
    CHECK_FALSE(client.answers_within(100ms));
    broker.start();
    client.produce("survivor", {with_value("2")});
    broker.stop();
    CHECK_FALSE(client.answers_within(100ms));
    broker.start();
    CHECK(values(client.consume("survivor")) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a frozen broker does not answer until it is thawed", "[kafka]") {
    Broker& broker = shared_broker();
    const KafkaClient client(broker.bootstrap_servers());
    CHECK(client.answers_within(5s));
    broker.freeze();
    CHECK_FALSE(client.answers_within(300ms));
    broker.thaw();
    CHECK(client.answers_within(5s));
}
