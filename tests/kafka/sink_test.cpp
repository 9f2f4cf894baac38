// The Kafka sink on a real broker: acknowledgements by epoch, topics made, records refused, a broker that goes away.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/chunk_literal.hpp"
#include "tests/kafka/port_fixture.hpp"

using namespace std::chrono_literals;
using velo::EpochId;
using velo::connectors::KafkaSinkOptions;
using velo::connectors::TopicShape;
using velo::engine::DeadLetter;
using velo::tests::Broker;
using velo::tests::chunk;
using velo::tests::client_of;
using velo::tests::Header;
using velo::tests::KafkaClient;
using velo::tests::KeyAndValue;
using velo::tests::Record;
using velo::tests::shared_broker;
using velo::tests::SinkFixture;

namespace {

constexpr EpochId kFirst{1};
constexpr EpochId kSecond{2};

KafkaSinkOptions options_for(const std::string& topic, const Broker& broker = shared_broker()) {
    KafkaSinkOptions options;
    options.client = client_of(broker);
    options.job = topic;
    options.topic = topic;
    return options;
}

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

std::vector<KeyAndValue> numbered(int from, int to, int keys = 7) {
    std::vector<KeyAndValue> records;
    for (int i = from; i < to; ++i)
        records.emplace_back("k" + std::to_string(i % keys), std::to_string(i));
    return records;
}

// Whether the values of each key are numbers that rise by `keys`, and how many records there are.
std::pair<bool, std::size_t> in_order(const std::vector<Record>& records, int keys = 7) {
    std::map<std::string, int> next;
    bool rising = true;
    for (const Record& record : records) {
        const int number = std::stoi(*record.value);
        const auto [at, is_new] = next.try_emplace(*record.key, number % keys);
        rising = rising && at->second == number;
        at->second = number + keys;
    }
    return {rising, records.size()};
}

DeadLetter letter(std::string value) {
    DeadLetter result;
    result.topic = "in";
    result.partition = 3;
    result.offset = 42;
    result.stage = "decode";
    result.code = "not_json";
    result.error = "no JSON object";
    result.has_key = result.has_value = true;
    result.key = "k";
    result.value = std::move(value);
    result.headers = {{"trace", "1"}};
    return result;
}

std::optional<std::string> header(const Record& record, std::string_view name) {
    const auto found = std::ranges::find(record.headers, name, &Header::name);
    return found == record.headers.end() ? std::nullopt : found->value;
}

}  // namespace

TEST_CASE("records arrive with key and value, nulls and empty ones told apart", "[kafka]") {
    client().create_topic("sink.record", 1);
    SinkFixture fixture(options_for("sink.record"));
    fixture.open();
    auto written = chunk(kFirst, {{"k", "v"}, {std::nullopt, ""}, {"", std::nullopt}});
    REQUIRE(fixture.writer().try_write(written));
    fixture.serve_until_acknowledged(kFirst);
    CHECK(fixture.sink().counts().records == 3);
    CHECK(fixture.sink().counts().bytes == 2);
    velo::tests::expect_none(fixture.sink().close());
    const auto records = client().consume("sink.record");
    REQUIRE(records.size() == 3);
    CHECK((records[0].key == "k" && records[0].value == "v"));
    CHECK((!records[1].key && records[1].value == ""));
    CHECK((records[2].key == "" && !records[2].value));
}

TEST_CASE("a corrected answer says in a header which correction it is, and keeps its place",
          "[kafka]") {
    client().create_topic("sink.revision", 1);
    SinkFixture fixture(options_for("sink.revision"));
    fixture.open();
    auto written = chunk(kFirst, {{"k", "1"}, {"k", "2"}, {"k", std::nullopt}, {"k", "4"}});
    written->records[1].revision = 1;
    written->records[2].revision = 2;
    REQUIRE(fixture.writer().try_write(written));
    fixture.serve_until_acknowledged(kFirst);
    CHECK(fixture.sink().counts().records == 4);
    velo::tests::expect_none(fixture.sink().close());
    const auto records = client().consume("sink.revision");
    REQUIRE(records.size() == 4);
    CHECK((records[0].value == "1" && !header(records[0], "velostream.revision")));
    CHECK((records[1].value == "2" && header(records[1], "velostream.revision") == "1"));
    CHECK((!records[2].value && header(records[2], "velostream.revision") == "2"));
    CHECK((records[3].value == "4" && records[3].headers.empty()));
}

