#include "server/runtime/reader.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace velo::runtime {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMostFreeBatches =
    8;  // More are given back to the system: a burst must not hold memory for ever.
constexpr std::size_t kLargestFreeBatch = std::size_t{64} << 20U;  // And so are those beyond.

std::int64_t nanoseconds(Duration duration) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

std::uint64_t bytes_of(std::span<const engine::RawRecord> records) noexcept {
    std::uint64_t sum = 0;
    for (const engine::RawRecord& record : records) sum += record.key.size() + record.value.size();
    return sum;
}

std::vector<std::unique_ptr<engine::Decoder>> decoders(
    const JobRun& run, const std::vector<engine::PartitionName>& names) {
    std::vector<std::unique_ptr<engine::Decoder>> all;
    for (std::size_t i = 0; i < run.plan->input_count(); ++i)
        all.push_back(run.formats.make_decoder(run.plan->input(i), names));
    return all;
}

}  // namespace

Reader::Reader(JobRun& run, std::uint32_t pipeline, std::unique_ptr<engine::SourceReader> source)
    : run_(run),
      pipeline_(pipeline),
      counters_(run.counters[pipeline]),
      source_(std::move(source)),
      stage_(*run.plan, decoders(run, names_)),
      letters_(run, counters_),
      pending_(run.options.pipelines),
      is_pending_(run.options.pipelines, 0),
      cut_epoch_(run.first_epoch.value - 1) {}

Reader::~Reader() {
    for (auto& routed : out_) source_->release(routed->raw);
    source_->release(left_);
}

void Reader::add(const Assignment& assignment) {
    if (assignment.partition.value >= names_.size()) names_.resize(assignment.partition.value + 1);
    names_[assignment.partition.value] = assignment.name;
    stage_.add(assignment.partition, assignment.watermark, assignment.name.input);
    source_->add(assignment.partition, assignment.next_offset, assignment.end_offset);
    PartitionCounters& counters = run_.partitions.at(assignment.partition);
    counters.next_offset.set(assignment.next_offset);
    partitions_.push_back({.id = assignment.partition,
                           .input = assignment.name.input,
                           .last_data_ns = counters.last_data_ns.get(),
                           .ended = false,
                           .watermark = assignment.watermark});
}

Reader::Progress Reader::step(std::int64_t now_ns, bool may_read, engine::SinkWriter& writer) {
    take_back_batches();
    if (failure_) return Progress::None;
    if (!letters_.flush(writer)) return Progress::Blocked;
    bool some = false;
    if (pending_count_ != 0) {
        if (!push_pending()) return Progress::Blocked;
        some = true;
    }
    // What has been polled belongs before the cut.
    if (left_.empty() && run_.wanted_epoch.load(std::memory_order_acquire) > cut_epoch_) {
        return begin_cut() ? Progress::Some : Progress::Blocked;
    }
    if (left_.empty() && !run_.reading.load(std::memory_order_acquire))
        return some ? Progress::Some : Progress::None;
    if (!may_read || !has_budget()) return Progress::Blocked;
    if (read_batch(now_ns, writer)) return Progress::Some;
    if (watermark_news()) {
        static_cast<void>(push_pending());
        return Progress::Some;
    }
    return some ? Progress::Some : Progress::None;
}

// Sends what waits for room in its ring; true when nothing waits any more.
bool Reader::push_pending() {
    for (std::uint32_t p = 0; p < pending_.size() && pending_count_ != 0; ++p) {
        if (is_pending_[p] == 0) continue;
        if (!run_.exchange.ring(pipeline_, p).try_push(pending_[p])) continue;
        is_pending_[p] = 0;
        --pending_count_;
        if (p != pipeline_) run_.worker_wakes[p]->notify();
    }
    return pending_count_ == 0;
}

