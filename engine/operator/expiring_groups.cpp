// GROUP BY without a window and with state.ttl: a group that gets no rows for longer goes, and a row that comes after
// that starts it afresh.
//
// A group ends when event time has passed its last row's time + ttl: for a row the later of its own time and the
// watermark that its source partition had before it, so that it depends on the data alone whether the row still belongs
// to the group; for memory and the sink the query's watermark, which is never later than those.

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "engine/aggregate/state_bytes.hpp"
#include "engine/base/assert.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/state/expiry_queue.hpp"
#include "engine/state/saved_spaces.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
/// Buckets a ttl long: what is sorted at a time is a small part of the groups.
constexpr std::int64_t kBuckets = 64;

/// What a group's payload begins with.
struct Life {
    std::int64_t last = kNever;  // The latest event time of its rows; kNever: it has none yet.
    std::int64_t filed =
        kNever;  // The time under which the queue has it; renewed: the slot it goes on in.
};

class ExpiringGroups final : public KeyedOperator {
public:
    ExpiringGroups(const Plan& plan, Saving saving)
        : saving_(saving),
          ttl_(plan.ttl->count()),
          time_column_(source_column(plan.source, ColumnOrigin::EventTime)),
          coalesces_(plan.emit.every.has_value()),
          judges_(plan.output.having != nullptr),
          distinct_(group_of(plan).distinct),
          keys_(group_of(plan).keys),
          answers_(plan, sizeof(Life)),
          state_(payload(), saving),
          groups_(state_.open_space()),
          saved_(state_, form()),
          expiries_(Duration{std::max<std::int64_t>(1, ttl_ / kBuckets)}) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        begin_call(out);
        const auto rows = row_numbers(selection, rows_);
        slots_.resize(rows.size());
        state_.find_or_insert(groups_, keys_.of(batch, rows), slots_);
        assign(batch, rows);
        if (!coalesces_) {
            if (distinct_) hide_known();
            answers_.add_each(batch, {taken_, taken_slots_, {}}, state_, out);
            out.withdraw(withdrawn_);
            return;
        }
        answers_.aggregates().add(batch, taken_, taken_slots_, state_.payloads());
        for (const std::uint32_t slot : taken_slots_) {
            if (state_.header(slot).gone) {
                state_.header(slot).pending = true;  // Offered right away.
            } else {
                state_.mark_pending(groups_, slot);
            }
        }
        withdrawn_.clear();
        for (const std::uint32_t slot : ended_) choose_last(slot);
        offer_chosen(out);
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        begin_call(out);
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        watermark_ = watermark;
        if (watermark == kAfterAllTime) return true;  // The end of input is no time.
        bool done = false;
        while (!done && chosen_.size() + 1 < std::max(max_rows, 2U)) {
            const std::optional<ExpiryQueue::Item> item = expiries_.pop_before(watermark);
            if (item) {
                expire(*item);
            } else {
                done = true;
            }
        }
        offer_chosen(out);
        if (done) answered_to_ = watermark;
        return done;
    }

    bool flush(std::uint32_t max_rows, OperatorRows& out) override {
        begin_call(out);
        while (flushed_ < groups_.pending.size() && chosen_.size() < max_rows) {
            const std::uint32_t slot = groups_.pending[flushed_++];
            if (!state_.header(slot).pending) continue;  // Gone, or listed twice.
            state_.header(slot).pending = false;
            state_.mark_changed(groups_, slot);
            choose(slot, false);
        }
        offer_chosen(out);
        if (flushed_ < groups_.pending.size()) return false;
        groups_.pending.clear();
        flushed_ = 0;
        return true;
    }

    OperatorCounts counts() const noexcept override {
        return {state_.size(),
                state_.bytes() + answers_.aggregates().heap_bytes() + expiries_.bytes(), 0, 0,
                expired_};
    }

    void save_changes(SavedEntries& to) override {
        for (const std::string& key : removed_) saved_.save_removal({.key = key}, to);
        removed_.clear();
        saved_.save_changes(spaces_, to);
    }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(spaces_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime /*answered_to*/) override {
        std::string_view payload;
        const auto head = saved_.head_of(entry, payload);
        if (!head || head->start != groups_.start) return false;
        if (head->removed) {
            if (!payload.empty()) return false;
            if (const auto slot = state_.find(groups_, head->key)) {
                state_.remove(groups_, *slot);
                state_.forget(groups_, *slot);
            }
            return true;
        }
        if (!saved_.read_payload(payload)) return false;
        saved_.put(groups_, *head);
        return true;
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        saved_.list_pending(groups_);
        for (std::uint32_t i = 0; i < groups_.slots(); ++i) {
            const std::uint32_t slot = groups_.slot(i);
            if (!state_.header(slot).gone) file(slot);
        }
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    EntryPayload payload() {
        EntryPayload payload = answers_.payload();
        const Life life;
        std::memcpy(payload.fresh.data(), &life, sizeof life);
        return payload;
    }

    EntryForm form() {
        EntryForm form = answers_.form();
        form.encode = [encode = form.encode](const std::byte* payload, std::string& out) {
            put_signed(out, reinterpret_cast<const Life*>(payload)->last);
            encode(payload, out);
        };
        form.decode = [decode = form.decode](std::byte* payload, std::string_view& bytes) {
            return take_signed(bytes, reinterpret_cast<Life*>(payload)->last) &&
                   decode(payload, bytes);
        };
        return form;
    }

    [[nodiscard]] Life& life(std::uint32_t slot) noexcept {
        return *reinterpret_cast<Life*>(state_.payload(slot));
    }
    /// The last moment of a group: anything later ends it.
    [[nodiscard]] std::int64_t due(const Life& life) const noexcept {
        constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
        return life.last > kLatest - ttl_ ? kLatest : life.last + ttl_;
    }
    void file(std::uint32_t slot) {
        Life& of = life(slot);
        of.filed = due(of);
        expiries_.push({EventTime{Duration{of.filed}}, slot});
    }

    void begin_call(OperatorRows& out) {
        out.clear();
        for (const std::uint32_t slot : ended_) state_.forget(groups_, slot);
        ended_.clear();
        chosen_.clear();
        withdrawn_.clear();
    }

    /// Finds for each row the group it belongs to, in taken_ and taken_slots_. A row that starts a group afresh comes
    /// twice unless answers wait for EVERY: first with the old entry, which it takes back.
    void assign(const Batch& batch, std::span<const std::uint32_t> rows) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        taken_.clear();
        taken_slots_.clear();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::uint32_t row = rows[i];
            std::uint32_t slot = slots_[i];
            while (state_.header(slot).gone) slot = static_cast<std::uint32_t>(life(slot).filed);
            const std::int64_t now = batch.late_before.empty()
                                         ? times[row]
                                         : std::max(times[row], batch.late_before[row]);
            if (life(slot).last == kNever) {
                life(slot).last = times[row];
                file(slot);
            } else if (now > due(life(slot))) {
                slot = start_afresh(slot, row);
                life(slot).last = times[row];
                file(slot);
            }
            life(slot).last = std::max(life(slot).last, times[row]);
            taken_.push_back(row);
            taken_slots_.push_back(slot);
            withdrawn_.push_back(0);
        }
    }

    /// SELECT DISTINCT: of the rows taken only those that start a group are answered, and those that take one back.
    void hide_known() {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < taken_.size(); ++i) {
            std::uint8_t& written = state_.header(taken_slots_[i]).written;
            if (withdrawn_[i] == 0 && written != 0) continue;
            written = 1;
            taken_[kept] = taken_[i];
            taken_slots_[kept] = taken_slots_[i];
            withdrawn_[kept++] = withdrawn_[i];
        }
        taken_.resize(kept);
        taken_slots_.resize(kept);
        withdrawn_.resize(kept);
    }

    std::uint32_t start_afresh(std::uint32_t slot, std::uint32_t row) {
        const std::uint32_t renewed = state_.renew(groups_, slot);
        life(slot).filed = renewed;
        ended_.push_back(slot);
        if (coalesces_) return renewed;
        taken_.push_back(row);
        taken_slots_.push_back(slot);
        withdrawn_.push_back(1);
        return renewed;
    }

    void expire(const ExpiryQueue::Item& item) {
        EntryHeader& entry = state_.header(item.slot);
        if (entry.gone || life(item.slot).filed != item.due.time_since_epoch().count())
            return;  // Filed by an entry that has been renewed since.
        if (EventTime{Duration{due(life(item.slot))}} >= watermark_) {
            file(item.slot);
            return;
        }
        if (saving_ == Saving::On) removed_.emplace_back(entry.key.view());
        const bool owed = entry.pending;
        ++expired_;
        state_.remove(groups_, item.slot);
        entry.pending = owed;  // To be seen once more.
        ended_.push_back(item.slot);
        choose_last(item.slot);
    }

    void choose(std::uint32_t slot, bool withdrawn) {
        chosen_.push_back(slot);
        withdrawn_.push_back(withdrawn ? 1 : 0);
    }
    /// Of a group that has ended: what EVERY still owes, then its tombstone if the sink may have a row of it.
    void choose_last(std::uint32_t slot) {
        const EntryHeader& entry = state_.header(slot);
        if (entry.pending) choose(slot, false);
        if (!coalesces_ || judges_ || entry.pending || entry.written != 0) choose(slot, true);
    }

    void offer_chosen(OperatorRows& out) {
        answers_.offer(state_, chosen_, {}, out);
        out.withdraw(withdrawn_);
    }

    Saving saving_;
    std::int64_t ttl_;  // Microseconds.
    std::uint32_t time_column_;
    bool coalesces_;
    bool judges_;
    bool distinct_;
    GroupKeys keys_;
    GroupAnswers answers_;
    KeyedState state_;
    KeySpace& groups_;
    std::array<KeySpace*, 1> spaces_{&groups_};
    SavedSpaces saved_;
    ExpiryQueue expiries_;
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::size_t flushed_ = 0;  // Of groups_.pending.
    std::vector<std::uint32_t>
        ended_;  // In the latest call: what it has offered may still be read.
    std::uint64_t expired_ = 0;
    std::vector<std::string> removed_;  // Keys of groups that went since the last save.
    std::vector<std::uint32_t> rows_;   // Scratch.
    std::vector<std::uint32_t> slots_;
    std::vector<std::uint32_t> taken_;
    std::vector<std::uint32_t> taken_slots_;
    std::vector<std::uint32_t> chosen_;
    std::vector<std::uint8_t> withdrawn_;  // Aligned with what is offered.
};

}  // namespace

std::unique_ptr<KeyedOperator> make_expiring_groups(const Plan& plan, Saving saving) {
    return std::make_unique<ExpiringGroups>(plan, saving);
}

}  // namespace velo::engine
