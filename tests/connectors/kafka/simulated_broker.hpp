// A broker's side of transactions, and a client of it that loses, delays and repeats what a real one may.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "connectors/kafka/flight.hpp"
#include "connectors/kafka/transaction_client.hpp"

namespace velo::tests {

/// Draws that depend on nothing but the seed.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    /// True in `per_thousand` of 1000 cases, never once calm.
    bool fault(unsigned per_thousand) { return !is_calm && up_to(999) < per_thousand; }
    bool one_in(std::uint64_t n) { return up_to(n - 1) == 0; }
    std::uint64_t up_to(std::uint64_t most) { return random_() % (most + 1); }

    bool is_calm = false;

private:
    std::mt19937_64 random_;
};

/// What somebody can read, and who may write. One transactional id, one group.
/// The model of a transaction's first protocol: a request is known by the producer's epoch only, so a late one can hit
/// the next transaction of the same epoch (KAFKA-17754).
class SimulatedBroker {
public:
    struct Entry {
        std::int32_t partition = 0;
        std::int64_t value = 0;
    };
    struct Late {
        std::int64_t producer = 0;
        std::optional<Entry> entry;  // Or the request to end the transaction …
        bool commits = false;        // … this way.
    };
    enum class Reply : std::uint8_t { Done, Outdated };

    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    std::chrono::milliseconds now{0};

    /// A producer epoch that locks the others out; what is open is aborted.
    std::int64_t init() {
        expire();
        open_.reset();
        return ++producer_;
    }
    /// As above, but leaves what is open: no broker does so.
    std::int64_t init_without_abort() { return ++producer_; }

    Reply produce(std::int64_t producer, Entry entry, std::int64_t* offset = nullptr) {
        expire();
        if (producer != producer_) return Reply::Outdated;
        Transaction& to = transaction();
        to.entries.push_back(entry);
        if (offset != nullptr) *offset = next_offset_++;
        return Reply::Done;
    }
    Reply send_offsets(std::int64_t producer, std::int64_t to_position, const std::string& with) {
        expire();
        if (producer != producer_) return Reply::Outdated;
        Transaction& to = transaction();
        to.position = to_position;
        to.note = with;
        return Reply::Done;
    }
    Reply end(std::int64_t producer, bool commits) {
        expire();
        if (producer != producer_) return Reply::Outdated;
        if (open_ && commits) {
            for (const Entry& entry : open_->entries)
                visible[entry.partition].push_back(entry.value);
            if (open_->position) position = *open_->position;
            if (!open_->note.empty()) note = open_->note;
            judge();
        }
        open_.reset();
        return Reply::Done;
    }

    void delay(Late late) { late_.push_back(late); }
    /// One of the requests that are late arrives now.
    void let_arrive(Dice& dice) {
        if (late_.empty()) return;
        const auto at = late_.begin() + static_cast<std::ptrdiff_t>(dice.up_to(late_.size() - 1));
        const Late late = *at;
        late_.erase(at);
        if (late.entry) {
            static_cast<void>(produce(late.producer, *late.entry));
        } else {
            static_cast<void>(end(late.producer, late.commits));
        }
    }

    // What a reader of decided transactions sees.
    std::map<std::int32_t, std::vector<std::int64_t>> visible;
    std::int64_t position = 0;
    std::string note;
    std::optional<std::string> violation;

    static constexpr std::int32_t kWriters = 3;
    static constexpr std::int32_t kLog = 100;

private:
    struct Transaction {
        std::chrono::milliseconds begun{0};
        std::vector<Entry> entries;
        std::optional<std::int64_t> position;
        std::string note;
    };

    Transaction& transaction() {
        if (!open_) open_.emplace().begun = now;
        return *open_;
    }
    void expire() {
        if (!open_ || now - open_->begun < timeout) return;
        open_.reset();
        ++producer_;
    }

