#include "server/runtime/coordinator.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iterator>
#include <utility>

#include "engine/base/assert.hpp"
#include "server/runtime/clock.hpp"

namespace velo::runtime {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kUntilEndPatience = 30 * kSecond;
constexpr std::int64_t kPartitionsEvery = 10 * kSecond;
constexpr std::int64_t kBlockedTick = kSecond / 20;
constexpr std::int64_t kCommitRetry = kSecond;
constexpr std::int64_t kCommitAgain = kSecond / 100;
constexpr std::int64_t kCommitAtLeastEvery = 12 * 3600 * kSecond;
constexpr std::int64_t kNewTopicPatience = 5 * kSecond;
constexpr std::int64_t kFirstRetry = kSecond / 50;
constexpr std::int64_t kLongestRetry = 10 * kSecond;

}  // namespace

Coordinator::Coordinator(std::shared_ptr<const engine::Plan> plan, RunOptions options,
                         Formats formats, Ports ports,
                         const std::vector<std::unique_ptr<Worker>>& workers, Wake& wake,
                         JobCounters& counters, RunListener& listener)
    : ports_(std::move(ports)),
      workers_(workers),
      wake_(wake),
      counters_(counters),
      listener_(listener),
      run_(std::move(plan), options, formats, wake, counters),
      epochs_(run_),
      committer_(run_, *ports_.source, *ports_.sink, ports_.ledger.get()),
      memory_(run_),
      faults_(run_),
      ends_watch_(run_, *ports_.source),
      dealt_(options.pipelines) {
    for (std::uint32_t p = 0; p < options.pipelines; ++p) {
        run_.worker_wakes[p] = &workers_[(options.first_worker + p) % workers_.size()]->wake();
    }
}

RunResult Coordinator::run(const std::stop_token& stop) {
    counters_.started_us.set(wall_now_us());
    enter(JobState::Starting);
    RunResult result = live(stop);
    // However it ended: who stands by may go on, and 'jobs reset' need not wait for a session to pass.
    committer_.leave();
    return result;
}

RunResult Coordinator::live(const std::stop_token& stop) {
    if (auto ended = open(stop)) return *ended;
    if (auto ended = restore()) return *ended;
    enter(JobState::Running);
    RunResult result = loop(stop);
    remove_pipelines();
    if (result.end != RunResult::End::Failed) {
        if (const auto error = ports_.sink->close()) {
            return {RunResult::End::Failed,
                    {.may_retry = true, .code = error->code, .text = error->text}};
        }
    }
    publish_sink_counts();
    return result;
}

// Builds the pipelines, gives them back what they knew, and lets them run.
std::optional<RunResult> Coordinator::restore() {
    run_.saves_state = committer_.has_ledger();
    run_.first_epoch = committer_.first_epoch();
    run_.wanted_epoch.store(run_.first_epoch.value - 1);
    epochs_.begin_at(run_.first_epoch);
    committed_activity_ = activity();
    last_commit_ns_ = steady_now_ns();
    const std::int64_t begun_ns = steady_now_ns();
    auto built = build_pipelines();
    if (committer_.recovered().log) enter(JobState::Restoring);
    std::atomic<bool> sensible{true};
    const auto trouble = committer_.restore([&](const std::vector<std::string>& packed) {
        on_workers([&](std::uint32_t p, Worker&) {
            if (!built[p]->restore(packed, committer_.recovered())) sensible.store(false);
        });
        return sensible.load();
    });
    if (!trouble) {
        on_workers([&](std::uint32_t p, Worker&) { built[p]->begin_at(committer_.recovered()); });
        counters_.restore_ns.set(steady_now_ns() - begun_ns);
        start_pipelines(built);
        return std::nullopt;
    }
    on_workers([&](std::uint32_t p, Worker&) { built[p].reset(); });
    return RunResult{RunResult::End::Failed,
                     {.may_retry = !trouble->for_good,
                      .code = trouble->error.code,
                      .text = trouble->error.text}};
}