bool Reader::begin_cut() {
    cut_epoch_ = run_.wanted_epoch.load(std::memory_order_acquire);
    cut_marks_.clear();
    for (const Partition& partition : partitions_) {
        cut_marks_.push_back({.partition = partition.id,
                              .next_offset = source_->position(partition.id).next_offset,
                              .watermark = watermark_of(partition)});
    }
    for (std::uint32_t p = 0; p < pending_.size(); ++p) {
        pending_[p] = ExchangeItem{
            .watermark = sent_watermark_, .idle = sent_idle_, .barrier = EpochId{cut_epoch_}};
        is_pending_[p] = 1;
        ++pending_count_;
    }
    static_cast<void>(push_pending());
    return true;
}

bool Reader::read_batch(std::int64_t now_ns, engine::SinkWriter& writer) {
    if (left_.empty()) {
        poll(now_ns);
        if (raw_.empty()) return false;
    } else {
        raw_.swap(left_);
        left_.clear();
        raw_bytes_ = bytes_of(raw_);
    }
    RoutedBatch& routed = free_batch();
    routed.polled_ns = now_ns;
    routed.oldest_timestamp_us =
        raw_.front().timestamp == engine::kNoTimestamp ? 0 : raw_.front().timestamp;
    if (TapLane* tap = counters_.tap.wanted(TapPoint::Source))
        tap_source(*tap, run_.partitions, raw_, *source_);
    leave_from(stage_.read(raw_, routed.batch, outcome_));
    count(outcome_, raw_.size());
    const EpochId epoch{cut_epoch_ + 1};
    if (auto failure = letters_.take(outcome_.faults, raw_, *source_, epoch))
        failure_ = std::move(failure);
    if (auto failure = letters_.take_late(outcome_.late, raw_, *source_, epoch))
        failure_ = std::move(failure);
    if (failure_) {
        source_->release(raw_);
        source_->release(left_);
        return true;  // Nothing of this batch goes on; the control thread is told.
    }
    route(routed, outcome_.accepted);
    if (routed.raw.empty()) source_->release(raw_);
    static_cast<void>(letters_.flush(writer));
    static_cast<void>(push_pending());
    return true;
}

void Reader::poll(std::int64_t now_ns) {
    raw_.clear();
    raw_bytes_ = 0;
    poll_partitions(raw_, now_ns);
    while (const auto error = source_->take_error()) {
        if (error->fatal) failure_ = failure_of(*error);
    }
    for (Partition& partition : partitions_) settle(partition, now_ns);
}

// The records from `taken` on did not fit into the batch and are read next.
void Reader::leave_from(std::size_t taken) {
    if (taken == raw_.size()) return;
    const auto rest = raw_.begin() + static_cast<std::ptrdiff_t>(taken);
    left_.assign(rest, raw_.end());
    raw_.erase(rest, raw_.end());
    raw_bytes_ = bytes_of(raw_);
}

// The partition with the lowest watermark first, so that event time advances together; one that filled a batch without
// moving its watermark lets the others go first next time, so that none starves. A batch is of one source: that of the first
// partition that has something; a source whose batch did not move event time lets the others go first, too.
void Reader::poll_partitions(engine::RawBatch& raw, std::int64_t now_ns) {
    if (partitions_.size() > 1) {
        const bool stuck_input =
            last_input_ != kNoInput && lowest_watermark(last_input_) == last_input_watermark_;
        std::ranges::sort(partitions_, {}, [&](const Partition& partition) {
            const EventTime watermark = stage_.watermark(partition.id);
            const bool stuck =
                (partition.id == last_filled_ && watermark == last_filled_watermark_) ||
                (stuck_input && partition.input == last_input_);
            return std::tuple{stuck, watermark, partition.id};
        });
    }
    last_filled_ = kNone;
    last_input_ = kNoInput;
    const bool several = run_.plan->input_count() > 1;
    const std::uint32_t most = run_.options.batch_records;
    const EventTime read_up_to{Duration{run_.read_up_to_us.load(std::memory_order_acquire)}};
    for (std::size_t i = 0; i < partitions_.size() && raw.size() < most; ++i) {
        Partition& partition = partitions_[i];
        if (partition.ended || stage_.watermark(partition.id) > read_up_to) continue;
        if (last_input_ != kNoInput && partition.input != last_input_) continue;
        const auto room = most - static_cast<std::uint32_t>(raw.size());
        const std::size_t before = raw.size();
        const std::uint32_t came = source_->poll(partition.id, room, raw);
        PartitionCounters& counters = run_.partitions.at(partition.id);
        if (came != 0) {
            if (several && last_input_ == kNoInput) {
                last_input_ = partition.input;
                last_input_watermark_ = lowest_watermark(last_input_);
            }
            partition.last_data_ns = now_ns;
            stage_.set_idle(partition.id, false);
            counters.records_in.add(came);
            const std::uint64_t bytes = bytes_of(std::span(raw).subspan(before));
            counters.bytes_in.add(bytes);
            raw_bytes_ += bytes;
            const std::int64_t timestamp = raw.back().timestamp;
            counters.last_timestamp_us.set(timestamp == engine::kNoTimestamp ? 0 : timestamp);
            counters.last_data_ns.set(now_ns);
            counters.idle.set(0);
        }
        counters.next_offset.set(source_->position(partition.id).next_offset);
        if (came != room) continue;
        last_filled_ = partition.id;
        last_filled_watermark_ = stage_.watermark(partition.id);
    }
}

