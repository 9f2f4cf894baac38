// Thousands of fates of a job that writes in transactions: after each commit, everything below the position is visible
// once, in order, and nothing else. Clients that are broken on purpose show that this would be noticed.
#include "connectors/kafka/transactions.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/chunk_literal.hpp"
#include "tests/connectors/kafka/simulated_broker.hpp"

using velo::EpochId;
using velo::connectors::Answer;
using velo::connectors::EpochRecords;
using velo::connectors::Flight;
using velo::connectors::TransactionOptions;
using velo::connectors::Transactions;
using velo::engine::CommitStep;
using velo::tests::Breakage;
using velo::tests::Crash;
using velo::tests::Dice;
using velo::tests::SimulatedBroker;
using velo::tests::SimulatedClient;

namespace {

constexpr std::uint64_t kFates = 8000;
constexpr std::int64_t kGoal = 120;  // Input records of a run.
constexpr std::uint64_t kFaultySteps = 800;
constexpr std::uint64_t kCalmSteps = 4000;

std::int64_t number_after(const std::string& note, std::string_view name) {
    const std::size_t at = note.find(name);
    return at == note.npos ? 0 : std::stoll(note.substr(at + name.size()));
}

// One life of the job's process: input i goes to writer i mod kWriters, which answers with the record i.
class Process {
public:
    Process(SimulatedBroker& broker, Dice& dice, Breakage breakage, bool has_oracle)
        : broker_(broker),
          dice_(dice),
          client_(broker, dice, breakage),
          records_(client_, true, 3000, -1),
          transactions_(client_, records_, TransactionOptions{}) {
        transactions_.set_oracle(
            [this, has_oracle]() -> std::expected<std::string, velo::engine::PortError> {
                if (dice_.fault(100))
                    return std::unexpected(
                        velo::engine::PortError{false, "simulated", "no answer"});
                if (!has_oracle && was_asked_) return known_;
                was_asked_ = true;
                return known_ = broker_.note;
            });
    }

    // Returns whether this life has ended, in another way than by a crash.
    bool step() {
        if (!is_started_) return start();
        switch (dice_.up_to(5)) {
            case 0:
            case 1:
                write();
                break;
            case 2:
                for (const auto& writer : writers_) writer->serve();
                break;
            case 3:
                cut();
                break;
            default:
                break;
        }
        Answer heard =
            client_.serve([this](Flight& flight, std::uint64_t records,
                                 std::int64_t offset) { records_.land(flight, records, offset); },
                          {});
        keep_gravest(heard, records_.serve());
        static_cast<void>(transactions_.serve(std::move(heard)));
        if (const auto error = transactions_.take_error(); error && error->fatal) return true;
        if (cut_position_ && records_.is_settled(committing_)) return commit();
        return false;
    }
    [[nodiscard]] std::uint64_t resends() const { return transactions_.resends(); }
    [[nodiscard]] std::uint64_t producers() const { return transactions_.producers(); }

private:
    bool start() {
        if (const auto error = transactions_.init()) return error->fatal;
        // As a job recovers: what is committed says where to go on, and with which epoch.
        position_ = broker_.position;
        committing_ = EpochId{static_cast<std::uint64_t>(number_after(broker_.note, "e=")) + 1};
        writing_ = committing_;
        transactions_.begin_at(committing_);
        transactions_.start();
        for (int i = 0; i < SimulatedBroker::kWriters; ++i)
            writers_.push_back(records_.make_writer(-1));
        waiting_.resize(SimulatedBroker::kWriters);
        is_started_ = true;
        return false;
    }

    // Some more input; a writer that refuses keeps its chunk and takes no more input, like a pipeline.
    void write() {
        const std::int64_t to =
            std::min(kGoal, position_ + static_cast<std::int64_t>(dice_.up_to(12)));
        if (!deliver()) return;
        std::vector<std::vector<velo::tests::KeyAndValue>> rows(waiting_.size());
        for (; position_ < to; ++position_)
            rows[static_cast<std::size_t>(position_ % SimulatedBroker::kWriters)].emplace_back(
                std::nullopt, std::to_string(position_));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!rows[i].empty()) waiting_[i] = velo::tests::chunk(writing_, rows[i]);
        }
        static_cast<void>(deliver());
    }
    bool deliver() {
        bool all = true;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            if (waiting_[i] && !waiting_[i]->records.empty() &&
                !writers_[i]->try_write(waiting_[i]))
                all = false;
            else
                waiting_[i].reset();
        }
        return all;
    }

    // The epoch that is written ends, if the one before is committed and every writer has delivered.
    void cut() {
        if (cut_position_ || !deliver()) return;
        cut_position_ = position_;
        records_.append(0, writing_, "state", std::to_string(position_));
        ++writing_.value;
    }

    bool commit() {
        const std::string note = "e=" + std::to_string(committing_.value) +
                                 ";p=" + std::to_string(*cut_position_) +
                                 ";s=" + std::to_string(records_.log_ends().at(0));
        const auto result = transactions_.commit(committing_, {{"in", 0, *cut_position_}}, note);
        if (result.step == CommitStep::Again) return false;
        if (result.step != CommitStep::Committed) return true;
        cut_position_.reset();
        ++committing_.value;
        return false;
    }

    SimulatedBroker& broker_;
    Dice& dice_;
    SimulatedClient client_;
    EpochRecords records_;
    Transactions transactions_;
    std::string known_;
    bool was_asked_ = false;
    bool is_started_ = false;
    std::int64_t position_ = 0;
    EpochId writing_;
    EpochId committing_;
    std::optional<std::int64_t> cut_position_;
    std::vector<std::unique_ptr<velo::engine::SinkWriter>> writers_;
    std::vector<std::unique_ptr<velo::engine::OutputChunk>> waiting_;
};