// Opens the ports, trying again for as long as the world is merely away. A value: the run is over already.
std::optional<RunResult> Coordinator::open(const std::stop_token& stop) {
    const std::int64_t begun = steady_now_ns();
    std::int64_t pause = kFirstRetry;
    while (!stop.stop_requested()) {
        const auto trouble = try_open();
        if (!trouble) return std::nullopt;
        const engine::PortError& error = trouble->error;
        if (error.fatal) {
            return RunResult{
                RunResult::End::Failed,
                {.may_retry = !trouble->for_good, .code = error.code, .text = error.text}};
        }
        const bool waits = trouble->wait != OpenTrouble::Wait::No;
        // New topics have no leader for a moment: that is no news at a first start.
        const bool newborn =
            error.code == "leader_away" && steady_now_ns() - begun < kNewTopicPatience;
        if (!waits && !newborn) {
            weather(error);
        } else if (trouble->wait == OpenTrouble::Wait::Standby &&
                   counters_.state.load(std::memory_order_relaxed) != JobState::Standby) {
            enter(JobState::Standby);
        }
        if (run_.options.until_end && steady_now_ns() - begun > kUntilEndPatience) {
            return RunResult{RunResult::End::Unreachable,
                             {.may_retry = false, .code = error.code, .text = error.text}};
        }
        const std::int64_t again = steady_now_ns() + (waits ? kSecond / 4 : pause);
        do {
            wake_.arm();
            if (!stop.stop_requested())
                wake_.wait(std::chrono::nanoseconds{again - steady_now_ns()});
            wake_.disarm();
            ports_.sink->serve();
        } while (!waits && !stop.stop_requested() && steady_now_ns() < again);
        if (!waits) pause = std::min(pause * 2, kLongestRetry);
    }
    return RunResult{RunResult::End::Drained, {}};
}

std::optional<OpenTrouble> Coordinator::try_open() {
    if (auto trouble = committer_.lead()) return trouble;
    if (counters_.state.load(std::memory_order_relaxed) == JobState::Standby)
        enter(JobState::Starting);
    const auto as_trouble = [](const engine::PortError& error) {
        return OpenTrouble{.error = error, .for_good = false};
    };
    if (!opened_) {
        if (const auto error = ports_.source->refresh_partitions(names_)) return as_trouble(*error);
        if (const auto error = ports_.sink->open()) return as_trouble(*error);
        if (auto trouble = committer_.open(names_)) return trouble;
        opened_ = true;
    }
    if (const auto error = admit_partitions()) return as_trouble(*error);
    return committer_.begin(starts_);
}

// Makes the partitions in names_ that are new known and deals them to pipelines; what has been dealt before stays where
// it is.
std::optional<engine::PortError> Coordinator::admit_partitions() {
    const std::uint32_t known = run_.partitions.size();
    const auto count = static_cast<std::uint32_t>(names_.size());
    if (count == known) return std::nullopt;
    if (count > PartitionTable::kMost) {
        return engine::PortError{.fatal = true,
                                 .code = "too_many_partitions",
                                 .text = "the source has " + std::to_string(count) +
                                         " partitions; a job reads at most 16384"};
    }
    committer_.name_partitions(names_);
    engine::Offsets starts;
    const engine::Offsets& committed = committer_.recovered().positions;
    std::copy(committed.lower_bound(SourcePartition{known}),
              committed.lower_bound(SourcePartition{count}), std::inserter(starts, starts.end()));
    if (starts.size() != count - known) {
        engine::Offsets asked;
        if (auto error = ports_.source->start_offsets(known, count - known, asked)) return error;
        starts.merge(asked);  // What is committed stands.
    }
    engine::Offsets ends;
    if (run_.options.until_end) {
        std::vector<SourcePartition> all;
        for (std::uint32_t i = known; i < count; ++i) all.push_back(SourcePartition{i});
        if (auto error = ports_.source->end_offsets(all, ends)) return error;
    }
    for (const auto& [partition, start] : starts) epochs_.set_position(partition, start);
    starts_.merge(starts);
    ends_.merge(ends);
    deal(known);
    return std::nullopt;
}

void Coordinator::deal(std::uint32_t first) {
    const std::int64_t now_ns = steady_now_ns();
    for (std::uint32_t i = first; i < names_.size(); ++i) {
        const SourcePartition partition =
            run_.partitions.add(names_[i].topic, names_[i].partition, names_[i].input);
        VELO_ASSERT(partition.value == i, "sources and counters number partitions alike");
        run_.partitions.at(partition).last_data_ns.set(now_ns);
        Assignment assignment{.partition = partition,
                              .name = names_[i],
                              .next_offset = starts_.at(partition),
                              .end_offset = {}};
        if (const auto end = ends_.find(partition); end != ends_.end())
            assignment.end_offset = end->second;
        const auto& watermarks = committer_.recovered().watermarks;
        if (const auto restored = watermarks.find(partition); restored != watermarks.end())
            assignment.watermark = restored->second;
        dealt_[i % run_.options.pipelines].push_back(std::move(assignment));
    }
}

// Runs `errand` once for each pipeline on the worker it lives on, and waits until all have run.
void Coordinator::on_workers(const std::function<void(std::uint32_t, Worker&)>& errand) {
    std::vector<std::future<void>> done;
    for (std::uint32_t p = 0; p < run_.options.pipelines; ++p) {
        Worker& worker = *workers_[(run_.options.first_worker + p) % workers_.size()];
        std::packaged_task<void()> task([&errand, &worker, p] { errand(p, worker); });
        done.push_back(task.get_future());
        worker.post(std::move(task));
    }
    for (auto& one : done) one.get();
}