EventTime Reader::lowest_watermark(std::uint32_t input) const noexcept {
    EventTime lowest = kAfterAllTime;
    for (const Partition& partition : partitions_) {
        if (partition.input == input && !partition.ended)
            lowest = std::min(lowest, stage_.watermark(partition.id));
    }
    return lowest;
}

// Ends and idleness: what can change about a partition without a row.
void Reader::settle(Partition& partition, std::int64_t now_ns) {
    PartitionCounters& counters = run_.partitions.at(partition.id);
    const engine::SourcePosition position = source_->position(partition.id);
    counters.next_offset.set(position.next_offset);
    const EventTime watermark = stage_.watermark(partition.id);
    if (watermark != kAfterAllTime) counters.watermark_us.set(watermark.time_since_epoch().count());
    if (position.ended) {
        partition.ended = true;
        counters.ended.set(1);
        return;
    }
    const auto& idle_after = run_.plan->input(partition.input).idle_after;
    if (!idle_after || run_.options.until_end || stage_.is_idle(partition.id)) return;
    const std::int64_t idle_from = partition.last_data_ns + nanoseconds(*idle_after);
    // Silence alone is not idleness: the broker must have said, after that long, that there is nothing more.
    if (now_ns < idle_from || counters.end_asked_ns.get() < idle_from) return;
    if (position.next_offset < counters.end_offset.get()) return;
    stage_.set_idle(partition.id, true);
    counters.idle.set(1);
}

void Reader::route(RoutedBatch& routed, std::span<const std::uint32_t> rows) {
    const std::uint32_t pipelines = run_.options.pipelines;
    routed.rows_of.resize(pipelines);
    for (auto& list : routed.rows_of) list.clear();
    const bool routes = run_.plan->keyed.has_value();
    if (pipelines == 1 || !routes) {
        const std::uint32_t to = routes || pipelines == 1   ? 0
                                 : run_.options.round_robin ? turn_++ % pipelines
                                                            : pipeline_;
        routed.rows_of[to].assign(rows.begin(), rows.end());
    } else {
        for (const std::uint32_t row : rows) {
            routed.rows_of[pipeline_of(shard_of(routed.batch.hashes[row]), pipelines)].push_back(
                row);
        }
    }
    end_partitions();
    const EventTime watermark = stage_.watermark();
    const bool idle = stage_.all_idle();
    std::uint32_t holders = 0;
    for (const auto& list : routed.rows_of) holders += list.empty() ? 0U : 1U;
    const bool keeps_raw = !routes || run_.options.faults.late != FaultAction::Drop;
    if (holders != 0) {
        routed.charged_bytes = routed.batch.capacity_bytes();
        routed.reader = source_.get();
        if (keeps_raw) {
            routed.charged_bytes += raw_bytes_;
            routed.raw.swap(raw_);
        }
        charged_bytes_ += routed.charged_bytes;
        routed.batch.holders.store(holders,
                                   std::memory_order_relaxed);  // The ring's release publishes it.
    }
    for (std::uint32_t p = 0; p < pipelines; ++p) {
        counters_.sent_to[p].add(routed.rows_of[p].size());
        pending_[p] = ExchangeItem{.batch = routed.rows_of[p].empty() ? nullptr : &routed,
                                   .watermark = watermark,
                                   .idle = idle,
                                   .barrier = EpochId{0}};
        is_pending_[p] = 1;
    }
    pending_count_ = pipelines;
    sent_watermark_ = watermark;
    sent_idle_ = idle;
    sent_anything_ = true;
    if (holders == 0) return;
    VELO_ASSERT(free_.back().get() == &routed, "the batch being filled is the last free one");
    out_.push_back(std::move(free_.back()));
    free_.pop_back();
}

