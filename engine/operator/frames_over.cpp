// OVER (PARTITION BY … ORDER BY the event time [frame]): rows wait until the watermark has passed them, and are answered
// in order of event time, source partition and offset. So what an answer is over depends on the data alone.
//
//   rows ──► waiting, by time ──► (watermark) ──► numbered, through each frame of their partition ──► answers
//
// With state.ttl, or where all frames reach back by a time, a partition is forgotten when none of its rows comes for
// that long in event time: what later rows see of it is the same whether its memory has gone already or not.

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

#include "engine/aggregate/state_bytes.hpp"
#include "engine/base/assert.hpp"
#include "engine/data/row_bytes.hpp"
#include "engine/operator/answered_shards.hpp"
#include "engine/operator/frame_states.hpp"
#include "engine/operator/gather.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/operator/waiting_rows.hpp"
#include "engine/plan/plan_input.hpp"
#include "engine/state/expiry_queue.hpp"
#include "engine/state/saved_spaces.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
/// Buckets of expiries so long: what is sorted at a time is a small part of them.
constexpr std::int64_t kBuckets = 64;
constexpr std::int64_t kShortestBucket = 1'000'000;

std::int64_t microseconds(EventTime time) noexcept { return time.time_since_epoch().count(); }

/// What a partition's payload begins with; the frames' states follow.
struct Partition {
    WaitingRows::Chain waiting;
    std::int64_t rows = 0;  // Answered so far …
    std::int64_t rank = 0;  // … and these of the last of them …
    std::int64_t dense_rank = 0;
    std::int64_t last = kNever;   // … with its event time.
    std::int64_t filed = kNever;  // The time under which the expiries have it.
    std::uint32_t last_peer = 0;  // Scratch.
    std::uint32_t unused = 0;
};
static_assert(sizeof(Partition) % 8 == 0);

/// Event time after which nothing of a partition can matter to its next row; nothing where there is none.
std::optional<std::int64_t> horizon_of(const Plan& plan, const FramesPlan& over) {
    std::optional<std::int64_t> horizon;
    const bool reach_back_by_time =
        over.numberings.empty() && std::ranges::all_of(over.frames, [](const FramePlan& frame) {
            return frame.unit == FramePlan::Unit::Range && frame.preceding;
        });
    if (reach_back_by_time) {
        horizon = 0;
        for (const FramePlan& frame : over.frames) horizon = std::max(*horizon, *frame.preceding);
    }
    if (plan.ttl) horizon = std::min(horizon.value_or(kLatest), plan.ttl->count());
    return horizon;
}