// Another instance takes over, and perhaps commits the next ten.
void take_over(SimulatedBroker& broker, Dice& dice) {
    const std::int64_t rival = broker.init();
    if (dice.one_in(2)) return;
    const std::int64_t to = std::min(kGoal, broker.position + 10);
    for (std::int64_t i = broker.position; i < to; ++i)
        static_cast<void>(
            broker.produce(rival, {static_cast<std::int32_t>(i % SimulatedBroker::kWriters), i}));
    static_cast<void>(broker.produce(rival, {SimulatedBroker::kLog, to}));
    const auto epoch = number_after(broker.note, "e=") + 1;
    static_cast<void>(broker.send_offsets(
        rival, to, "e=" + std::to_string(epoch) + ";p=" + std::to_string(to) + ";rival"));
    static_cast<void>(broker.end(rival, true));
}

struct Fate {
    std::optional<std::string> violation;
    bool is_stuck = false;
    std::uint64_t lives = 0;
    std::uint64_t resends = 0;
    std::uint64_t producers = 0;
};

Fate run(std::uint64_t seed, Breakage breakage, bool has_oracle = true) {
    Dice dice(seed);
    SimulatedBroker broker;
    Fate fate;
    std::unique_ptr<Process> process;
    for (std::uint64_t step = 0; step < kFaultySteps + kCalmSteps; ++step) {
        if (step == kFaultySteps) dice.is_calm = true;
        if (!process) {
            process = std::make_unique<Process>(broker, dice, breakage, has_oracle);
            ++fate.lives;
        }
        broker.now += std::chrono::milliseconds(dice.fault(5) ? 12'000 : dice.up_to(20));
        if (dice.fault(5)) take_over(broker, dice);
        if (dice.one_in(10)) broker.let_arrive(dice);
        bool has_ended = false;
        try {
            has_ended = process->step();
        } catch (const Crash&) {
            has_ended = true;
        }
        if (has_ended || broker.violation || broker.position == kGoal) {
            fate.resends += process->resends();
            fate.producers += process->producers();
            if (broker.violation || broker.position == kGoal) break;
            process.reset();
        }
    }
    fate.violation = broker.violation;
    fate.is_stuck = !fate.violation && broker.position != kGoal;
    return fate;
}

std::uint64_t violations(std::uint64_t runs, Breakage breakage, bool has_oracle = true) {
    std::uint64_t count = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed)
        count += run(seed, breakage, has_oracle).violation ? 1U : 0U;
    return count;
}

}  // namespace

TEST_CASE("whatever happens, every record is visible once, in order, with its position",
          "[transactions]") {
    Fate sum;
    for (std::uint64_t seed = 1; seed <= kFates; ++seed) {
        const Fate fate = run(seed, Breakage::None);
        if (fate.violation) FAIL("seed " << seed << ": " << *fate.violation);
        if (fate.is_stuck) FAIL("seed " << seed << " does not come to an end");
        sum.lives += fate.lives;
        sum.resends += fate.resends;
        sum.producers += fate.producers;
    }
    // The faults did happen.
    CHECK(sum.lives > kFates);
    CHECK(sum.resends > kFates);
    CHECK(sum.producers > sum.lives);
    INFO(sum.lives << " lives, " << sum.resends << " resends, " << sum.producers << " producers");
    SUCCEED();
}

TEST_CASE("the simulation notices a producer that goes on after an unclean end", "[transactions]") {
    CHECK(violations(300, Breakage::NeverReplaced) > 0);
}

TEST_CASE("the simulation notices a commit without positions", "[transactions]") {
    CHECK(violations(20, Breakage::OffsetsNotSent) == 20);
}

TEST_CASE("the simulation notices records sent anew on top of those sent before",
          "[transactions]") {
    CHECK(violations(300, Breakage::NotAborted) > 0);
}

TEST_CASE("the simulation notices a commit of unknown outcome that is taken for none",
          "[transactions]") {
    CHECK(violations(300, Breakage::None, false) > 0);
}