// What has been read to its end no longer holds event time back.
void Reader::end_partitions() {
    if (!left_.empty()) return;
    for (Partition& partition : partitions_) {
        if (!partition.ended) continue;
        partition.watermark = watermark_of(partition);
        stage_.end(partition.id);
    }
}

// What its rows have brought it to; its end does not count.
EventTime Reader::watermark_of(const Partition& partition) const noexcept {
    const EventTime watermark = stage_.watermark(partition.id);
    return watermark == kAfterAllTime ? partition.watermark : watermark;
}

void Reader::take_back_batches() {
    for (std::size_t i = 0; i < out_.size();) {
        RoutedBatch& routed = *out_[i];
        if (routed.batch.holders.load(std::memory_order_acquire) != 0) {
            ++i;
            continue;
        }
        source_->release(routed.raw);
        charged_bytes_ -= routed.charged_bytes;
        routed.charged_bytes = 0;
        if (free_.size() < kMostFreeBatches && routed.batch.capacity_bytes() < kLargestFreeBatch)
            free_.push_back(std::move(out_[i]));
        out_[i] = std::move(out_.back());
        out_.pop_back();
    }
}

RoutedBatch& Reader::free_batch() {
    if (free_.empty()) free_.push_back(std::make_unique<RoutedBatch>());
    return *free_.back();
}

// Whether the watermark or idleness has changed without a row; then queues the news for every pipeline.
bool Reader::watermark_news() {
    EventTime watermark;
    bool idle = false;
    if (partitions_.empty()) {
        watermark = run_.options.until_end ? kAfterAllTime : kBeforeAllTime;
        idle = !run_.options.until_end;
    } else {
        end_partitions();
        watermark = stage_.watermark();
        idle = stage_.all_idle();
    }
    if (sent_anything_ && watermark == sent_watermark_ && idle == sent_idle_) return false;
    for (std::uint32_t p = 0; p < pending_.size(); ++p) {
        pending_[p] = ExchangeItem{
            .batch = nullptr, .watermark = watermark, .idle = idle, .barrier = EpochId{0}};
        is_pending_[p] = 1;
    }
    pending_count_ = run_.options.pipelines;
    sent_watermark_ = watermark;
    sent_idle_ = idle;
    sent_anything_ = true;
    return true;
}

void Reader::count(const engine::ReadOutcome& outcome, std::size_t records) {
    counters_.batches.add(1);
    counters_.batch_records.observe(records);
    counters_.records_in.add(records);
    counters_.filtered.add(outcome.filtered);
}

std::int64_t Reader::next_timer_ns() const noexcept {
    if (run_.options.until_end) return kNever;
    std::int64_t next = kNever;
    for (const Partition& partition : partitions_) {
        const auto& idle_after = run_.plan->input(partition.input).idle_after;
        if (!idle_after || partition.ended || stage_.is_idle(partition.id)) continue;
        const std::int64_t idle_from = partition.last_data_ns + nanoseconds(*idle_after);
        // Past that, the control thread's answer about the end wakes this worker.
        if (run_.partitions.at(partition.id).end_asked_ns.get() >= idle_from)
            next = std::min(next, idle_from);
    }
    return next;
}

}  // namespace velo::runtime