TEST_CASE("records are dealt to partitions as Java clients do", "[kafka]") {
    client().create_topic("sink.partitions", 8);
    SinkFixture fixture(options_for("sink.partitions"));
    fixture.open();
    auto written = chunk(kFirst, {{"ACME", "1"}, {"ACME", "2"}, {"trader-17", "3"}});
    REQUIRE(fixture.writer().try_write(written));
    fixture.serve_until_acknowledged(kFirst);
    // murmur2 as Kafka has it, positive, modulo 8, computed independently of librdkafka.
    const auto partition_of = [](std::string_view key) {
        const std::uint32_t m = 0x5bd1e995;
        auto h = static_cast<std::uint32_t>(0x9747b28cU ^ key.size());
        std::size_t i = 0;
        for (; i + 4 <= key.size(); i += 4) {
            std::uint32_t k = 0;
            for (std::size_t b = 0; b < 4; ++b)
                k |= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i + b])) << (8 * b);
            k *= m;
            k ^= k >> 24;
            k *= m;
            h = h * m ^ k;
        }
        for (std::size_t b = key.size() - i; b > 0; --b) {
            h ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i + b - 1]))
                 << (8 * (b - 1));
            if (b == 1) h *= m;
        }
        h ^= h >> 13;
        h *= m;
        h ^= h >> 15;
        return static_cast<std::int32_t>((h & 0x7fffffffU) % 8);
    };
    for (const Record& record : client().consume("sink.partitions"))
        CHECK(record.partition == partition_of(*record.key));
}

TEST_CASE("an epoch is acknowledged when all its records are, whatever the next one has under way",
          "[kafka]") {
    Broker broker;
    const KafkaClient outside(broker.bootstrap_servers());
    outside.create_topic("sink.epochs", 4);
    SinkFixture fixture(options_for("sink.epochs", broker));
    fixture.open();
    auto first = chunk(kFirst, numbered(0, 1000));
    REQUIRE(fixture.writer().try_write(first));
    CHECK_FALSE(fixture.sink().acknowledged(kFirst));
    fixture.serve_until_acknowledged(kFirst);
    broker.freeze();
    auto second = chunk(kSecond, numbered(1000, 2000));
    REQUIRE(fixture.writer().try_write(second));
    fixture.sink().serve();
    CHECK(fixture.sink().acknowledged(kFirst));
    CHECK_FALSE(fixture.sink().acknowledged(kSecond));
    broker.thaw();
    fixture.serve_until_acknowledged(kSecond);
    CHECK(in_order(outside.consume("sink.epochs")) == std::pair{true, std::size_t{2000}});
}

TEST_CASE("chunks come back to be filled again once their records are acknowledged", "[kafka]") {
    client().create_topic("sink.reuse", 1);
    SinkFixture fixture(options_for("sink.reuse"));
    fixture.open();
    auto written = chunk(kFirst, {{"k", "v"}});
    const auto* const sent = written.get();
    REQUIRE(fixture.writer().try_write(written));
    CHECK_FALSE(written);  // It is on its way.
    fixture.serve_until_acknowledged(kFirst);
    written = chunk(kSecond, {{"k", "w"}});
    REQUIRE(fixture.writer().try_write(written));
    REQUIRE(written);
    CHECK(written.get() == sent);
    CHECK(written->records.empty());
    fixture.serve_until_acknowledged(kSecond);
}

