#include "server/runtime/answerer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "server/runtime/clock.hpp"

namespace velo::runtime {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kIdleTick =
    100'000'000;  // How often a wholly idle input's watermark follows the clock.
constexpr std::size_t kChunkBytes =
    1U << 20;  // A chunk this large is handed over before more is added.
constexpr std::uint32_t kItemsPerRing = 8;  // Then other rings and jobs have their turn.
constexpr std::size_t kLogChunkBytes = 256U << 10;
constexpr std::uint64_t kLeastRoundBytes =
    16U << 20;  // Of changes, over the whole job, before all that lives is saved again.

}  // namespace

Answerer::Answerer(JobRun& run, std::uint32_t pipeline)
    : run_(run),
      pipeline_(pipeline),
      counters_(run.counters[pipeline]),
      stage_(*run.plan, run.formats.make_encoder(run.plan->output, run.formats.encode),
             run.saves_state ? engine::Saving::On : engine::Saving::Off),
      letters_(run, counters_),
      aligned_(run.options.pipelines, 0),
      epoch_(run.first_epoch),
      chunk_(std::make_unique<engine::OutputChunk>()) {
    for (std::uint32_t i = 0; i < run.options.pipelines; ++i) inboxes_.add();
}

bool Answerer::restore(const std::vector<std::string>& packed, const Recovered& recovered) {
    for (const std::string& chunk : packed) {
        std::string_view rest = chunk;
        while (const auto entry = engine::next_entry(rest)) {
            if (pipeline_of(entry->shard, run_.options.pipelines) != pipeline_) continue;
            if (!stage_.restore(*entry, recovered.answered_to_of(entry->shard))) return false;
        }
        if (!rest.empty()) return false;
    }
    return true;
}

void Answerer::begin_at(const Recovered& recovered) {
    publish_state();
    if (recovered.answered_to.empty()) return;
    // The pipelines of the run that saved may have come differently far: on with the latest, once the others' windows
    // have been closed up to there.
    EventTime mine = kAfterAllTime;
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
        if (pipeline_of(shard, run_.options.pipelines) == pipeline_)
            mine = std::min(mine, recovered.answered_to_of(shard));
    }
    stage_.begin_at(mine);
    advanced_to_ = mine;
    inboxes_.raise(*std::ranges::max_element(recovered.answered_to));
}

Answerer::Progress Answerer::step(std::int64_t now_ns, engine::SinkWriter& writer) {
    writer.serve();
    blocked_ = !write_chunk(writer) || !letters_.flush(writer);
    if (blocked_) return Progress::Blocked;
    if (failure_) return Progress::None;
    bool some = false;
    // Earlier things first: what is being closed or flushed is finished before more rows change it.
    some |= advance(now_ns, writer);
    some |= flush_changes(now_ns, writer);
    if (!blocked_ && !advancing_ && !flushing_) some |= take_items(writer);
    if (!blocked_ && !advancing_) some |= advance(now_ns, writer);
    if (!blocked_) blocked_ = !write_chunk(writer) || !letters_.flush(writer);
    if (closing_.value != 0 && all_aligned() && !blocked_ && !advancing_ && !flushing_ &&
        !finishing_) {
        some |= close_epoch(writer);
    }
    return blocked_ ? Progress::Blocked : some ? Progress::Some : Progress::None;
}

// Takes what has come, ring by ring, up to each ring's barrier.
bool Answerer::take_items(engine::SinkWriter& writer) {
    bool some = false;
    for (std::uint32_t reader = 0; reader < aligned_.size(); ++reader) {
        auto& ring = run_.exchange.ring(reader, pipeline_);
        std::uint32_t taken = 0;
        ExchangeItem item;
        while (taken < kItemsPerRing && aligned_[reader] == 0 && !failure_ && ring.try_pop(item)) {
            ++taken;
            if (item.barrier.value != 0) {
                VELO_ASSERT(closing_.value == 0 || closing_ == item.barrier, "one cut at a time");
                closing_ = item.barrier;
                aligned_[reader] = 1;
                ++aligned_count_;
                continue;
            }
            take(reader, item);
            if (chunk_->bytes.size() >= kChunkBytes && !write_chunk(writer)) {
                blocked_ = true;
                break;
            }
        }
        if (taken != 0) {
            some = true;
            if (reader != pipeline_) run_.worker_wakes[reader]->notify();
        }
        if (blocked_) break;
    }
    return some;
}