std::vector<std::unique_ptr<Pipeline>> Coordinator::build_pipelines() {
    std::vector<std::unique_ptr<Pipeline>> built(run_.options.pipelines);
    on_workers([&](std::uint32_t p, Worker& worker) {
        const int descriptor = worker.wake().descriptor();
        built[p] = std::make_unique<Pipeline>(
            run_, p,
            ports_.source->make_reader(descriptor,
                                       run_.options.prefetch_bytes / run_.options.pipelines),
            ports_.sink->make_writer(descriptor));
    });
    return built;
}

void Coordinator::start_pipelines(std::vector<std::unique_ptr<Pipeline>>& built) {
    on_workers([&](std::uint32_t p, Worker& worker) {
        for (const Assignment& assignment : dealt_[p]) built[p]->add(assignment);
        worker.pipelines().push_back(std::move(built[p]));
    });
    for (auto& dealt : dealt_) dealt.clear();
}

// In two rounds: first none of them runs any more, then they go. Batches of one are held by the others until then.
void Coordinator::remove_pipelines() {
    std::vector<std::unique_ptr<Pipeline>> parked(run_.options.pipelines);
    on_workers([&](std::uint32_t p, Worker& worker) {
        auto& running = worker.pipelines();
        const auto mine = std::ranges::find_if(
            running, [&](const auto& pipeline) { return pipeline->is_of(run_, p); });
        VELO_ASSERT(mine != running.end(), "a pipeline stays on its worker");
        parked[p] = std::move(*mine);
        running.erase(mine);
    });
    on_workers([&](std::uint32_t p, Worker&) { parked[p].reset(); });
}

RunResult Coordinator::loop(const std::stop_token& stop) {
    const std::int64_t interval =
        std::chrono::duration_cast<std::chrono::nanoseconds>(run_.options.commit_interval).count();
    next_cut_ns_ =
        steady_now_ns();  // The first epoch commits the positions that `start:` stands for.
    next_partitions_ns_ = next_cut_ns_ + kPartitionsEvery;
    bool draining = false;
    bool last_cut_asked = false;
    for (;;) {
        wake_.arm();
        const std::int64_t now_ns = steady_now_ns();
        ports_.sink->serve();
        take_reports();
        take_errors();
        watch_leadership();
        if (failure_) return {RunResult::End::Failed, *failure_};
        if (stop.stop_requested() && !draining) {
            draining = true;
            enter(JobState::Draining);
            run_.reading.store(false, std::memory_order_release);
        }
        if (epochs_.phase() == Epochs::Phase::Flushing) {
            const bool last = epochs_.is_last();
            if (commit()) {
                next_cut_ns_ = std::max(now_ns, epochs_.cut_ns() + interval);
                if (last) return {RunResult::End::Finished, {}};
                if (last_cut_asked) return {RunResult::End::Drained, {}};
            }
        }
        if (failure_) return {RunResult::End::Failed, *failure_};
        if (epochs_.phase() == Epochs::Phase::Open) {
            const bool due = now_ns >= next_cut_ns_ || run_.cut_early.load();
            // Brokers forget the positions of idle groups, so they are committed again now and then.
            const bool idle = committer_.has_committed() && activity() == committed_activity_ &&
                              !run_.options.until_end &&
                              now_ns - last_commit_ns_ < kCommitAtLeastEvery;
            if (draining || (due && !idle)) {
                last_cut_asked = draining;
                cut_activity_ = activity();
                epochs_.cut(now_ns);
            } else if (due) {
                next_cut_ns_ = now_ns + interval;
                run_.cut_early.store(false);
            }
        }
        if (!draining) look_after(now_ns);
        publish_sink_counts();
        std::int64_t next = now_ns + kSecond;
        if (epochs_.phase() == Epochs::Phase::Open) next = std::min(next, next_cut_ns_);
        if (commit_retry_ns_ > now_ns) next = std::min(next, commit_retry_ns_);
        if (memory_.is_blocked()) next = std::min(next, now_ns + kBlockedTick);
        if (ends_watch_.wanted_ns() > now_ns) next = std::min(next, ends_watch_.wanted_ns());
        wake_.wait(std::chrono::nanoseconds{next - steady_now_ns()});
        wake_.disarm();
    }
}

void Coordinator::take_reports() {
    for (auto& ring : run_.reports) {
        PipelineReport report;
        while (ring->try_pop(report)) {
            if (report.failure) {
                if (!failure_) failure_ = std::move(report.failure);
                continue;
            }
            epochs_.take(report);
            if (epochs_.phase() == Epochs::Phase::Flushing) ports_.sink->push();
        }
    }
}

