// The Kafka source on a real broker: positions, bounds, starts, commits, back-pressure, and a broker that goes away.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kafka/port_fixture.hpp"

using namespace std::chrono_literals;
using velo::SourcePartition;
using velo::connectors::KafkaSourceOptions;
using velo::connectors::StartAt;
using velo::engine::Offsets;
using velo::engine::RawBatch;
using velo::tests::Broker;
using velo::tests::client_of;
using velo::tests::KafkaClient;
using velo::tests::ReadRecord;
using velo::tests::Record;
using velo::tests::shared_broker;
using velo::tests::SourceFixture;
using velo::tests::Transaction;

namespace {

constexpr SourcePartition kFirst{0};

KafkaSourceOptions options_for(const std::string& topic, StartAt start = {},
                               const Broker& broker = shared_broker()) {
    return {.client = client_of(broker), .job = topic, .topic = topic, .start = start};
}

KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }

std::vector<Record> numbered(int from, int to, std::int32_t partition = 0,
                             std::int64_t timestamp_ms = 0) {
    std::vector<Record> records;
    for (int i = from; i < to; ++i) {
        Record record;
        record.value = std::to_string(i);
        record.partition = partition;
        record.timestamp_ms = timestamp_ms == 0 ? 0 : timestamp_ms + i;
        records.push_back(std::move(record));
    }
    return records;
}

std::vector<std::string> values(const std::vector<ReadRecord>& records) {
    std::vector<std::string> result;
    for (const ReadRecord& record : records) result.push_back(record.value);
    return result;
}

std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> result;
    for (int i = from; i < to; ++i) result.push_back(std::to_string(i));
    return result;
}

}  // namespace