void Answerer::take(std::uint32_t reader, const ExchangeItem& item) {
    if (item.batch != nullptr) {
        RoutedBatch& routed = *item.batch;
        const std::vector<std::uint32_t>& rows = routed.rows_of[pipeline_];
        if (chunk_->oldest_poll_ns == 0) {
            chunk_->oldest_poll_ns = routed.polled_ns;
            chunk_->oldest_timestamp_us = routed.oldest_timestamp_us;
        }
        const auto selection = rows.size() == routed.batch.rows
                                   ? engine::Selection::all(routed.batch.rows)
                                   : engine::Selection(rows);
        stage_.take(routed.batch, selection, *chunk_, outcome_);
        counters_.rows_answered_here.add(rows.size());
        settle(outcome_, &routed);
        if (routed.batch.holders.fetch_sub(1, std::memory_order_acq_rel) == 1 &&
            reader != pipeline_) {
            run_.worker_wakes[reader]->notify();
        }
    }
    inboxes_.advance(reader, item.watermark);
    inboxes_.set_idle(reader, item.idle);
}

// Counts what became of rows and passes on what could not be answered.
void Answerer::settle(engine::AnswerOutcome& outcome, const RoutedBatch* routed) {
    counters_.answered.add(outcome.answered);
    if (routed != nullptr && !(outcome.faults.empty() && outcome.late.empty())) {
        const bool is_made = !routed->batch.record_of.empty();
        VELO_ASSERT(outcome.faults.empty() || !is_made,
                    "what is answered of rows that UNNEST makes is computed where they are read");
        if (auto failure = letters_.take(outcome.faults, routed->raw, *routed->reader, epoch_))
            failure_ = std::move(failure);
        if (auto failure =
                is_made ? letters_.take_late_rows(outcome.late, routed->batch, routed->raw,
                                                  *routed->reader, epoch_)
                        : letters_.take_late(outcome.late, routed->raw, *routed->reader, epoch_))
            failure_ = std::move(failure);
    }
    if (!outcome.output_faults.empty()) {
        if (auto failure = letters_.take(outcome.output_faults, epoch_))
            failure_ = std::move(failure);
    }
}

// Lets the watermark take effect, as far as the sink has room.
bool Answerer::advance(std::int64_t now_ns, engine::SinkWriter& writer) {
    if (failure_) return false;
    EventTime watermark = inboxes_.current();
    if (inboxes_.all_idle() && !run_.options.until_end) {
        // Nothing will move event time any more, so the wall clock does, in ticks: each would be a round of work.
        if (all_idle_since_ns_ == 0) {
            all_idle_since_ns_ = now_ns;
            idle_base_ = watermark;
        }
        if (idle_base_ != kBeforeAllTime) {
            const std::int64_t ticks = (now_ns - all_idle_since_ns_) / kIdleTick;
            inboxes_.raise(idle_base_ + std::chrono::microseconds{ticks * (kIdleTick / 1000)});
            watermark = inboxes_.current();
        }
    } else {
        all_idle_since_ns_ = 0;
    }
    bool some = false;
    if (!advancing_ && watermark > advanced_to_) {
        advanced_to_ = watermark;
        advancing_ = true;
        some = true;
        if (watermark != kAfterAllTime)
            counters_.watermark_us.set(watermark.time_since_epoch().count());
    }
    while (advancing_ && !blocked_ && !failure_) {
        advancing_ = !stage_.advance(advanced_to_, *chunk_, outcome_);
        settle(outcome_, nullptr);
        if (chunk_->bytes.size() >= kChunkBytes || advancing_)
            blocked_ = !write_chunk(writer) || !letters_.flush(writer);
    }
    if (advancing_ || finished_ || advanced_to_ != kAfterAllTime) return some;
    finishing_ = true;
    while (finishing_ && !blocked_ && !failure_) {
        finishing_ = !stage_.finish(*chunk_, outcome_);
        settle(outcome_, nullptr);
        blocked_ = !write_chunk(writer) || !letters_.flush(writer);
    }
    if (finishing_ || failure_ || !write_held_changes(writer)) return some;
    finished_ = true;
    return true;
}

// What EMIT CHANGES EVERY has held back, whatever the clock says; false while the sink has no room for all of it.
bool Answerer::write_held_changes(engine::SinkWriter& writer) {
    flushing_ = run_.plan->emit.every.has_value();
    while (flushing_ && !blocked_ && !failure_) {
        flushing_ = !stage_.flush(*chunk_, outcome_);
        settle(outcome_, nullptr);
        if (chunk_->bytes.size() >= kChunkBytes || flushing_)
            blocked_ = !write_chunk(writer) || !letters_.flush(writer);
    }
    return !flushing_;
}

bool Answerer::flush_changes(std::int64_t now_ns, engine::SinkWriter& writer) {
    const auto& every = run_.plan->emit.every;
    if (!every || failure_ || blocked_ || advancing_) return false;
    if (!flushing_ && now_ns < next_flush_ns_) return false;
    if (write_held_changes(writer))
        next_flush_ns_ =
            now_ns + std::chrono::duration_cast<std::chrono::nanoseconds>(*every).count();
    return false;
}