void Coordinator::take_errors() {
    while (const auto error = ports_.sink->take_error()) {
        if (error->fatal && !failure_) {
            failure_ = Failure{.may_retry = true, .code = error->code, .text = error->text};
        } else {
            weather(*error);
        }
    }
}

// Commits the epoch once everything written under it has been acknowledged; tried again while the broker is away.
bool Coordinator::commit() {
    const std::int64_t now_ns = steady_now_ns();
    if (now_ns < commit_retry_ns_) return false;
    const Committer::Result result = committer_.commit(epochs_);
    if (result.error) {
        counters_.failed_commits.add(1);
        counters_.world_away.set(1);
        if (result.step == Committer::Step::Failed)
            failure_ =
                Failure{.may_retry = true, .code = result.error->code, .text = result.error->text};
        commit_retry_ns_ = now_ns + kCommitRetry;
        weather(*result.error);
    }
    if (result.undecided && !result.error) commit_retry_ns_ = now_ns + kCommitAgain;
    if (result.step != Committer::Step::Committed) return false;
    if (result.wrote) {
        counters_.world_away.set(0);
        counters_.commits.add(1);
        counters_.committed_us.set(wall_now_us());
        counters_.commit_duration.observe(steady_now_ns() - epochs_.cut_ns(), 1);
    }
    commit_retry_ns_ = 0;
    last_commit_ns_ = now_ns;
    committed_activity_ = cut_activity_;  // What came since belongs to the next epoch.
    counters_.epoch.set(epochs_.current().value);
    epochs_.committed();
    return true;
}

void Coordinator::watch_leadership() {
    std::string text;
    if (failure_ || committer_.still_leads(text)) return;
    failure_ = Failure{.may_retry = true, .code = "leadership_lost", .text = std::move(text)};
}

// What an unbounded source needs now and then: new partitions, ends for lag and idleness, and the share of bad rows.
void Coordinator::look_after(std::int64_t now_ns) {
    if (!failure_) failure_ = faults_.look(now_ns);
    watch_memory(now_ns);
    if (run_.options.until_end) return;
    watch_ends(now_ns);
    if (now_ns < next_partitions_ns_) return;
    next_partitions_ns_ = now_ns + kPartitionsEvery;
    auto error = ports_.source->refresh_partitions(names_);
    if (!error) error = admit_partitions();
    lookup_failed_ = error.has_value();
    if (error) {
        counters_.world_away.set(1);
        if (error->fatal)
            failure_ = Failure{.may_retry = true, .code = error->code, .text = error->text};
        weather(*error);
        return;
    }
    if (std::ranges::all_of(dealt_, [](const auto& dealt) { return dealt.empty(); })) return;
    on_workers([this](std::uint32_t p, Worker& worker) {
        for (const auto& pipeline : worker.pipelines()) {
            if (!pipeline->is_of(run_, p)) continue;
            for (const Assignment& assignment : dealt_[p]) pipeline->add(assignment);
        }
    });
    for (auto& dealt : dealt_) dealt.clear();
}

void Coordinator::watch_ends(std::int64_t now_ns) {
    std::optional<engine::PortError> error;
    const EndsWatch::Look look = ends_watch_.look(now_ns, error);
    if (look == EndsWatch::Look::NotDue) return;
    counters_.world_away.set(error || lookup_failed_ ? 1 : 0);
    if (error) weather(*error);
}

void Coordinator::watch_memory(std::int64_t now_ns) {
    if (failure_) return;
    failure_ = memory_.look(now_ns);
    if (failure_) return;
    const JobState wanted = memory_.is_blocked() ? JobState::Blocked : JobState::Running;
    if (counters_.state.load(std::memory_order_relaxed) != wanted) enter(wanted);
}

void Coordinator::publish_sink_counts() {
    const engine::SinkCounts counts = ports_.sink->counts();
    counters_.out_records.set(counts.records);
    counters_.out_bytes.set(counts.bytes);
    counters_.out_dead_letters.set(counts.dead_letters);
}

// Grows with everything a commit would stand for: rows, outputs, and positions that moved over markers.
std::uint64_t Coordinator::activity() const noexcept {
    std::uint64_t sum = 0;
    for (const PipelineCounters& pipeline : counters_.pipelines)
        sum += pipeline.records_in.get() + pipeline.records_out.get();
    for (std::uint32_t i = 0; i < run_.partitions.size(); ++i) {
        sum += static_cast<std::uint64_t>(run_.partitions.at(SourcePartition{i}).next_offset.get());
    }
    return sum;
}

void Coordinator::enter(JobState state) {
    counters_.state.store(state, std::memory_order_relaxed);
    counters_.state_since_us.set(wall_now_us());
    listener_.state_changed(state);
}

void Coordinator::weather(const engine::PortError& error) { listener_.weather(error); }

}  // namespace velo::runtime
