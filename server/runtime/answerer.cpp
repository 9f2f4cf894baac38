#include "server/runtime/answerer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/base/assert.hpp"
#include "server/runtime/clock.hpp"

namespace velo::runtime {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kIdleTick =
    100'000'000;  // How often a wholly idle input's watermark follows the clock.
constexpr std::size_t kChunkBytes =
    1U << 20;  // A chunk this large is handed over before more is added.
constexpr std::uint32_t kItemsPerRing = 8;  // Then other rings and jobs have their turn.

}  // namespace

Answerer::Answerer(JobRun& run, std::uint32_t pipeline)
    : run_(run),
      pipeline_(pipeline),
      counters_(run.counters[pipeline]),
      stage_(*run.plan, run.formats.make_encoder(run.plan->output, run.formats.encode)),
      letters_(run, counters_),
      aligned_(run.options.pipelines, 0),
      chunk_(std::make_unique<engine::OutputChunk>()) {
    for (std::uint32_t i = 0; i < run.options.pipelines; ++i) inboxes_.add();
}

Answerer::Progress Answerer::step(std::int64_t now_ns, engine::SinkWriter& writer) {
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
        if (auto failure = letters_.take(outcome.faults, routed->raw, *routed->reader, epoch_))
            failure_ = std::move(failure);
        if (auto failure = letters_.take_late(outcome.late, routed->raw, *routed->reader, epoch_))
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
        // Nothing will move event time any more, so the wall clock does.
        if (all_idle_since_ns_ == 0) {
            all_idle_since_ns_ = now_ns;
            idle_base_ = watermark;
        }
        if (idle_base_ != kBeforeAllTime) {
            inboxes_.raise(idle_base_ +
                           std::chrono::microseconds{(now_ns - all_idle_since_ns_) / 1000});
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
    if (!writer.try_write(chunk_)) return false;
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
    closed_ = closing_;
    epoch_ = EpochId{closing_.value + 1};
    closing_ = EpochId{0};
    std::ranges::fill(aligned_, std::uint8_t{0});
    aligned_count_ = 0;
    epoch_bytes_ = 0;
    return true;
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
}

}  // namespace velo::runtime