bool Answerer::write_chunk(engine::SinkWriter& writer) {
    if (chunk_->records.empty()) {
        chunk_->oldest_poll_ns = 0;
        return true;
    }
    const std::size_t records = chunk_->records.size();
    const std::size_t bytes = chunk_->bytes.size();
    const std::int64_t polled = chunk_->oldest_poll_ns;
    const std::int64_t stamped = chunk_->oldest_timestamp_us;
    chunk_->epoch = epoch_;
    if (TapLane* tap = counters_.tap.wanted(TapPoint::Sink); tap != nullptr && !tapped_)
        tap_sink(*tap, *chunk_);
    tapped_ = true;  // A chunk that has to wait is not sampled twice.
    if (!writer.try_write(chunk_)) return false;
    tapped_ = false;
    if (!chunk_) chunk_ = std::make_unique<engine::OutputChunk>();
    counters_.records_out.add(records);
    if (polled != 0) counters_.processing.observe(steady_now_ns() - polled, records);
    if (stamped != 0) counters_.end_to_end.observe((wall_now_us() - stamped) * 1000, records);
    epoch_bytes_ += bytes;
    if (epoch_bytes_ > run_.options.output_bytes_per_epoch / run_.options.pipelines &&
        !run_.cut_early.exchange(true)) {
        run_.control_wake.notify();
    }
    return true;
}

bool Answerer::close_epoch(engine::SinkWriter& writer) {
    // A drain ends here: what EVERY has held back must not be lost with the process.
    const bool draining = !run_.reading.load(std::memory_order_acquire);
    if ((draining && !write_held_changes(writer)) || !write_chunk(writer) ||
        !letters_.flush(writer)) {
        blocked_ = true;
        return false;
    }
    save_state();
    closed_ = closing_;
    epoch_ = EpochId{closing_.value + 1};
    closing_ = EpochId{0};
    std::ranges::fill(aligned_, std::uint8_t{0});
    aligned_count_ = 0;
    epoch_bytes_ = 0;
    return true;
}

// What has changed since the last cut, and so much of what has not that a round ends when about as much has changed as
// lives.
void Answerer::save_state() {
    if (!run_.saves_state) return;
    saved_.clear();
    stage_.save_changes(saved_);
    const std::uint64_t round = run_.wanted_round.load(std::memory_order_acquire);
    const std::uint64_t changed = saved_.bytes().size();
    if (round_done_ != round) {
        const std::uint64_t live = stage_.counts().bytes;
        const std::uint64_t whole = std::max(live, kLeastRoundBytes / run_.options.pipelines);
        const auto slice = static_cast<std::uint64_t>(
            static_cast<double>(changed) * static_cast<double>(live) / static_cast<double>(whole));
        if ((changed != 0 || live == 0) && stage_.save_slice(slice, saved_)) round_done_ = round;
    }
    counters_.saved_entries.add(saved_.entries());
    counters_.saved_bytes.add(saved_.bytes().size());
    pack_saved();
}

void Answerer::pack_saved() {
    std::array<std::string, kLogPartitions> open;
    const auto seal = [&](std::uint32_t partition) {
        saved_chunks_.push_back({partition, std::move(open[partition])});
        open[partition].clear();
    };
    std::string_view rest = saved_.bytes();
    while (!rest.empty()) {
        const std::string_view before = rest;
        const auto entry = engine::next_entry(rest);
        VELO_ASSERT(entry.has_value(), "operators frame what they save");
        const std::uint32_t partition = log_partition_of(entry->shard);
        open[partition] += before.substr(0, before.size() - rest.size());
        if (open[partition].size() >= kLogChunkBytes) seal(partition);
    }
    for (std::uint32_t partition = 0; partition < kLogPartitions; ++partition) {
        if (!open[partition].empty()) seal(partition);
    }
}

std::int64_t Answerer::next_timer_ns() const noexcept {
    std::int64_t next = kNever;
    if (run_.plan->emit.every && stage_.counts().keys != 0) next = next_flush_ns_;
    if (all_idle_since_ns_ != 0 && idle_base_ != kBeforeAllTime &&
        stage_.counts().windows_open != 0) {
        next = std::min(next, all_idle_since_ns_ +
                                  kIdleTick * ((advanced_to_ - idle_base_) /
                                                   std::chrono::microseconds{kIdleTick / 1000} +
                                               1));
    }
    return next;
}

void Answerer::publish_state() {
    const engine::OperatorCounts counts = stage_.counts();
    counters_.state_keys.set(counts.keys);
    counters_.state_bytes.set(counts.bytes);
    counters_.windows_open.set(counts.windows_open);
    counters_.windows_closed.set(counts.windows_closed);
    counters_.expired.set(counts.expired);
}

}  // namespace velo::runtime
