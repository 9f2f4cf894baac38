#include "connectors/kafka/epoch_records.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/chunk_literal.hpp"
#include "tests/connectors/scratch_folder.hpp"

using velo::EpochId;
using velo::connectors::Answer;
using velo::connectors::Demand;
using velo::connectors::EpochRecords;
using velo::connectors::Flight;
using velo::tests::chunk;
using velo::tests::WakeDescriptor;

namespace {

constexpr EpochId kFirst{1};
constexpr EpochId kSecond{2};

// Keeps what it is given; acknowledges when told to. It notices writers that come while it is nobody's.
class KeepingClient final : public velo::connectors::TransactionClient {
public:
    Answer produce(Flight& flight) override {
        if (is_closed) was_disturbed = true;
        const std::lock_guard lock(mutex_);
        if (room == 0) return {.demand = Demand::Patience, .error = {}};
        while (flight.given < flight.records && room > 0) {
            --room;
            under_way_.push_back(&flight);
            const auto at = flight.given++;
            values.push_back(value_of(flight, at));
        }
        if (flight.given < flight.records) return {.demand = Demand::Patience, .error = {}};
        return {};
    }
    void acknowledge(EpochRecords& records) {
        std::vector<Flight*> landing;
        {
            const std::lock_guard lock(mutex_);
            landing.swap(under_way_);
        }
        for (Flight* flight : landing) records.land(*flight, 1, next_offset_++);
    }
    // As a new producer does: what was under way is forgotten.
    Answer replace() override {
        const std::lock_guard lock(mutex_);
        under_way_.clear();
        values.clear();
        return {};
    }
    Answer init(Limit) override { return {}; }
    Answer ready(Limit) override { return {}; }
    Answer begin() override { return {}; }
    Answer send_offsets(const std::vector<velo::connectors::PartitionOffset>&, const std::string&,
                        Limit) override {
        return {};
    }
    Answer commit(Limit) override { return {}; }
    Answer abort(Limit) override { return {}; }
    std::uint64_t ends_sent() const noexcept override { return 1; }
    bool is_member() const override { return true; }
    Answer serve(const Written&, Limit) override { return {}; }
    std::chrono::steady_clock::time_point now() const override { return {}; }

    std::vector<std::string> values;
    std::size_t room = 1'000'000'000;
    std::atomic<bool> is_closed{false};
    std::atomic<bool> was_disturbed{false};

private:
    static std::string value_of(const Flight& flight, std::uint64_t record) {
        if (flight.kind == Flight::Kind::Log) return flight.log.value;
        if (flight.kind == Flight::Kind::DeadLetter) return flight.letter.value;
        return std::string(flight.chunk->value(flight.chunk->records[record]));
    }