TEST_CASE("a sink with too much under way refuses, and wakes its writer when there is room",
          "[kafka]") {
    client().create_topic("sink.budget", 1);
    KafkaSinkOptions options = options_for("sink.budget");
    options.budget_bytes = 100'000;
    SinkFixture fixture(options);
    fixture.open();
    auto first = chunk(kFirst, {{std::nullopt, std::string(90'000, 'x')}});
    REQUIRE(fixture.writer().try_write(first));
    auto second = chunk(kFirst, {{std::nullopt, std::string(90'000, 'y')}});
    if (!fixture.writer().try_write(second)) {
        CHECK(second->records.size() == 1);
        bool woken = false;
        fixture.serve_until([&] { return woken = woken || fixture.worker_wake().woken(); });
        REQUIRE(fixture.writer().try_write(second));
    }
    fixture.serve_until_acknowledged(kFirst);
    CHECK(client().consume("sink.budget").size() == 2);
}

TEST_CASE("a topic that is missing is made as 'create' says, else it is an error that passes",
          "[kafka]") {
    {
        SinkFixture fixture(options_for("sink.missing"));
        const auto error = fixture.sink().open();
        REQUIRE(error);
        CHECK_FALSE(error->fatal);
        CHECK(error->code == "topic_missing");
        CHECK(error->text ==
              "sink topic 'sink.missing' does not exist; create it, or let the job do so with "
              "'create: {partitions: 8}'");
    }
    KafkaSinkOptions options = options_for("sink.missing");
    options.create = TopicShape{.partitions = 5, .replication = 1};
    SinkFixture fixture(options);
    fixture.open();
    auto written = chunk(kFirst, numbered(0, 1000, 100));
    REQUIRE(fixture.writer().try_write(written));
    fixture.serve_until_acknowledged(kFirst);
    std::vector<std::int32_t> partitions;
    for (const Record& record : client().consume("sink.missing"))
        partitions.push_back(record.partition);
    CHECK(*std::ranges::max_element(partitions) == 4);
}

TEST_CASE("a topic that cannot be made is a fatal error that says why", "[kafka]") {
    KafkaSinkOptions options = options_for("sink.impossible");
    options.create = TopicShape{.partitions = 1, .replication = 3};
    SinkFixture fixture(options);
    const auto error = fixture.sink().open();
    REQUIRE(error);
    CHECK(error->fatal);
    CHECK(error->code == "topic_not_made");
    CHECK(error->text.starts_with("topic 'sink.impossible' cannot be made: "));
    CHECK(error->text.find("eplication factor") != std::string::npos);
    CHECK(error->text.ends_with("; change 'create' in the job or make the topic yourself"));
}

TEST_CASE(
    "a record that the topic is too small for is a fatal error, and its epoch is never "
    "acknowledged",
    "[kafka]") {
    client().create_topic("sink.small", 1,
                          {{"max.message.bytes", "5000"}, {"compression.type", "producer"}});
    KafkaSinkOptions options = options_for("sink.small");
    options.client.properties["compression.codec"] = "none";
    SinkFixture fixture(options);
    fixture.open();
    auto written = chunk(kFirst, {{"k", std::string(6000, 'x')}});
    REQUIRE(fixture.writer().try_write(written));
    std::optional<velo::engine::PortError> error;
    fixture.serve_until([&] { return (error = fixture.sink().take_error()) && error->fatal; });
    CHECK(error->code == "record_too_large");
    CHECK(
        error->text.starts_with("a record of 6001 bytes was not written to topic 'sink.small': "));
    CHECK(error->text.ends_with("; raise the topic's max.message.bytes or write smaller records"));
    CHECK_FALSE(fixture.sink().acknowledged(kFirst));
    CHECK_FALSE(fixture.sink().take_error());
    CHECK(fixture.sink().close());
}

TEST_CASE("many small records go through a topic that takes only small batches", "[kafka]") {
    client().create_topic("sink.small_batches", 1, {{"max.message.bytes", "5000"}});
    KafkaSinkOptions options = options_for("sink.small_batches");
    options.client.properties["compression.codec"] = "none";
    SinkFixture fixture(options);
    fixture.open();
    auto written = chunk(kFirst, numbered(0, 5000));
    REQUIRE(fixture.writer().try_write(written));
    fixture.serve_until_acknowledged(kFirst);
    CHECK(in_order(client().consume("sink.small_batches")) == std::pair{true, std::size_t{5000}});
}

TEST_CASE("a record larger than a client's usual limit goes through a topic that takes it",
          "[kafka]") {
    client().create_topic("sink.large", 1, {{"max.message.bytes", "20000000"}});
    SinkFixture fixture(options_for("sink.large"));
    fixture.open();
    auto written = chunk(kFirst, {{"k", std::string(9'000'000, 'x')}});
    REQUIRE(fixture.writer().try_write(written));
    fixture.serve_until_acknowledged(kFirst);
    CHECK(client().consume("sink.large").at(0).value->size() == 9'000'000);
}

TEST_CASE(
    "dead letters keep the record and say what was wrong; their topic is made and takes large ones",
    "[kafka]") {
    client().create_topic("sink.letters", 1);
    KafkaSinkOptions options = options_for("sink.letters");
    options.dead_letter_topic = "sink.letters.dlq";
    SinkFixture fixture(options);
    fixture.open();
    const std::string large(5'000'000, 'x');
    REQUIRE(fixture.writer().try_write(letter("{x"), kFirst));
    REQUIRE(fixture.writer().try_write(letter(large), kFirst));
    CHECK_FALSE(fixture.sink().acknowledged(kFirst));
    fixture.serve_until_acknowledged(kFirst);
    CHECK(fixture.sink().counts().dead_letters == 2);
    CHECK(fixture.sink().counts().records == 0);
    const auto records = client().consume("sink.letters.dlq");
    REQUIRE(records.size() == 2);
    CHECK(records[0].key == "k");
    CHECK(records[0].value == "{x");
    CHECK((records[0].headers ==
           std::vector<Header>{{"trace", "1"},
                               {"__connect.errors.topic", "in"},
                               {"__connect.errors.partition", "3"},
                               {"__connect.errors.offset", "42"},
                               {"__connect.errors.connector.name", "sink.letters"},
                               {"__connect.errors.stage", "decode"},
                               {"__connect.errors.exception.class.name", "not_json"},
                               {"__connect.errors.exception.message", "no JSON object"}}));
    CHECK((records[1].value == large));
    CHECK_FALSE(header(records[1], "velostream.truncated"));
}

TEST_CASE(
    "a dead-letter topic of the user's that is too small gets the letter cut, with its full size",
    "[kafka]") {
    client().create_topic("sink.cut", 1);
    client().create_topic("sink.cut.dlq", 1, {{"max.message.bytes", "5000"}});
    KafkaSinkOptions options = options_for("sink.cut");
    options.dead_letter_topic = "sink.cut.dlq";
    options.client.properties["compression.codec"] = "none";
    SinkFixture fixture(options);
    fixture.open();
    for (int i = 0; i < 5; ++i)
        REQUIRE(fixture.writer().try_write(letter(std::string(100'000, 'x')), kFirst));
    fixture.serve_until_acknowledged(kFirst);
    const auto records = client().consume("sink.cut.dlq");
    REQUIRE(records.size() == 5);
    CHECK(header(records[0], "velostream.truncated") == "100000");
    CHECK(records[0].value->size() > 4000);
    CHECK(records[0].key == "k");
    CHECK(header(records[0], "trace") == "1");
}

TEST_CASE(
    "a broker that goes away and comes back while writing loses nothing and keeps each key's order",
    "[kafka]") {
    Broker broker;
    const KafkaClient outside(broker.bootstrap_servers());
    outside.create_topic("sink.away", 4);
    KafkaSinkOptions options = options_for("sink.away", broker);
    options.budget_bytes = 4U << 20;
    SinkFixture fixture(options);
    fixture.open();
    int written = 0;
    const auto write_some = [&] {
        auto records = chunk(kFirst, numbered(written, written + 700));
        if (!fixture.writer().try_write(records)) return false;
        written += 700;
        return true;
    };
    for (int i = 0; i < 20; ++i) REQUIRE(write_some());
    broker.stop();
    while (write_some()) {
    }  // Until the budget is full: then the input waits.
    fixture.sink().serve();
    CHECK_FALSE(fixture.sink().acknowledged(kFirst));
    broker.start();
    fixture.serve_until_acknowledged(kFirst);
    REQUIRE(write_some());
    fixture.serve_until_acknowledged(kFirst);
    CHECK(in_order(outside.consume("sink.away")) ==
          std::pair{true, static_cast<std::size_t>(written)});
}

TEST_CASE("a sink that is given up with records under way ends at once", "[kafka]") {
    Broker broker;
    KafkaClient(broker.bootstrap_servers()).create_topic("sink.abandoned", 4);
    const auto begun = [&] {
        SinkFixture fixture(options_for("sink.abandoned", broker));
        fixture.open();
        broker.freeze();
        auto written = chunk(kFirst, numbered(0, 10'000));
        REQUIRE(fixture.writer().try_write(written));
        fixture.sink().serve();
        return std::chrono::steady_clock::now();
    }();
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
    broker.thaw();
}

TEST_CASE("several writers on threads of their own share the producer", "[kafka]") {
    constexpr int kWriters = 3;
    constexpr int kChunks = 100;
    client().create_topic("sink.threads", 4);
    KafkaSinkOptions options = options_for("sink.threads");
    options.budget_bytes = 1U << 20;
    SinkFixture fixture(options);
    fixture.open();
    std::atomic<int> done{0};
    std::vector<std::jthread> threads;
    for (int w = 0; w < kWriters; ++w) {
        threads.emplace_back([&, w] {
            const velo::tests::WakeDescriptor wake;
            const auto writer = fixture.sink().make_writer(wake.get());
            for (int i = 0; i < kChunks; ++i) {
                std::vector<KeyAndValue> records;
                for (int r = 0; r < 100; ++r)
                    records.emplace_back("w" + std::to_string(w), std::to_string(i * 100 + r));
                auto written = chunk(kFirst, records);
                while (!writer->try_write(written)) {
                    if (!wake.woken(20000)) return;
                }
            }
            ++done;
        });
    }
    fixture.serve_until([&] { return done == kWriters && fixture.sink().acknowledged(kFirst); });
    CHECK(fixture.sink().counts().records == kWriters * kChunks * 100);
    CHECK(in_order(client().consume("sink.threads"), 1) ==
          std::pair{true, std::size_t{kWriters * kChunks * 100}});
}
