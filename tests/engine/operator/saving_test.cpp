// What operators save is enough to go on from: anywhere, on any number of pipelines, also from the latest whole round.

#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <utility>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/engine/operator/chain_case.hpp"
#include "tests/engine/operator/keyed_case.hpp"

namespace velo::engine {
namespace {

Query counted() {
    return Query{}
        .group_by({Query::kSymbol})
        .select("COUNT")
        .select("SUM", Query::kQuantity)
        .select("AVG", Query::kPrice)
        .select("MIN", Query::kSymbol)
        .select("LAST", Query::kPrice);
}

/// A query by symbol over counted() by symbol: column 3 is the symbol, 4 the count, 7 the least symbol, 8 a price.
Query over_counted() {
    constexpr std::uint32_t kOuterSymbol = 3;
    return Query{}
        .group_by({kOuterSymbol})
        .select("COUNT")
        .select("MAX", Query::kQuantity)
        .select("LAST", Query::kQuantity);
}

const std::vector<RowNumbering> kNumberings{RowNumbering::RowNumber, RowNumbering::Rank,
                                            RowNumbering::DenseRank};

/// As rc::prop. There are many kinds of operators, so each has fewer cases, unless a long run is asked for.
template <class Testable>
void property(const std::string& description, Testable&& testable) {
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    if (std::getenv("VELO_LONG") == nullptr) params.maxSuccess = 25;
    SECTION(description) {
        const auto result =
            rc::detail::checkTestable(std::forward<Testable>(testable),
                                      rc::detail::TestMetadata{description, description}, params);
        std::ostringstream said;
        rc::detail::printResultMessage(result, said);
        INFO(said.str());
        CHECK(result.template is<rc::detail::SuccessResult>());
    }
}

struct Kind {
    std::string name;
    Plan plan;
    bool judges = false;
};

std::vector<Kind> all_kinds() {
    using enum EmitMode;
    return {
        {"groups, changes", counted().grouped()},
        {"groups, every", counted().emit(Changes, true).grouped()},
        {"groups, having", counted().having().grouped(), true},
        {"groups, every, having", counted().emit(Changes, true).having().grouped(), true},
        {"groups, final", counted().emit(Final).grouped()},
        {"groups, ttl", counted().ttl(8).grouped()},
        {"groups, ttl, every", counted().ttl(7).emit(Changes, true).grouped()},
        {"groups, ttl, having", counted().ttl(15).having().grouped(), true},
        {"groups, ttl, every, having", counted().ttl(5).emit(Changes, true).having().grouped(),
         true},
        {"one group", counted().group_by({}).emit(Final).grouped()},
        {"tumbling, final", counted().window(10, 10).grouped()},
        {"hopping, final", counted().window(10, 4).grouped()},
        {"tumbling, changes", counted().window(10, 10).emit(Changes).grouped()},
        {"hopping, changes, having", counted().window(10, 5).emit(Changes).having().grouped(),
         true},
        {"hopping, every", counted().window(9, 3).emit(Changes, true).grouped()},
        {"tumbling, every, having", counted().window(10, 10).emit(Changes, true).having().grouped(),
         true},
        {"distinct", Query{}.group_by({Query::kSymbol, Query::kQuantity}).distinct()},
        {"distinct, ttl", Query{}.group_by({Query::kSymbol}).ttl(6).distinct()},
        {"limit", Query{}.limit(17)},
        {"tumbling, early", counted().window(10, 10).early().grouped()},
        {"hopping, early, having", counted().window(9, 3).early().having().grouped(), true},
        {"tumbling, corrected", counted().window(5, 5).allowed_lateness(4).grouped()},
        {"hopping, corrected, having",
         counted().window(4, 2).allowed_lateness(7).having().grouped(), true},
        {"hopping, early, corrected", counted().window(6, 2).early().allowed_lateness(3).grouped()},
        {"session, early", counted().session(2).early().grouped()},
        {"session, final", counted().session(3).grouped()},
        {"session, changes", counted().session(1).emit(Changes).grouped()},
        {"session, changes, having", counted().session(2).emit(Changes).having().grouped(), true},
        {"session, every", counted().session(2).emit(Changes, true).grouped()},
        {"session, every, having", counted().session(1).emit(Changes, true).having().grouped(),
         true},
        {"one session, final", counted().group_by({}).session(1).grouped()},
        {"minutes, hours",
         chained({counted().window(3, 3).grouped(), over_counted().window(12, 12).grouped()},
                 true)},
        {"hopping, hopping",
         chained({counted().window(4, 2).grouped(), over_counted().window(10, 5).grouped()}, true)},
        {"by symbol and quantity, by symbol",
         chained({counted().group_by({Query::kSymbol, Query::kQuantity}).window(3, 3).grouped(),
                  over_counted().window(6, 6).grouped()},
                 true)},
        {"sessions, hours",
         chained({counted().session(2).grouped(), over_counted().window(10, 10).grouped()}, true)},
        {"sessions, sessions",
         chained({counted().session(1).grouped(), over_counted().session(4).grouped()}, true)},
        {"three levels",
         chained({counted().window(2, 2).grouped(), over_counted().window(4, 4).grouped(),
                  over_counted().window(12, 12).grouped()},
                 true)},
        {"minutes, all together", chained({counted().window(3, 3).grouped(),
                                           over_counted().group_by({}).window(6, 6).grouped()},
                                          false)},
        {"minutes, changes",
         chained({counted().window(3, 3).grouped(), over_counted().emit(Changes).grouped()}, true)},
        {"minutes, hours, changes", chained({counted().window(3, 3).grouped(),
                                             over_counted().window(12, 12).emit(Changes).grouped()},
                                            true)},
        {"minutes, every, having",
         chained({counted().window(3, 3).grouped(),
                  over_counted().emit(Changes, true).having().grouped()},
                 true),
         true},
        {"rows over, by time", counted().over(7)},
        {"rows over, descending", counted().over(5, Query::kTime, true)},
        {"rows over, on arrival", counted().over(9, std::nullopt)},
        {"frame of rows", counted().framed({{FramePlan::Unit::Rows, 5, {}}})},
        {"frame of time", counted().framed({{FramePlan::Unit::Range, 4, {}}})},
        {"running frames", counted().framed({{FramePlan::Unit::Range, std::nullopt, {}},
                                             {FramePlan::Unit::Rows, std::nullopt, {}}})},
        {"many frames, ttl", counted().ttl(9).framed({{FramePlan::Unit::Range, 7, {}},
                                                      {FramePlan::Unit::Rows, 2, {}},
                                                      {FramePlan::Unit::Range, std::nullopt, {}}},
                                                     kNumberings)},
        {"numbers of rows", Query{}.group_by({Query::kSymbol}).framed({}, kNumberings)},
        {"one partition",
         counted().group_by({}).framed({{FramePlan::Unit::Rows, 3, {}}}, kNumberings)},
    };
}

/// What a pipeline is told, and what all of them together answer.
struct Step {
    enum class What : std::uint8_t { Take, Advance, Flush, Finish };
    What what = What::Take;
    std::vector<Trade> trades;
    std::int64_t offset = 0;
    EventTime watermark{};
    std::uint32_t max_rows = 1000;
};

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}
    [[nodiscard]] std::uint32_t below(std::uint32_t n) {
        return static_cast<std::uint32_t>(engine_() % n);
    }
    [[nodiscard]] bool one_in(std::uint32_t n) { return below(n) == 0; }

private:
    std::mt19937 engine_;
};