    std::mutex mutex_;
    std::vector<Flight*> under_way_;
    std::int64_t next_offset_ = 0;
};

struct Fixture {
    explicit Fixture(bool keeps_epochs = true, std::size_t budget = 10'000)
        : records(client, keeps_epochs, budget, control.get()),
          writer(records.make_writer(wake.get())) {
        serve();
    }
    void serve() { CHECK(records.serve().is_done()); }
    bool write(EpochId epoch, const std::string& value) {
        auto written = chunk(epoch, {{std::nullopt, value}});
        return writer->try_write(written);
    }

    WakeDescriptor control;
    WakeDescriptor wake;
    KeepingClient client;
    EpochRecords records;
    std::unique_ptr<velo::engine::SinkWriter> writer;
};

using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("records wait for their epoch, and go out in order when it is opened", "[epoch]") {
    Fixture the;
    CHECK(the.write(kFirst, "a"));
    CHECK(the.client.values.empty());
    the.records.open(kFirst);
    CHECK(the.wake.woken());
    the.writer->serve();
    CHECK(the.write(kFirst, "b"));
    CHECK(the.write(kSecond, "c"));
    the.records.append(0, kSecond, "k", "log");
    CHECK(the.client.values == Values{"a", "b"});
    the.client.acknowledge(the.records);
    CHECK(the.records.is_settled(kFirst));
    CHECK_FALSE(the.records.is_settled(kSecond));
    the.records.close();
    the.records.recycle();
    the.records.open(kSecond);
    the.writer->serve();
    CHECK(the.client.values == Values{"a", "b", "log", "c"});
    the.client.acknowledge(the.records);
    CHECK(the.records.is_settled(kSecond));
    CHECK(the.records.log_ends() == std::vector<std::int64_t>{3});
    CHECK(the.records.counts().records == 2);  // Committed ones.
}

TEST_CASE("what is of the open epoch is always taken, what is ahead only while there is room",
          "[epoch]") {
    Fixture the;
    the.records.open(kFirst);
    const std::string large(20'000, 'x');
    CHECK(the.write(kFirst, large));
    CHECK(the.write(kFirst, large));
    CHECK(the.write(kSecond, "ahead"));
    CHECK_FALSE(the.write(kSecond, large));
    the.client.acknowledge(the.records);
    the.records.close();
    the.records.recycle();
    CHECK(the.wake.woken());
    CHECK_FALSE(the.write(kSecond, large));
    the.records.open(kSecond);
    CHECK(the.wake.woken());
    CHECK(the.write(kSecond, large));
    CHECK(the.client.values.size() == 4);
}

TEST_CASE("a dead letter of the next epoch holds no answer of the open one up", "[epoch]") {
    Fixture the;
    the.records.open(kFirst);
    const std::string large(10'000, 'x');
    velo::engine::DeadLetter letter;
    letter.value = "letter";
    REQUIRE(the.writer->try_write(letter, kSecond));
    REQUIRE(the.write(kSecond, "ahead"));
    REQUIRE_FALSE(the.write(kSecond, large));
    CHECK(the.write(kFirst, "a"));
    the.client.room = 1;
    CHECK(the.write(kFirst, large));
    CHECK(the.write(kFirst, "b"));  // The producer is full: it waits, before the next epoch's.
    the.client.room = 1'000'000;
    the.writer->serve();
    CHECK(the.client.values == Values{"a", large, "b"});
    the.client.acknowledge(the.records);
    REQUIRE(the.records.is_settled(kFirst));
    the.records.close();
    the.records.recycle();
    the.records.open(kSecond);
    the.writer->serve();
    CHECK(the.client.values == Values{"a", large, "b", "letter", "ahead"});
}

TEST_CASE("a chunk comes back to be filled again when its epoch is committed, not before",
          "[epoch]") {
    Fixture the;
    the.records.open(kFirst);
    auto written = chunk(kFirst, {{std::nullopt, "a"}});
    const auto* const sent = written.get();
    REQUIRE(the.writer->try_write(written));
    the.client.acknowledge(the.records);
    written = chunk(kFirst, {{std::nullopt, "b"}});
    REQUIRE(the.writer->try_write(written));
    CHECK_FALSE(written);
    the.client.acknowledge(the.records);
    the.records.close();
    the.records.recycle();
    the.records.open(kSecond);
    std::vector<const velo::engine::OutputChunk*> back;
    for (const char* value : {"c", "d"}) {
        written = chunk(kSecond, {{std::nullopt, value}});
        REQUIRE(the.writer->try_write(written));
        REQUIRE(written);
        CHECK(written->records.empty());
        back.push_back(written.get());
    }
    CHECK(std::ranges::count(back, sent) == 1);
}

TEST_CASE("an epoch that is sent again is not settled until it is acknowledged again", "[epoch]") {
    Fixture the;
    the.records.open(kFirst);
    for (const char* value : {"a", "b", "c"}) CHECK(the.write(kFirst, value));
    the.records.append(1, kFirst, "k", "log");
    the.client.acknowledge(the.records);
    CHECK(the.records.is_settled(kFirst));
    the.records.close();
    static_cast<void>(the.client.replace());
    the.client.room = 2;
    the.records.rewind();
    CHECK_FALSE(the.records.is_settled(kFirst));
    CHECK(the.records.resend().demand == Demand::Patience);
    the.client.room = 10;
    CHECK(the.records.resend().is_done());
    CHECK(the.client.values == Values{"a", "b", "c", "log"});
    CHECK_FALSE(the.records.is_settled(kFirst));
    the.client.acknowledge(the.records);
    CHECK(the.records.is_settled(kFirst));
}

TEST_CASE("a producer without room is waited for, and its writer woken", "[epoch]") {
    Fixture the;
    the.records.open(kFirst);
    the.client.room = 1;
    auto written = chunk(kFirst, {{std::nullopt, "a"}, {std::nullopt, "b"}});
    CHECK(the.writer->try_write(written));
    CHECK(the.write(kFirst, "c") == true);
    CHECK(the.client.values == Values{"a"});
    CHECK(the.wake.woken());  // From opening.
    the.client.acknowledge(the.records);
    the.client.room = 10;
    the.serve();
    CHECK(the.wake.woken());
    the.writer->serve();
    CHECK(the.client.values == Values{"a", "b", "c"});
}

TEST_CASE("what was sent again and committed is not sent once more by the writer that held it",
          "[epoch]") {
    Fixture the;
    the.records.open(kFirst);
    the.client.room = 1;
    auto written = chunk(kFirst, {{std::nullopt, "a"}, {std::nullopt, "b"}});
    CHECK(the.writer->try_write(written));
    the.records.close();
    static_cast<void>(the.client.replace());
    the.client.room = 10;
    the.records.rewind();
    CHECK(the.records.resend().is_done());
    the.client.acknowledge(the.records);
    CHECK(the.records.is_settled(kFirst));
    the.records.recycle();
    the.records.open(kSecond);
    the.writer->serve();
    CHECK(the.write(kSecond, "c"));
    CHECK(the.client.values == Values{"a", "b", "c"});
}

TEST_CASE("without transactions no epoch waits, and room comes back with acknowledgements",
          "[epoch]") {
    Fixture the(false, 2'000);
    CHECK(the.write(kFirst, std::string(1'500, 'x')));
    CHECK_FALSE(the.write(kSecond, std::string(1'500, 'y')));
    the.client.acknowledge(the.records);
    the.serve();
    CHECK(the.wake.woken());
    CHECK(the.write(kSecond, std::string(1'500, 'y')));
    CHECK(the.records.counts().records == 1);
}

TEST_CASE("while the gate is closed no writer touches the producer, and each one's order is kept",
          "[epoch]") {
    constexpr std::uint64_t kWriters = 3;
    constexpr std::uint64_t kEpochs = 40;
    constexpr int kChunks = 25;
    const WakeDescriptor control;
    KeepingClient client;
    EpochRecords records(client, true, 4'000, control.get());
    std::atomic<std::uint64_t> closed{0};  // Epochs, over all writers.
    std::atomic<std::uint64_t> opened{0};
    std::vector<std::jthread> threads;
    for (std::uint64_t w = 0; w < kWriters; ++w) {
        threads.emplace_back([&, w] {
            const WakeDescriptor wake;
            const auto writer = records.make_writer(wake.get());
            const std::string name = std::to_string(w) + ":";
            int number = 0;
            for (std::uint64_t epoch = 1; epoch <= kEpochs; ++epoch) {
                // A worker is at most one epoch ahead.
                while (epoch > opened + 1) std::this_thread::yield();
                for (int i = 0; i < kChunks; ++i) {
                    auto written =
                        chunk(EpochId{epoch}, {{std::nullopt, name + std::to_string(number++)}});
                    while (!writer->try_write(written)) {
                        if (!wake.woken(20'000)) return;
                    }
                }
                ++closed;
                velo::connectors::write_wake(control.get());
            }
            while (closed < kWriters * (kEpochs + 1)) {
                writer->serve();
                std::this_thread::yield();
            }
        });
    }
    std::vector<std::string> committed;
    for (std::uint64_t epoch = 1; epoch <= kEpochs; ++epoch) {
        client.is_closed = false;
        records.open(EpochId{epoch});
        opened = epoch;
        int rounds = 0;
        while (closed < epoch * kWriters || !records.is_settled(EpochId{epoch})) {
            static_cast<void>(records.serve());
            if (++rounds % 7 != 3) {
                client.acknowledge(records);
                continue;
            }
            records.close();
            client.is_closed = true;
            static_cast<void>(client.replace());
            records.rewind();
            client.is_closed = false;  // From here on it is we who send.
            static_cast<void>(records.resend());
            records.open(EpochId{epoch});
        }
        records.close();
        client.is_closed = true;
        records.recycle();
        committed.insert(committed.end(), client.values.begin(), client.values.end());
        client.values.clear();
    }
    closed += kWriters;
    threads.clear();
    CHECK_FALSE(client.was_disturbed);
    std::vector<int> next(kWriters, 0);
    bool in_order = true;
    for (const std::string& value : committed) {
        int& expected = next[static_cast<std::size_t>(value[0] - '0')];
        in_order = in_order && value.substr(2) == std::to_string(expected++);
    }
    CHECK(in_order);
    CHECK(committed.size() == kWriters * kEpochs * kChunks);
}
