// `velostream init` over real topics, and the way of somebody who has never been here: init, lint, test, run.
#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

/// A topic of one partition with these payloads; none: a tombstone.
void make_topic(const std::string& topic, const std::vector<std::optional<std::string>>& payloads,
                int partitions = 1) {
    client().create_topic(topic, partitions);
    std::vector<Record> records;
    for (const auto& payload : payloads) {
        Record record;
        record.key = "k" + std::to_string(records.size());
        record.value = payload;
        record.partition = static_cast<int>(records.size()) % partitions;
        records.push_back(std::move(record));
    }
    client().produce(topic, records);
}

Ended init(const std::string& topic, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"init", "--brokers", shared_broker().bootstrap_servers(),
                                   "--topic", topic};
    words.insert(words.end(), more.begin(), more.end());
    return run_velostream(words);
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the first-time path: init, lint, test, run", "[kafka][init]") {
    std::vector<std::optional<std::string>> orders;
    for (int i = 0; i < 300; ++i) {
        orders.push_back("{\"id\": " + std::to_string(i) + ", \"customer\": {\"name\": \"it's " +
                         std::to_string(i % 7) + "\", \"vip\": " + (i % 2 == 0 ? "true" : "false") +
                         "}, \"price\": " + std::to_string(i) +
                         ".25, \"order\": \"a\", \"created_at\": " +
                         std::to_string(1'700'000'000'000 + 1000 * (i ^ 1)) +
                         (i % 10 == 0 ? "" : ", \"note\": null") + ", \"tags\": [1]}");
    }
    make_topic("first-time.orders", orders, 3);
    const TestFolder folder;
    folder.write("velostream.yaml",
                 "kafka: {bootstrap_servers: \"" + shared_broker().bootstrap_servers() + "\"}\n");
    const std::string job = folder.file("jobs/orders.yaml");
    const std::string config = folder.file("velostream.yaml");
    const Ended made = init("first-time.orders", {"-o", job, "--config", config});
    INFO(made.out << made.err);
    REQUIRE(made.exit_code == 0);
    const std::string text = folder.read("jobs/orders.yaml");
    INFO(text);
    CHECK(says(text, "name: first-time_orders\n"));
    CHECK(says(text, "      id: BIGINT\n"));
    CHECK(says(text, "      customer_name: {type: STRING, path: '$.customer.name'}\n"));
    CHECK(says(text, "      customer_vip: {type: BOOLEAN, path: '$.customer.vip'}\n"));
    CHECK(says(text, "      price: DOUBLE\n"));
    CHECK(says(text, "      created_at: TIMESTAMP "));
    CHECK(says(text, "      # note: always null\n"));
    CHECK(says(text, "      # tags: an array\n"));
    CHECK(says(text, "event_time: {column: created_at, lateness: 5s}"));
    CHECK(says(text, "create: {partitions: 3}"));
    CHECK(says(made.err, "next: velostream test " + job));

    const Ended lint = run_velostream({"lint", job, "--config", config, "--check-kafka"});
    INFO(lint.out << lint.err);
    CHECK(lint.exit_code == 0);
    const Ended tested = run_velostream({"test", job, "--config", config});
    INFO(tested.out << tested.err);
    CHECK(tested.exit_code == 0);
    const Ended run = run_velostream({"run", job, "--config", config, "--until-end"});
    INFO(run.err);
    CHECK(run.exit_code == 0);
    const Summary summary = summary_of("first-time_orders", run.err);
    CHECK(summary.in == 300);
    CHECK(summary.answered == 300);
    CHECK(client().consume("first-time.orders.answers").size() == 300);

    const Ended again = init("first-time.orders", {"-o", job, "--config", config});
    CHECK(again.exit_code == 1);
    CHECK(says(again.err, "is there already and is not overwritten"));
    CHECK(folder.read("jobs/orders.yaml") == text);
}

TEST_CASE("init says where Kafka is, and what of the sample does not fit", "[kafka][init]") {
    make_topic("mixed", {"{\"ts\":\"2024-01-15T10:00:00Z\",\"v\":1}", "oops", std::nullopt,
                         "{\"ts\":\"2024-01-15T10:00:30Z\",\"v\":99999999999999999999}"});
    const TestFolder folder;
    const std::string command = "cd " + folder.path().string() +
                                " && " VELO_DAEMON " init --topic mixed -o mixed.yaml --brokers " +
                                shared_broker().bootstrap_servers() +
                                " 2> err && " VELO_DAEMON " test mixed.yaml > test && " VELO_DAEMON
                                " run mixed.yaml --until-end 2> run";
    const int status = std::system(command.c_str());
    INFO(folder.read("err"));
    INFO(folder.read("mixed.yaml"));
    CHECK(status == 0);
    CHECK(says(folder.read("velostream.yaml"), shared_broker().bootstrap_servers()));
    const std::string text = folder.read("mixed.yaml");
    CHECK(says(text,
               "# 1 of 4 records are no JSON objects; the first is in partition 0 offset 1: "
               "it is text, 'oops'\n"));
    CHECK(says(text, "tombstones: skip"));
    CHECK(says(text, "v: \"DECIMAL(38,0)\"\n"));
    CHECK(says(text, "ts: TIMESTAMP\n"));
    const Summary summary = summary_of("mixed", folder.read("run"));
    CHECK(summary.in == 4);
    CHECK(summary.answered == 2);
    CHECK(summary.filtered == 1);
    CHECK(summary.dead_lettered == 1);
}

TEST_CASE("init says why there is nothing to learn from a topic", "[kafka][init]") {
    make_topic("blank", {});
    const Ended empty = init("blank");
    CHECK(empty.exit_code == 1);
    CHECK(says(empty.err, "topic 'blank' is empty: there is nothing to learn from"));
    const Ended missing = init("blnak");
    CHECK(missing.exit_code == 1);
    CHECK(says(missing.err, "topic 'blnak' does not exist; did you mean 'blank'?"));
    make_topic("table.csv", {"a,b,c", "1,2,3"});
    const Ended csv = init("table.csv");
    CHECK(csv.exit_code == 1);
    CHECK(says(csv.err, "2 of 2 records sampled of topic 'table.csv' are no JSON objects"));
    CHECK(says(csv.err, "it looks like CSV, 'a,b,c'"));
    make_topic("wired", {std::string("\0\0\0\0\x07\x02\x04", 7)});
    CHECK(says(init("wired").err, "it looks like Avro or Protobuf with schema 7 of a registry"));
    make_topic("gone", {std::nullopt});
    CHECK(says(init("gone").err, "the 1 records sampled of topic 'gone' have no payload"));
    CHECK(run_velostream({"init"}).exit_code == 2);
    const Ended nobody = run_velostream({"init", "--brokers", "127.0.0.1:1", "--topic", "t"});
    CHECK(nobody.exit_code == 69);
}