std::vector<Step> random_steps(Random& random) {
    const auto below = [&](std::uint32_t n) { return static_cast<std::int64_t>(random.below(n)); };
    std::vector<Step> steps;
    std::int64_t now = below(100) - 50;
    std::int64_t offset = 0;
    std::int64_t watermark = now - 20;
    const std::uint32_t symbols = 1 + random.below(40);
    for (std::size_t left = 3 + random.below(25); left > 0; --left) {
        Step& take = steps.emplace_back();
        take.offset = offset;
        for (auto rows = below(30); rows > 0; --rows) {
            now += below(3);
            Trade& trade = take.trades.emplace_back();
            trade.at = now - below(6);
            trade.symbol = fmt::format("{}{}", random.one_in(2) ? "S" : "a symbol of many letters ",
                                       below(symbols));
            if (below(10) != 0) trade.quantity = below(1000) - 500;
            trade.price = static_cast<double>(below(100'000)) / 7.0;
            trade.late_before = now - 5;
        }
        offset += static_cast<std::int64_t>(take.trades.size());
        if (random.one_in(2)) {
            watermark = std::max(watermark, now - 4 - below(8));
            steps.push_back({Step::What::Advance, {}, 0, at(watermark), 2 + random.below(8)});
        }
        if (random.one_in(3)) steps.push_back({Step::What::Flush, {}, 0, {}, 2 + random.below(8)});
    }
    steps.push_back({Step::What::Advance, {}, 0, kAfterAllTime, 5});
    steps.push_back({Step::What::Finish, {}, 0, {}, 5});
    steps.push_back({Step::What::Flush, {}, 0, {}, 5});
    return steps;
}

/// The pipelines of one run.
class Run {
public:
    Run(const Kind& kind, std::uint32_t pipelines, Saving saving) {
        for (std::uint32_t i = 0; i < pipelines; ++i) {
            pipelines_.push_back(std::make_unique<KeyedCase>(kind.plan, saving));
            if (kind.judges) pipelines_.back()->judge();
        }
    }
    [[nodiscard]] std::uint32_t size() const {
        return static_cast<std::uint32_t>(pipelines_.size());
    }
    [[nodiscard]] KeyedOperator& keyed(std::uint32_t pipeline) {
        return pipelines_[pipeline]->keyed();
    }

    Lines answer(const Step& step) {
        Lines all;
        for (std::uint32_t i = 0; i < size(); ++i) {
            const Lines some = answer(step, i);
            all.insert(all.end(), some.begin(), some.end());
        }
        return sorted(all);
    }
    Lines answer(const Step& step, std::uint32_t i) {
        switch (step.what) {
            case Step::What::Take: {
                Lines lines = pipelines_[i]->take_own(step.trades, i, size(), step.offset);
                for (const std::uint32_t row : pipelines_[i]->rows().late)
                    lines.push_back(fmt::format("late {}", row));
                return lines;
            }
            case Step::What::Advance:
                return pipelines_[i]->advance_to(step.watermark, step.max_rows);
            case Step::What::Flush:
                return pipelines_[i]->flush(step.max_rows);
            case Step::What::Finish:
                return pipelines_[i]->finish(step.max_rows);
        }
        return {};
    }

    [[nodiscard]] std::uint64_t keys() const {
        std::uint64_t sum = 0;
        for (const auto& pipeline : pipelines_) sum += pipeline->counts().keys;
        return sum;
    }

private:
    std::vector<std::unique_ptr<KeyedCase>> pipelines_;
};

/// What a run's pipelines have saved, and from where each shard is whole.
class Log {
public:
    /// Saves all pipelines in one epoch, each in some order and slices of some size.
    void save(Run& run, Random& random) {
        rounds_.resize(run.size());
        for (std::uint32_t i = 0; i < run.size(); ++i) {
            KeyedOperator& keyed = run.keyed(i);
            const bool changes_first = random.one_in(2);
            if (changes_first) save_changes(keyed);
            for (std::uint32_t slices = random.below(3); slices > 0; --slices)
                save_slice(run, i, random.below(200));
            if (!changes_first) save_changes(keyed);
            for (std::uint32_t shard = 0; shard < kShards; ++shard) {
                if (pipeline_of(shard, run.size()) == i)
                    answered_to_[shard] = std::max(answered_to_[shard], keyed.answered_to());
            }
        }
    }

    [[nodiscard]] Run restored(const Kind& kind, std::uint32_t pipelines, bool from_round) {
        Run run{kind, pipelines, Saving::On};
        std::string_view bytes = entries_.bytes();
        const std::size_t size = bytes.size();
        while (const std::optional<SavedEntry> entry = next_entry(bytes)) {
            if (from_round && size - bytes.size() <= whole_from_[entry->shard]) continue;
            KeyedOperator& keyed = run.keyed(pipeline_of(entry->shard, pipelines));
            REQUIRE(keyed.restore(*entry, answered_to_[entry->shard]));
        }
        REQUIRE(bytes.empty());
        std::vector<EventTime> begin(pipelines, kAfterAllTime);
        for (std::uint32_t shard = 0; shard < kShards; ++shard) {
            EventTime& of_its = begin[pipeline_of(shard, pipelines)];
            of_its = std::min(of_its, answered_to_[shard]);
        }
        for (std::uint32_t i = 0; i < pipelines; ++i) {
            run.keyed(i).begin_at(begin[i]);
            REQUIRE(run.keyed(i).answered_to() == begin[i]);
        }
        rounds_.clear();
        return run;
    }

private:
    void save_changes(KeyedOperator& keyed) {
        keyed.save_changes(entries_);
        const std::uint64_t before = entries_.entries();
        keyed.save_changes(entries_);
        REQUIRE(entries_.entries() == before);
    }

    void save_slice(Run& run, std::uint32_t pipeline, std::size_t max_bytes) {
        if (!rounds_[pipeline]) rounds_[pipeline] = entries_.bytes().size();
        if (!run.keyed(pipeline).save_slice(max_bytes, entries_)) return;
        for (std::uint32_t shard = 0; shard < kShards; ++shard) {
            if (pipeline_of(shard, run.size()) == pipeline) whole_from_[shard] = *rounds_[pipeline];
        }
        rounds_[pipeline].reset();
    }

    SavedEntries entries_;
    std::vector<EventTime> answered_to_ = std::vector<EventTime>(kShards, kBeforeAllTime);
    std::vector<std::optional<std::size_t>> rounds_;  // By pipeline: where its round began.
    std::vector<std::size_t> whole_from_ = std::vector<std::size_t>(kShards, 0);
};

/// All windows of each key, whatever the order they were answered in.
Lines all_finals(const Kind& kind, const std::vector<Step>& steps) {
    Run run{kind, 1, Saving::Off};
    Lines all;
    for (const Step& step : steps) {
        for (const std::string& line : run.answer(step)) all.push_back(line);
    }
    return sorted(all);
}

TEST_CASE("shards that had come further than others answer no window twice", "[operator]") {
    for (const Kind& kind :
         {Kind{"hopping", counted().window(10, 4).grouped()},
          Kind{"tumbling", counted().window(10, 10).grouped()},
          Kind{"session", counted().session(2).grouped()},
          Kind{"minutes, hours",
               chained({counted().window(3, 3).grouped(), over_counted().window(9, 9).grouped()},
                       true)},
          Kind{"sessions, hours",
               chained({counted().session(2).grouped(), over_counted().window(9, 9).grouped()},
                       true)}}) {
        property("pipelines that lag: " + kind.name, [&] {
            Random random{*rc::gen::arbitrary<std::uint32_t>()};
            std::vector<Step> steps = random_steps(random);
            for (Step& step : steps) {
                // So late that no row comes for a window closed anywhere.
                if (step.what == Step::What::Advance && step.watermark != kAfterAllTime)
                    step.watermark -= Duration{microseconds(2)};
                step.max_rows = 1000;
            }
            const Lines expected = all_finals(kind, steps);
            const std::array counts{1U, 2U, 3U, 8U};
            Log log;
            Run run{kind, counts[random.below(4)], Saving::On};
            Lines all;
            for (const Step& step : steps) {
                const bool may_lag =
                    step.what == Step::What::Advance && step.watermark != kAfterAllTime;
                for (std::uint32_t i = 0; i < run.size(); ++i) {
                    if (may_lag && random.one_in(2)) continue;
                    for (const std::string& line : run.answer(step, i)) all.push_back(line);
                }
                if (!random.one_in(4)) continue;
                log.save(run, random);
                run = log.restored(kind, counts[random.below(4)], random.one_in(2));
            }
            RC_ASSERT(sorted(all) == expected);
            RC_ASSERT(run.keys() == 0U);
        });
    }
}

TEST_CASE("bytes that are no entry are refused, and whatever is taken can be answered",
          "[operator]") {
    for (const Kind& kind : all_kinds()) {
        property("mutated entries: " + kind.name, [&] {
            Random random{*rc::gen::arbitrary<std::uint32_t>()};
            std::vector<Step> steps = random_steps(random);
            steps.resize(steps.size() - 3);
            Run run{kind, 1, Saving::On};
            for (const Step& step : steps) run.answer(step);
            SavedEntries saved;
            run.keyed(0).save_changes(saved);

            Run other{kind, 1, Saving::On};
            std::string_view bytes = saved.bytes();
            while (const std::optional<SavedEntry> entry = next_entry(bytes)) {
                std::string mutated(entry->bytes);
                for (std::uint32_t changes = random.below(4); changes > 0; --changes) {
                    const std::size_t at = random.below(static_cast<std::uint32_t>(mutated.size()));
                    switch (random.below(4)) {
                        case 0:
                            mutated[at] = static_cast<char>(random.below(256));
                            break;
                        case 1:
                            mutated[at] = static_cast<char>(mutated[at] ^ (1 << random.below(8)));
                            break;
                        case 2:
                            mutated.resize(at + 1);
                            break;
                        default:
                            mutated.insert(at, 1, static_cast<char>(random.below(256)));
                    }
                }
                static_cast<void>(other.keyed(0).restore({entry->shard, mutated}, kBeforeAllTime));
                const std::string_view cut(
                    mutated.data(), random.below(static_cast<std::uint32_t>(mutated.size())));
                static_cast<void>(other.keyed(0).restore({entry->shard, cut}, kBeforeAllTime));
            }
            for (std::uint32_t i = 0; i < 20; ++i) {
                std::string noise(random.below(60), '\0');
                for (char& c : noise) c = static_cast<char>(random.below(256));
                if (!noise.empty()) noise[0] = 1;
                static_cast<void>(other.keyed(0).restore(
                    {static_cast<std::uint8_t>(random.below(256)), noise}, kBeforeAllTime));
            }
            other.keyed(0).begin_at(kBeforeAllTime);
            SavedEntries again;
            static_cast<void>(other.keyed(0).save_slice(1'000'000, again));
            for (const Step& step : random_steps(random)) other.answer(step);
        });
    }
}

TEST_CASE("an entry that is cut anywhere is refused", "[operator]") {
    for (const Kind& kind : all_kinds()) {
        CAPTURE(kind.name);
        Run run{kind, 1, Saving::On};
        Step take;
        for (std::int64_t i = 0; i < 20; ++i)
            take.trades.push_back({i, "a symbol of many letters", i, 0.5});
        run.answer(take);
        SavedEntries saved;
        run.keyed(0).save_changes(saved);
        std::string_view bytes = saved.bytes();
        std::uint64_t whole = 0;
        while (const std::optional<SavedEntry> entry = next_entry(bytes)) {
            Run other{kind, 1, Saving::On};
            for (std::size_t size = 0; size < entry->bytes.size(); ++size)
                REQUIRE_FALSE(other.keyed(0).restore({entry->shard, entry->bytes.substr(0, size)},
                                                     kBeforeAllTime));
            const std::string longer = std::string(entry->bytes) + "x";
            REQUIRE_FALSE(other.keyed(0).restore({entry->shard, longer}, kBeforeAllTime));
            const auto wrong_shard = static_cast<std::uint8_t>(entry->shard + 1);
            REQUIRE_FALSE(other.keyed(0).restore({wrong_shard, entry->bytes}, kBeforeAllTime));
            CHECK(other.keys() == 0);
            REQUIRE(other.keyed(0).restore(*entry, kBeforeAllTime));
            CHECK(other.keys() == 1);
            ++whole;
        }
        CHECK(whole == saved.entries());
        CHECK(whole > 0);
    }
}

TEST_CASE("an entry with five aggregates is small", "[operator]") {
    // start 8, head 4, key 6, COUNT 1, SUM 2, AVG 17, MIN 3, LAST 24
    Run run{{"", counted().window(60, 60).grouped()}, 1, Saving::On};
    run.answer({Step::What::Take, {{1'700'000'000, "S", 5, 0.1}}});
    SavedEntries saved;
    run.keyed(0).save_changes(saved);
    CHECK(saved.entries() == 1);
    CHECK(saved.bytes().size() <= 80);
}

TEST_CASE("at the end of input windows are answered to the end of the last that closed",
          "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        Run run{{"", counted().window(10, 5).emit(mode).grouped()}, 1, Saving::On};
        CHECK(run.keyed(0).answered_to() == kBeforeAllTime);
        run.answer({Step::What::Take, {{12, "S", 5, 0.1}}});
        run.answer({Step::What::Advance, {}, 0, at(16)});
        CHECK(run.keyed(0).answered_to() == at(16));
        run.answer({Step::What::Advance, {}, 0, kAfterAllTime});
        CHECK(run.keyed(0).answered_to() == at(20));
    }
}

TEST_CASE("entries that only answered windows need are let go", "[operator]") {
    for (const EmitMode mode : {EmitMode::Final, EmitMode::Changes}) {
        const Kind kind{"", counted().window(10, 5).emit(mode).grouped()};
        Run run{kind, 1, Saving::On};
        run.answer({Step::What::Take, {{2, "S", 5, 0.1}, {12, "S", 5, 0.1}}});
        SavedEntries saved;
        run.keyed(0).save_changes(saved);
        Run other{kind, 1, Saving::On};
        std::string_view bytes = saved.bytes();
        while (const std::optional<SavedEntry> entry = next_entry(bytes))
            CHECK(other.keyed(0).restore(*entry, at(15)));
        other.keyed(0).begin_at(at(15));
        CHECK(other.keys() == 1);
        other.answer({Step::What::Take, {{14, "S", 5, 0.1}}, 2});
        CHECK(other.answer({Step::What::Advance, {}, 0, kAfterAllTime}).size() ==
              (mode == EmitMode::Final ? 1U : 0U));
    }
}

TEST_CASE("without saving nothing is noted", "[operator]") {
    Run run{{"", counted().grouped()}, 1, Saving::Off};
    run.answer({Step::What::Take, {{1, "S", 5, 0.1}}});
    SavedEntries saved;
    run.keyed(0).save_changes(saved);
    CHECK(saved.entries() == 0);
}

TEST_CASE("whoever is restored goes on with the same answers as who never stopped", "[operator]") {
    for (const Kind& kind : all_kinds()) {
        property("any rows, cuts and pipelines: " + kind.name, [&] {
            Random random{*rc::gen::arbitrary<std::uint32_t>()};
            const std::vector<Step> steps = random_steps(random);
            std::vector<Lines> expected;
            Run whole{kind, 1, Saving::Off};
            for (const Step& step : steps) expected.push_back(whole.answer(step));

            const auto some_pipelines = [&] { return std::array{1U, 2U, 3U, 8U}[random.below(4)]; };
            Log log;
            Run run{kind, some_pipelines(), Saving::On};
            std::size_t saved = 0;  // Steps.
            for (std::size_t i = 0, crashes = 0; i < steps.size();) {
                RC_ASSERT(run.answer(steps[i]) == expected[i]);
                ++i;
                if (random.one_in(3)) {
                    log.save(run, random);
                    saved = i;
                }
                if (random.one_in(6) && crashes < 5) {
                    ++crashes;
                    run = log.restored(kind, some_pipelines(), random.one_in(2));
                    i = saved;
                }
            }
            // What may still be corrected after the end of the input goes by each pipeline's own last window.
            if (kind.plan.emit.allowed_lateness == Duration::zero())
                RC_ASSERT(run.keys() == whole.keys());
        });
    }
}

}  // namespace
}  // namespace velo::engine