    // Value i belongs to partition i mod kWriters. After every commit each value below the position is visible once, in
    // order, and none from it on; and the log's last record is the position.
    void judge() {
        std::int64_t records = 0;
        for (std::int32_t partition = 0; partition < kWriters; ++partition) {
            std::int64_t next = partition;
            for (const std::int64_t value : visible[partition]) {
                if (value != next) return violate(partition, value, next);
                next += kWriters;
                ++records;
            }
        }
        if (records != position) return violate(-1, records, position);
        const auto& log = visible[kLog];
        if (log.empty() || log.back() != position)
            violate(kLog, log.empty() ? -1 : log.back(), position);
    }
    void violate(std::int32_t partition, std::int64_t got, std::int64_t expected) {
        if (violation) return;
        violation = "partition " + std::to_string(partition) + ": " + std::to_string(got) +
                    " where " + std::to_string(expected) + " should be";
    }

    std::int64_t producer_ = 0;
    std::optional<Transaction> open_;
    std::int64_t next_offset_ = 0;
    std::vector<Late> late_;
};

/// The process dies at the place where it is thrown.
struct Crash {};

/// A client that is broken on purpose, to see that the simulation notices.
enum class Breakage : std::uint8_t { None, NeverReplaced, OffsetsNotSent, NotAborted };

class SimulatedClient final : public connectors::TransactionClient {
public:
    using Answer = connectors::Answer;
    using Demand = connectors::Demand;
    using Flight = connectors::Flight;

    SimulatedClient(SimulatedBroker& broker, Dice& dice, Breakage breakage)
        : broker_(broker), dice_(dice), breakage_(breakage) {}

    Answer replace() override {
        spend();
        queue_.clear();
        is_broken_ = false;
        if (breakage_ == Breakage::NeverReplaced && has_begun_) {
            static_cast<void>(broker_.end(producer_, false));
            return {};
        }
        is_new_ = true;
        return {};
    }

    Answer init(Limit limit) override {
        spend();
        if (!is_new_) return {};
        if (dice_.fault(100)) return slow(limit, Demand::Patience);
        if (dice_.fault(30)) return failed(Demand::Rebuild);
        const bool aborts = breakage_ != Breakage::NotAborted || !has_begun_;
        producer_ = aborts ? broker_.init() : broker_.init_without_abort();
        is_new_ = false;
        may_crash();
        if (dice_.fault(30)) return failed(Demand::Rebuild);
        return {};
    }

    Answer ready(Limit) override { return dice_.fault(50) ? failed(Demand::Patience) : Answer{}; }

    Answer begin() override {
        spend();
        has_begun_ = true;
        ends_ = 0;
        return dice_.fault(20) ? failed(Demand::Rebuild) : Answer{};
    }

    Answer produce(Flight& flight) override {
        may_crash();
        if (is_broken_ || dice_.fault(3)) return broken();
        for (; flight.given < flight.records; ++flight.given) {
            if (queue_.size() >= kRoom) return failed(Demand::Patience);
            queue_.push_back({&flight, entry(flight, flight.given)});
        }
        return {};
    }

    Answer send_offsets(const std::vector<connectors::PartitionOffset>& offsets,
                        const std::string& note, Limit limit) override {
        spend();
        if (is_broken_) return failed(Demand::Resend);
        if (dice_.fault(60)) return slow(limit, Demand::Patience);
        if (dice_.fault(40)) return broken();
        if (breakage_ != Breakage::OffsetsNotSent &&
            broker_.send_offsets(producer_, offsets.at(0).offset, note) !=
                SimulatedBroker::Reply::Done)
            return failed(Demand::Stop);
        may_crash();
        if (dice_.fault(40)) return slow(limit, Demand::Patience);
        if (dice_.fault(20)) return failed(Demand::Rebuild);
        return {};
    }