TEST_CASE(
    "a record comes with key, value, time and headers, and its bytes stay until it is released",
    "[kafka]") {
    client().create_topic("source.record", 1);
    client().produce("source.record",
                     {{"k", "v", {{"h", "1"}, {"none", std::nullopt}}, 0, 1'700'000'000'123, -1},
                      {std::nullopt, std::nullopt, {}, 0, 5, -1},
                      {"", "", {}, 0, 6, -1}});
    SourceFixture fixture(options_for("source.record"));
    fixture.add_all(false);
    RawBatch batch;
    velo::tests::until([&] { return fixture.reader().poll(kFirst, 10, batch) + batch.size() >= 3; },
                       [&] { static_cast<void>(fixture.wake().woken(1000)); });
    REQUIRE(batch.size() == 3);
    CHECK(batch[0].key == "k");
    CHECK(batch[0].value == "v");
    CHECK(batch[0].timestamp == 1'700'000'000'123'000);
    CHECK(fixture.reader().headers(batch[0]) ==
          velo::engine::RecordHeaders{{"h", "1"}, {"none", std::nullopt}});
    CHECK_FALSE(batch[1].has_key);
    CHECK_FALSE(batch[1].has_value);
    CHECK(batch[2].has_key);
    CHECK(batch[2].has_value);
    CHECK(batch[2].offset == 2);
    RawBatch more;
    CHECK(fixture.reader().poll(kFirst, 10, more) == 0);
    CHECK(batch[0].value == "v");
    fixture.reader().release(batch);
    CHECK(batch.empty());
}

TEST_CASE("positions pass markers and aborted records, which never come as records", "[kafka]") {
    client().create_topic("source.transactions", 1);
    const std::string& servers = shared_broker().bootstrap_servers();
    Transaction committed(servers, "source.committed");
    committed.produce("source.transactions", numbered(0, 3));
    committed.commit();  // Offsets 0-2, marker 3.
    Transaction aborted(servers, "source.aborted");
    aborted.produce("source.transactions", numbered(100, 105));
    aborted.abort();  // Offsets 4-8, marker 9.

    SourceFixture fixture(options_for("source.transactions"));
    fixture.add_all(false);
    CHECK(fixture.ends() == Offsets{{kFirst, 10}});
    const auto records = fixture.read_until(
        [&](const auto&) { return fixture.reader().position(kFirst).next_offset == 10; });
    CHECK(values(records) == numbers(0, 3));
    CHECK_FALSE(fixture.reader().position(kFirst).ended);
}

TEST_CASE("an open transaction is the end: what is behind it comes when it is committed",
          "[kafka]") {
    client().create_topic("source.open", 1);
    client().produce("source.open", numbered(0, 2));
    Transaction open(shared_broker().bootstrap_servers(), "source.open");
    open.produce("source.open", numbered(2, 4));
    client().produce("source.open", numbered(4, 6));
    SourceFixture fixture(options_for("source.open"));
    fixture.add_all(false);
    CHECK(fixture.ends() == Offsets{{kFirst, 2}});
    CHECK(values(fixture.read(2)) == numbers(0, 2));
    open.commit();
    CHECK(values(fixture.read(4)) == numbers(2, 6));
}

TEST_CASE("a bounded source ends where it was told, even in the middle and at markers", "[kafka]") {
    client().create_topic("source.bounded", 3);
    client().produce("source.bounded", numbered(0, 10, 0));
    Transaction aborted(shared_broker().bootstrap_servers(), "source.bounded");
    aborted.produce("source.bounded", numbered(0, 5, 1));
    aborted.abort();
    SourceFixture fixture(options_for("source.bounded"));
    fixture.add_all(true);  // Partition 1 has no record to read, partition 2 nothing at all.
    client().produce("source.bounded", numbered(10, 20, 0));  // After the bound was taken.
    CHECK(fixture.reader().position(SourcePartition{2}).ended);
    CHECK(values(fixture.read_to_end()) == numbers(0, 10));
    CHECK(fixture.reader().position(kFirst).next_offset == 10);
    CHECK(fixture.reader().position(SourcePartition{1}).next_offset == 6);
    CHECK(fixture.poll().empty());
}

TEST_CASE("a job without commits begins where 'start' says, exactly", "[kafka]") {
    client().create_topic("source.start", 2);
    client().produce("source.start", numbered(0, 10, 0, 1'700'000'000'000));
    const auto starts = [](StartAt start) {
        return SourceFixture(options_for("source.start", start)).starts();
    };
    const auto at_ms = [](std::int64_t ms) {
        return StartAt{StartAt::Kind::Time, velo::EventTime{std::chrono::microseconds{ms * 1000}}};
    };
    constexpr SourcePartition kEmpty{1};
    CHECK(starts({StartAt::Kind::Earliest, {}}) == Offsets{{kFirst, 0}, {kEmpty, 0}});
    CHECK(starts({StartAt::Kind::Latest, {}}) == Offsets{{kFirst, 10}, {kEmpty, 0}});
    CHECK(starts(at_ms(1'700'000'000'004)) == Offsets{{kFirst, 4}, {kEmpty, 0}});
    CHECK(starts(at_ms(1)) == Offsets{{kFirst, 0}, {kEmpty, 0}});
    CHECK(starts(at_ms(1'700'000'000'010)) == Offsets{{kFirst, 10}, {kEmpty, 0}});
    StartAt between = at_ms(1'700'000'000'004);
    between.time += std::chrono::microseconds{1};
    CHECK(starts(between) == Offsets{{kFirst, 5}, {kEmpty, 0}});
}

TEST_CASE(
    "committed offsets win over 'start', and partitions that came later begin at their beginning",
    "[kafka]") {
    client().create_topic("source.commit", 2);
    client().produce("source.commit", numbered(0, 10, 0));
    client().produce("source.commit", numbered(0, 10, 1));
    {
        SourceFixture fixture(options_for("source.commit", {StartAt::Kind::Latest, {}}));
        CHECK(fixture.starts() == Offsets{{kFirst, 10}, {SourcePartition{1}, 10}});
        velo::tests::expect_none(fixture.source().commit({{kFirst, 7}}));
    }
    CHECK(client().committed("velostream.source.commit", "source.commit", 0)->offset == 7);
    SourceFixture again(options_for("source.commit", {StartAt::Kind::Latest, {}}));
    CHECK(again.starts() == Offsets{{kFirst, 7}, {SourcePartition{1}, 0}});
}

TEST_CASE("an offset that is gone is a fatal error that says what to do, never a silent jump",
          "[kafka]") {
    client().create_topic("source.gone", 1);
    client().produce("source.gone", numbered(0, 3));
    SourceFixture fixture(options_for("source.gone"));
    fixture.reader().add(kFirst, 1000, std::nullopt);
    std::optional<velo::engine::PortError> error;
    RawBatch batch;
    velo::tests::until(
        [&] {
            CHECK(fixture.reader().poll(kFirst, 10, batch) == 0);
            error = fixture.reader().take_error();
            return error && error->fatal;
        },
        [&] { static_cast<void>(fixture.wake().woken(1000)); });
    CHECK(error->code == "offset_out_of_range");
    CHECK(error->text ==
          "topic 'source.gone' partition 0 offset 1000: the offset is not there any more; records "
          "were deleted before the job read them, or the "
          "topic was made anew; 'velostream jobs reset' makes the job begin again where 'start' "
          "says");
    CHECK(fixture.reader().position(kFirst).next_offset == 1000);
}

TEST_CASE("a topic that is missing is an error that passes when it is made", "[kafka]") {
    auto source = velo::connectors::make_source(options_for("source.missing"));
    std::vector<velo::engine::PartitionName> names;
    const auto error = source->refresh_partitions(names);
    REQUIRE(error);
    CHECK_FALSE(error->fatal);
    CHECK(error->code == "topic_missing");
    CHECK(error->text ==
          "topic 'source.missing': looking it up: unknown topic or partition; create it or correct "
          "its name");
    client().create_topic("source.missing", 2);
    velo::tests::until([&] { return !source->refresh_partitions(names); }, [] {});
    CHECK(names.size() == 2);
    CHECK(names[1].topic == "source.missing");
    CHECK(names[1].partition == 1);
}

TEST_CASE("a partition added while reading is found and read", "[kafka]") {
    client().create_topic("source.grows", 1);
    client().produce("source.grows", numbered(0, 5, 0));
    SourceFixture fixture(options_for("source.grows"));
    fixture.add_all(false);
    CHECK(fixture.read(5).size() == 5);
    client().grow_topic("source.grows", 2);
    client().produce("source.grows", numbered(5, 8, 1));
    velo::tests::until(
        [&] {
            fixture.refresh();
            return fixture.partitions() == 2;
        },
        [] { std::this_thread::sleep_for(20ms); });
    Offsets starts;
    velo::tests::expect_none(fixture.source().start_offsets(1, 1, starts));
    CHECK(starts == Offsets{{SourcePartition{1}, 0}});
    fixture.reader().add(SourcePartition{1}, 0, std::nullopt);
    CHECK(values(fixture.read(3)) == numbers(5, 8));
}

TEST_CASE("a partition that is not polled stays within the budget, and the others flow on",
          "[kafka]") {
    constexpr int kRecords = 20'000;
    constexpr std::size_t kBudget = 4U << 20;
    client().create_topic("source.pressure", 2);
    const std::string kilobyte(1000, 'x');
    for (std::int32_t partition = 0; partition < 2; ++partition) {
        std::vector<Record> records;
        for (int i = 0; i < kRecords; ++i)
            records.push_back({std::nullopt, kilobyte, {}, partition, 0, -1});
        client().produce("source.pressure", records);
    }
    SourceFixture fixture(options_for("source.pressure"), kBudget);
    fixture.add_all(false);
    std::int64_t read = 0;
    const auto begun = std::chrono::steady_clock::now();
    const auto drain = [&](SourcePartition partition) {
        std::int64_t largest = 0;
        velo::tests::until(
            [&] {
                RawBatch batch;
                largest = std::max<std::int64_t>(largest,
                                                 fixture.reader().poll(partition, 100'000, batch));
                read += static_cast<std::int64_t>(batch.size());
                fixture.reader().release(batch);
                return fixture.reader().position(partition).next_offset == kRecords;
            },
            [&] { static_cast<void>(fixture.wake().woken(20)); });
        return largest;
    };
    drain(kFirst);
    // Partition 1 was left alone all the while: its first poll finds what its queue held, no more than its share.
    RawBatch waiting;
    static_cast<void>(fixture.reader().poll(SourcePartition{1}, 100'000, waiting));
    CHECK(!waiting.empty());
    CHECK(waiting.size() * kilobyte.size() < kBudget / 2 + (1U << 20));
    fixture.reader().release(waiting);
    drain(SourcePartition{1});
    // 40 MB through queues of 1 MiB: with one pause of a second for each full queue this would take half a minute.
    CHECK(std::chrono::steady_clock::now() - begun < 10s);
}

TEST_CASE("a quiet partition does not slow a busy one down, however small its queue", "[kafka]") {
    constexpr int kRecords = 60'000;
    constexpr std::size_t kBudget = 1U << 20;
    client().create_topic("source.skew", 2);
    SourceFixture fixture(options_for("source.skew"), kBudget);
    fixture.add_all(false);
    const auto read_all = [&] {
        client().produce("source.skew", numbered(0, kRecords));
        const auto begun = std::chrono::steady_clock::now();
        CHECK(fixture.read(kRecords).size() == kRecords);
        return std::chrono::steady_clock::now() - begun;
    };
    // Queues of some 700 records: if each waited for the quiet partition's half second, this would take over 40 s.
    CHECK(read_all() < 15s);
    for (int i = 0; i < 4; ++i) {  // Both partitions are quiet for long enough to be calm.
        static_cast<void>(fixture.ends());
        CHECK(fixture.poll().empty());
    }
    CHECK(read_all() < 15s);
}

TEST_CASE("a broker that goes away and comes back loses nothing and repeats nothing", "[kafka]") {
    Broker broker;
    const KafkaClient outside(broker.bootstrap_servers());
    outside.create_topic("source.away", 2);
    outside.produce("source.away", numbered(0, 1000, 0));
    outside.produce("source.away", numbered(0, 1000, 1));
    SourceFixture fixture(options_for("source.away", {}, broker));
    fixture.add_all(false);
    auto records = fixture.read(1500);
    broker.stop();
    for (auto& record : fixture.poll()) records.push_back(std::move(record));
    const auto error = fixture.source().commit({{kFirst, 1000}});
    REQUIRE(error);
    CHECK_FALSE(error->fatal);
    broker.start();
    outside.produce("source.away", numbered(1000, 2000, 0));
    for (auto& record : fixture.read(4000 - 1000 - records.size()))
        records.push_back(std::move(record));
    velo::tests::until([&] { return !fixture.source().commit({{kFirst, 2000}}); }, [] {});
    CHECK(outside.committed("velostream.source.away", "source.away", 0)->offset == 2000);
    std::vector<std::string> first;
    std::vector<std::string> second;
    for (const ReadRecord& record : records)
        (record.partition == 0 ? first : second).push_back(record.value);
    CHECK(first == numbers(0, 2000));
    CHECK(second == numbers(0, 1000));
}

TEST_CASE("new records wake a sleeping reader soon", "[kafka]") {
    client().create_topic("source.latency", 1);
    SourceFixture fixture(options_for("source.latency"));
    fixture.add_all(false);
    static_cast<void>(fixture.poll());
    while (fixture.wake().woken(700))
        static_cast<void>(fixture.poll());  // The end of the empty partition.
    client().produce("source.latency", numbered(0, 1));
    const auto produced = std::chrono::steady_clock::now();
    CHECK(fixture.read(1).size() == 1);
    CHECK(std::chrono::steady_clock::now() - produced < 300ms);
}
