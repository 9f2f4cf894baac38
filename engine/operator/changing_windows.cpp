// TUMBLING and HOPPING windows under EMIT CHANGES: one entry per key and window, answered row by row. Closing a window only
// drops it, after what EVERY still owes.

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/operator/answered_shards.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/open_windows.hpp"
#include "engine/operator/operators.hpp"
#include "engine/state/saved_spaces.hpp"
#include "engine/window/sliding.hpp"

namespace velo::engine {

namespace {

std::int64_t microseconds(EventTime time) noexcept { return time.time_since_epoch().count(); }

class ChangingWindows final : public KeyedOperator {
public:
    ChangingWindows(const Plan& plan, Saving saving)
        : windows_(sliding_windows(*plan.window())),
          time_column_(source_column(plan.source, ColumnOrigin::EventTime)),
          coalesces_(plan.emit.every.has_value()),
          keys_(group_of(plan).keys),
          answers_(plan),
          state_(answers_.payload(), saving),
          saved_(state_, answers_.form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        assign(batch, selection, out);
        slots_.resize(rows_.size());
        state_.find_or_insert(spaces_, keys_.of(batch, rows_), slots_);
        if (!coalesces_) {
            answers_.add_each(batch, {rows_, slots_, spans_}, state_, out);
            return;
        }
        answers_.aggregates().add(batch, rows_, slots_, state_.payloads());
        for (std::size_t i = 0; i < slots_.size(); ++i) state_.mark_pending(*spaces_[i], slots_[i]);
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        out.clear();
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        slots_.clear();
        spans_.clear();
        const auto open = open_.all();
        std::size_t closed = 0;
        while (closed < open.size() && windows_.end_of(open[closed]->start) <= watermark &&
               offer_pending(*open[closed], max_rows)) {
            ++closed;
        }
        answers_.offer(state_, slots_, spans_, out);
        if (closed != 0)
            answered_to_ = std::max(answered_to_, windows_.end_of(open[closed - 1]->start));
        const bool all = closed == open.size() || windows_.end_of(open[closed]->start) > watermark;
        open_.close_first(closed);
        windows_closed_ += closed;
        if (!all) return false;
        watermark_ = watermark;
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }

    bool flush(std::uint32_t max_rows, OperatorRows& out) override {
        out.clear();
        slots_.clear();
        spans_.clear();
        const bool done = std::ranges::all_of(
            open_.all(), [&](KeySpace* window) { return offer_pending(*window, max_rows); });
        answers_.offer(state_, slots_, spans_, out);
        return done;
    }

    OperatorCounts counts() const noexcept override {
        return {state_.size(), state_.bytes() + answers_.aggregates().heap_bytes(),
                open_.all().size(), windows_closed_};
    }

    void save_changes(SavedEntries& to) override { saved_.save_changes(open_.all(), to); }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(open_.all(), max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime answered_to) override {
        std::string_view payload;
        const auto head = saved_.head_of(entry, payload);
        if (!head || head->removed || !windows_.is_start(head->start)) return false;
        shards_.note(entry.shard, answered_to);
        if (windows_.end_of(head->start) <= answered_to) return true;
        if (!saved_.read_payload(payload)) return false;
        saved_.put(open_.at(head->start), *head);
        return true;
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        open_.close_while(
            [&](const KeySpace& window) { return windows_.end_of(window.start) <= watermark; });
        for (KeySpace* const window : open_.all()) saved_.list_pending(*window);
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    /// For each row the windows that take it, oldest first; a row that none takes is late.
    void assign(const Batch& batch, Selection selection, OperatorRows& out) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        const std::int64_t* const late_before =
            batch.late_before.empty() ? nullptr : batch.late_before.data();
        rows_.clear();
        spaces_.clear();
        spans_.clear();
        holding_.clear();
        std::int64_t pane_start =
            0;  // Neighbouring rows mostly share a pane, and so their windows.
        std::int64_t pane_end = 0;
        const bool asks_shards = shards_.latest() > watermark_;
        selection.each([&](std::uint32_t row) {
            const std::int64_t time = times[row];
            std::int64_t late =
                late_before == nullptr ? microseconds(kBeforeAllTime) : late_before[row];
            if (asks_shards)
                late = std::max(late, microseconds(shards_.of(keys_.shard(batch, row))));
            if (holding_.empty() || time < pane_start || time >= pane_end) {
                open_.find_holding(
                    windows_, EventTime{Duration{time}},
                    [this](EventTime end) { return end > watermark_; }, holding_);
                if (!holding_.empty()) {
                    const WindowSpan pane = windows_.pane_of(EventTime{Duration{time}});
                    pane_start = microseconds(pane.start);
                    pane_end = microseconds(pane.end);
                }
            }
            const std::size_t before = rows_.size();
            for (OpenWindows::Holding& holding : holding_) {
                if (late >= microseconds(holding.span.end)) continue;
                rows_.push_back(row);
                spaces_.push_back(&open_.at(holding));
                spans_.push_back(holding.span);
            }
            if (rows_.size() == before) out.late.push_back(row);
        });
    }

    /// Chooses the pending entries of a window as long as there is room; returns whether none is left.
    bool offer_pending(KeySpace& window, std::uint32_t max_rows) {
        if (window.pending.empty()) return true;
        const std::size_t count =
            std::min(max_rows - slots_.size(), window.pending.size() - offered_);
        const auto slots = std::span{window.pending}.subspan(offered_, count);
        for (const std::uint32_t slot : slots) {
            state_.header(slot).pending = false;
            state_.mark_changed(window, slot);
        }
        slots_.insert(slots_.end(), slots.begin(), slots.end());
        spans_.resize(slots_.size(), {window.start, windows_.end_of(window.start)});
        offered_ += count;
        if (offered_ < window.pending.size()) return false;
        window.pending.clear();
        offered_ = 0;
        return true;
    }

    SlidingWindows windows_;
    std::uint32_t time_column_;
    bool coalesces_;
    GroupKeys keys_;
    GroupAnswers answers_;
    KeyedState state_;
    SavedSpaces saved_;
    AnsweredShards shards_;
    OpenWindows open_{state_};
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::uint64_t windows_closed_ = 0;
    std::size_t offered_ = 0;  // Of the pending entries of the first window that has some.
    std::vector<OpenWindows::Holding> holding_;  // Scratch: of the latest row's pane.
    std::vector<std::uint32_t> rows_;            // One for each row and window that takes it.
    std::vector<KeySpace*> spaces_;
    std::vector<std::uint32_t> slots_;
    std::vector<WindowSpan> spans_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_changing_windows(const Plan& plan, Saving saving) {
    return std::make_unique<ChangingWindows>(plan, saving);
}

}  // namespace velo::engine