class FramesOver final : public KeyedOperator {
public:
    FramesOver(const Plan& plan, Saving saving)
        : saving_(saving),
          over_(*plan.frames()),
          time_column_(source_column(plan.source, ColumnOrigin::EventTime)),
          partition_column_(source_column(plan.source, ColumnOrigin::Order)),
          offset_column_(source_column(plan.source, ColumnOrigin::Offset)),
          inputs_(first_computed(plan) + plan.computed.size()),
          horizon_(horizon_of(plan, over_)),
          keys_(over_.keys),
          codec_(key_types(plan, over_.keys)),
          kept_(key_types(plan, over_.kept)),
          frames_(make_frames(plan, over_)),
          joins_peers_(
              std::ranges::any_of(frames_, [](const auto& frame) { return frame->joins_peers(); })),
          state_(payload(), saving),
          partitions_(state_.open_space()),
          saved_(state_, form()),
          expiries_(Duration{std::max(kShortestBucket, horizon_.value_or(0) / kBuckets)}) {
        batch_.columns.resize(inputs_);
    }

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        begin_call(out);
        VELO_ASSERT(offered_ == ready_.rows, "what is ready is offered before more is taken");
        choose_rows(batch, selection, out);
        if (rows_.empty()) return;
        slots_.resize(rows_.size());
        state_.find_or_insert(partitions_, keys_.of(batch, rows_), slots_);
        columns_.clear();
        for (const std::uint32_t column : over_.kept) columns_.push_back(&batch.columns[column]);
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        const auto* const partitions = batch.columns[partition_column_].values<std::int64_t>();
        const auto* const offsets = batch.columns[offset_column_].values<std::int64_t>();
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const std::uint32_t row = rows_[i];
            const WaitingRows::Added added =
                waiting_.add(partition(slots_[i]).waiting, slots_[i],
                             {times[row], partitions[row], offsets[row]},
                             static_cast<std::uint32_t>(kept_.size(columns_, row)));
            kept_.write(columns_, row, added.bytes);
            waiting_.file(added.row);
        }
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        begin_call(out);
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        if (offered_ == ready_.rows) answer_next(watermark, std::max(max_rows, 1U));
        offer(max_rows, out);
        if (offered_ < ready_.rows || is_due(watermark)) return false;
        watermark_ = watermark;
        if (watermark == kAfterAllTime) return true;  // The end of input is no time.
        answered_to_ = std::max(answered_to_, watermark);
        return expire(max_rows);
    }

    OperatorCounts counts() const noexcept override {
        std::size_t bytes = state_.bytes() + waiting_.bytes() + expiries_.bytes();
        for (const auto& frame : frames_) bytes += frame->bytes();
        return {state_.size(), bytes, 0};
    }

    void save_changes(SavedEntries& to) override {
        for (const std::string& key : forgotten_) saved_.save_removal({.key = key}, to);
        forgotten_.clear();
        saved_.save_changes(spaces_, to);
    }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(spaces_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime answered_to) override {
        std::string_view payload;
        const auto head = saved_.head_of(entry, payload);
        if (!head || head->start != partitions_.start) return false;
        shards_.note(entry.shard, answered_to);
        if (head->removed) {
            if (!payload.empty()) return false;
            if (const auto slot = state_.find(partitions_, head->key)) {
                state_.remove(partitions_, *slot);
                state_.forget(partitions_, *slot);
            }
            return true;
        }
        read_.clear();
        if (!saved_.read_payload(payload)) return false;
        const std::uint32_t slot = state_.find_or_insert(partitions_, head->key);
        saved_.put_at(slot, *head);
        for (const ReadRow& row : read_) {
            const WaitingRows::Added added =
                waiting_.add(partition(slot).waiting, slot, row.position,
                             static_cast<std::uint32_t>(row.bytes.size()));
            row.bytes.copy(added.bytes, row.bytes.size());
        }
        return true;
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        for (std::uint32_t i = 0; i < partitions_.slots(); ++i) {
            const std::uint32_t slot = partitions_.slot(i);
            if (state_.header(slot).gone) continue;
            waiting_.each(partition(slot).waiting,
                          [&](std::uint32_t row, const auto&) { waiting_.file(row); });
            if (horizon_ && partition(slot).rows > 0) file(slot, due(partition(slot)));
        }
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    /// A waiting row of the payload read last; points into what is restored.
    struct ReadRow {
        RowPosition position;
        std::string_view bytes;
    };

    static std::vector<std::unique_ptr<FrameStates>> make_frames(const Plan& plan,
                                                                 const FramesPlan& over) {
        std::vector<std::unique_ptr<FrameStates>> frames;
        std::size_t end = sizeof(Partition);
        for (const FramePlan& frame : over.frames) {
            frames.push_back(std::make_unique<FrameStates>(frame, plan.source, end));
            end = frames.back()->end();
        }
        return frames;
    }

    EntryPayload payload() {
        EntryPayload payload;
        payload.fresh.resize(frames_.empty() ? sizeof(Partition) : frames_.back()->end());
        start(payload.fresh.data());
        payload.destroy = [this](std::byte* bytes) {
            waiting_.clear(reinterpret_cast<Partition*>(bytes)->waiting);
            for (const auto& frame : frames_) frame->destroy(bytes);
        };
        return payload;
    }
    void start(std::byte* payload) const {
        const Partition fresh;
        std::memcpy(payload, &fresh, sizeof fresh);
        for (const auto& frame : frames_) frame->create(payload);
    }

    // The rows that wait, the numbers of the last one answered, and each frame.
    EntryForm form() {
        EntryForm form;
        form.is_key = [this](std::string_view key) { return codec_.is_key(key); };
        form.is_written = [](const EntryHeader&) { return false; };
        form.encode = [this](const std::byte* bytes, std::string& out) {
            const auto& partition = *reinterpret_cast<const Partition*>(bytes);
            std::uint64_t count = 0;
            waiting_.each(partition.waiting, [&](std::uint32_t, const auto&) { ++count; });
            put_unsigned(out, count);
            waiting_.each(partition.waiting, [&](std::uint32_t, const WaitingRows::Row& row) {
                row.position.put(out);
                put_text(out, row.view());
            });
            put_signed(out, partition.rows);
            if (partition.rows > 0) {
                put_signed(out, partition.rank);
                put_signed(out, partition.dense_rank);
                put_signed(out, partition.last);
            }
            for (const auto& frame : frames_) frame->encode(bytes, out);
        };
        form.decode = [this](std::byte* bytes, std::string_view& from) {
            auto& partition = *reinterpret_cast<Partition*>(bytes);
            UInt128 count = 0;
            if (!take_unsigned(from, count)) return false;
            for (; count > 0; --count) {
                ReadRow& row = read_.emplace_back();
                if (!row.position.take(from) || !take_text(from, row.bytes) ||
                    row.bytes.size() > WaitingRows::kMostBytes || !kept_.is_row(row.bytes))
                    return false;
            }
            if (!take_count(from, partition.rows)) return false;
            if (partition.rows > 0 &&
                !(take_count(from, partition.rank) && take_count(from, partition.dense_rank) &&
                  take_signed(from, partition.last)))
                return false;
            return std::ranges::all_of(
                frames_, [&](const auto& frame) { return frame->decode(bytes, from); });
        };
        return form;
    }

    [[nodiscard]] Partition& partition(std::uint32_t slot) const noexcept {
        return *reinterpret_cast<Partition*>(state_.payload(slot));
    }

    /// What was offered is not read any more.
    void begin_call(OperatorRows& out) {
        out.clear();
        if (offered_ < ready_.rows) return;
        for (const std::uint32_t row : answered_) waiting_.let_go(row);
        answered_.clear();
    }

    /// Rows that are not late: what is late by its own source partition has been turned away where it was read.
    void choose_rows(const Batch& batch, Selection selection, OperatorRows& out) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        const bool asks_shards = shards_.latest() > watermark_;
        rows_.clear();
        selection.each([&](std::uint32_t row) {
            EventTime passed = watermark_;
            if (asks_shards) passed = std::max(passed, shards_.of(keys_.shard(batch, row)));
            (times[row] < microseconds(passed) ? out.late : rows_).push_back(row);
        });
    }

    [[nodiscard]] bool is_due(EventTime watermark) const noexcept {
        return !waiting_.empty() && waiting_.earliest().event_time < microseconds(watermark);
    }

    /// Makes ready the next `max_rows` rows that are due, and all others of the last one's time where rows of one time
    /// have one answer.
    void answer_next(EventTime watermark, std::uint32_t max_rows) {
        ready_.clear();
        offered_ = 0;
        slots_.clear();
        times_.clear();
        rows_bytes_.clear();
        while (is_due(watermark)) {
            const std::int64_t time = waiting_.earliest().event_time;
            if (times_.size() >= max_rows && !(joins_peers_ && time == times_.back())) break;
            answered_.push_back(waiting_.take_earliest());
            const WaitingRows::Row& row = waiting_.row(answered_.back());
            times_.push_back(time);
            slots_.push_back(row.slot);
            rows_bytes_.push_back(row.view());
            waiting_.unlink(partition(row.slot).waiting, answered_.back());
            state_.mark_changed(partitions_, row.slot);
        }
        ready_.rows = static_cast<std::uint32_t>(times_.size());
        if (ready_.rows == 0) return;
        answered_to_ = std::max(answered_to_, EventTime{Duration{times_.back()}} + Duration{1});
        rows_.resize(ready_.rows);
        std::iota(rows_.begin(), rows_.end(), 0U);
        read_columns();
        number_rows();
        if (joins_peers_) find_peers();
        answer_frames();
    }

    /// The rows' columns in batch_, as the reading worker had them.
    void read_columns() {
        batch_.rows = ready_.rows;
        kept_columns_.clear();
        for (const std::uint32_t column : over_.kept)
            kept_columns_.push_back(&batch_.columns[column]);
        kept_.read(rows_bytes_, kept_columns_);
        const auto fill = [&](std::uint32_t column, const Type& type, auto&& value_of) {
            batch_.columns[column].reset(type, ready_.rows);
            auto* const values = batch_.columns[column].values<std::int64_t>();
            for (std::size_t i = 0; i < answered_.size(); ++i)
                values[i] = value_of(waiting_.row(answered_[i]).position);
        };
        fill(time_column_, kTimestamp, [](const RowPosition& at) { return at.event_time; });
        fill(partition_column_, kBigint, [](const RowPosition& at) { return at.partition; });
        fill(offset_column_, kBigint, [](const RowPosition& at) { return at.offset; });
    }

    /// Into the last columns of ready_; and into starts_ the rows before which their partition is forgotten.
    void number_rows() {
        const std::size_t first = first_numbering();
        ready_.columns.resize(first + over_.numberings.size());
        for (std::size_t i = first; i < ready_.columns.size(); ++i)
            ready_.columns[i].reset(kBigint, ready_.rows);
        starts_.clear();
        for (std::uint32_t row = 0; row < ready_.rows; ++row) {
            Partition& of = partition(slots_[row]);
            if (horizon_ && of.rows > 0 && times_[row] > due(of)) {
                starts_.push_back(row);
                of.rows = of.rank = of.dense_rank = 0;
            }
            if (of.rows == 0 || of.last != times_[row]) {
                of.rank = of.rows + 1;
                ++of.dense_rank;
            }
            ++of.rows;
            of.last = times_[row];
            if (horizon_ && of.filed == kNever) file(slots_[row], due(of));
            for (std::size_t i = 0; i < over_.numberings.size(); ++i)
                ready_.columns[first + i].values<std::int64_t>()[row] =
                    number_of(of, over_.numberings[i]);
        }
    }
    static std::int64_t number_of(const Partition& of, RowNumbering numbering) noexcept {
        if (numbering == RowNumbering::RowNumber) return of.rows;
        return numbering == RowNumbering::Rank ? of.rank : of.dense_rank;
    }
    [[nodiscard]] std::size_t first_numbering() const noexcept {
        std::size_t column = inputs_;
        for (const auto& frame : frames_) column += frame->calls();
        return column;
    }

    /// The last row of each one's partition and time, in last_peers_; empty when that is each row itself.
    void find_peers() {
        last_peers_.resize(ready_.rows);
        bool any = false;
        for (std::uint32_t row = ready_.rows; row-- > 0;) {
            // Whatever an earlier call has left there, it is right when it looks right: the last peer has been here.
            std::uint32_t& last = partition(slots_[row]).last_peer;
            const bool is_peer = last > row && last < ready_.rows && slots_[last] == slots_[row] &&
                                 times_[last] == times_[row];
            if (!is_peer) last = row;
            last_peers_[row] = last;
            any = any || is_peer;
        }
        if (!any) last_peers_.clear();
    }

    void answer_frames() {
        const OrderedRows rows{batch_, rows_, slots_, times_, last_peers_, starts_};
        std::size_t column = inputs_;
        for (const auto& frame : frames_) {
            frame->answer(rows, state_.payloads(), ready_, column);
            column += frame->calls();
        }
        for (const std::uint32_t kept : over_.kept)
            std::swap(ready_.columns[kept], batch_.columns[kept]);
        for (const std::uint32_t at : {time_column_, partition_column_, offset_column_})
            std::swap(ready_.columns[at], batch_.columns[at]);
    }

    void offer(std::uint32_t max_rows, OperatorRows& out) {
        out.rows = std::min(max_rows, ready_.rows - offered_);
        if (out.rows == 0) return;
        if (out.rows == ready_.rows) {
            std::swap(out.columns, ready_.columns);
            std::swap(out.faults, ready_.faults);
        } else {
            rows_.resize(out.rows);
            std::iota(rows_.begin(), rows_.end(), offered_);
            out.columns.resize(ready_.columns.size());
            for (std::size_t i = 0; i < ready_.columns.size(); ++i) {
                if (ready_.columns[i].rows() == ready_.rows)
                    gather(ready_.columns[i], Selection{rows_}, out.columns[i]);
            }
            for (RowFault fault : ready_.faults.all()) {
                if (fault.row < offered_ || fault.row - offered_ >= out.rows) continue;
                fault.row -= offered_;
                out.faults.add(std::move(fault));
            }
        }
        offered_ += out.rows;
    }

    /// The last moment of a partition: a later row starts it anew.
    [[nodiscard]] std::int64_t due(const Partition& of) const noexcept {
        return of.last > kLatest - *horizon_ ? kLatest : of.last + *horizon_;
    }
    void file(std::uint32_t slot, std::int64_t time) {
        partition(slot).filed = time;
        expiries_.push({EventTime{Duration{time}}, slot});
    }

    /// Forgets up to `most` partitions whose last moment has passed; returns whether that was all.
    bool expire(std::uint32_t most) {
        for (; most > 0; --most) {
            const std::optional<ExpiryQueue::Item> item = expiries_.pop_before(watermark_);
            if (!item) return true;
            const Partition& of = partition(item->slot);
            if (of.waiting.first != WaitingRows::kNone) {
                file(item->slot, std::max(due(of), saturated(microseconds(watermark_))));
            } else if (due(of) >= microseconds(watermark_)) {
                file(item->slot, due(of));
            } else {
                if (saving_ == Saving::On)
                    forgotten_.emplace_back(state_.header(item->slot).key.view());
                state_.remove(partitions_, item->slot);
                state_.forget(partitions_, item->slot);
            }
        }
        return false;
    }
    [[nodiscard]] std::int64_t saturated(std::int64_t time) const noexcept {
        return time > kLatest - *horizon_ ? kLatest : time + *horizon_;
    }

    Saving saving_;
    const FramesPlan& over_;
    std::uint32_t time_column_;
    std::uint32_t partition_column_;
    std::uint32_t offset_column_;
    std::size_t inputs_;
    std::optional<std::int64_t> horizon_;  // Microseconds.
    GroupKeys keys_;
    GroupKeyCodec codec_;
    RowBytes kept_;
    WaitingRows waiting_;
    std::vector<std::unique_ptr<FrameStates>> frames_;
    bool joins_peers_;
    KeyedState state_;
    KeySpace& partitions_;
    std::array<KeySpace*, 1> spaces_{&partitions_};
    SavedSpaces saved_;
    ExpiryQueue expiries_;
    AnsweredShards shards_;
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::vector<std::string> forgotten_;  // Keys of partitions that went since the last save.
    std::vector<ReadRow> read_;
    OperatorRows ready_;                   // Answered, not yet all offered.
    std::uint32_t offered_ = 0;            // Of ready_.
    std::vector<std::uint32_t> answered_;  // The waiting rows of ready_.
    Batch batch_;                          // Scratch, as all below.
    std::vector<std::uint32_t> rows_;
    std::vector<std::uint32_t> slots_;
    std::vector<std::int64_t> times_;
    std::vector<std::string_view> rows_bytes_;
    std::vector<std::uint32_t> last_peers_;
    std::vector<std::uint32_t> starts_;
    std::vector<const Column*> columns_;
    std::vector<Column*> kept_columns_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_frames_over(const Plan& plan, Saving saving) {
    return std::make_unique<FramesOver>(plan, saving);
}

}  // namespace velo::engine