    Answer commit(Limit limit) override {
        spend();
        ++ends_;
        if (is_broken_) return failed(Demand::Resend);
        if (dice_.fault(60)) {  // It is under way, for longer than we wait.
            broker_.delay({.producer = producer_, .entry = {}, .commits = true});
            return slow(limit, dice_.one_in(4) ? Demand::Rebuild : Demand::Patience);
        }
        if (dice_.fault(40)) return failed(dice_.one_in(2) ? Demand::Rebuild : Demand::Resend);
        if (broker_.end(producer_, true) != SimulatedBroker::Reply::Done)
            return failed(Demand::Stop);
        may_crash();
        if (dice_.fault(60)) return slow(limit, Demand::Patience);
        if (dice_.fault(40)) return failed(Demand::Rebuild);
        return {};
    }

    Answer abort(Limit limit) override {
        spend();
        queue_.clear();
        if (dice_.fault(100)) {
            broker_.delay({.producer = producer_, .entry = {}, .commits = false});
            return slow(limit, Demand::Patience);
        }
        if (breakage_ != Breakage::NotAborted &&
            broker_.end(producer_, false) != SimulatedBroker::Reply::Done)
            return failed(Demand::Stop);
        return dice_.fault(100) ? failed(Demand::Rebuild) : Answer{};
    }

    std::uint64_t ends_sent() const noexcept override {
        return breakage_ == Breakage::NeverReplaced ? 1 : ends_;
    }
    bool is_member() const override { return !dice_.fault(200); }

    Answer serve(const Written& written, Limit) override {
        may_crash();
        for (std::uint64_t n = dice_.up_to(kRoom); n > 0 && !queue_.empty(); --n) {
            const auto [flight, entry] = queue_.front();
            queue_.pop_front();
            if (dice_.fault(
                    4)) {  // Under way for longer than it is waited for; perhaps it comes yet.
                if (dice_.one_in(2))
                    broker_.delay({.producer = producer_, .entry = entry, .commits = false});
                return broken();
            }
            std::int64_t offset = -1;
            if (broker_.produce(producer_, entry, &offset) != SimulatedBroker::Reply::Done)
                return broken();
            if (dice_.fault(2)) return broken();  // Its acknowledgement was lost.
            written(*flight, 1, offset);
        }
        return {};
    }

    std::chrono::steady_clock::time_point now() const override {
        return std::chrono::steady_clock::time_point(broker_.now);
    }

private:
    static constexpr std::size_t kRoom = 20;
    struct Queued {
        Flight* flight;
        SimulatedBroker::Entry entry;
    };

    static SimulatedBroker::Entry entry(const Flight& flight, std::uint64_t at) {
        if (flight.kind == Flight::Kind::Log)
            return {SimulatedBroker::kLog, std::stoll(flight.log.value)};
        const auto& chunk = *flight.chunk;
        const std::int64_t value = std::stoll(std::string(chunk.value(chunk.records.at(at))));
        return {static_cast<std::int32_t>(value % SimulatedBroker::kWriters), value};
    }

    void spend() {
        may_crash();
        broker_.now += std::chrono::milliseconds(dice_.up_to(5));
    }
    void may_crash() {
        if (dice_.fault(2)) throw Crash{};
    }
    Answer slow(Limit limit, Demand demand) {
        broker_.now += limit;
        return failed(demand);
    }
    Answer broken() {
        queue_.clear();
        is_broken_ = true;
        return failed(Demand::Resend);
    }
    static Answer failed(Demand demand) {
        return {.demand = demand,
                .error = {.fatal = false, .code = "simulated", .text = "a fault"}};
    }

    SimulatedBroker& broker_;
    Dice& dice_;
    const Breakage breakage_;
    std::int64_t producer_ = -1;
    std::deque<Queued> queue_;
    std::uint64_t ends_ = 0;
    bool is_new_ = true;
    bool is_broken_ = false;
    bool has_begun_ = false;
};

}  // namespace velo::tests
