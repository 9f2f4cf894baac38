// TUMBLING and HOPPING windows under EMIT FINAL: rows are added to panes, and a window's panes are combined when it closes.
//
//   windows of 3, advance 1     │───── A ─────│
//                                    │───── B ─────│
//   panes                       │ 1  │ 2  │ 3  │ 4  │      A = 1 + 2 + 3, B = 2 + 3 + 4
//
// A row that is late for A (its own source partition was past A's end) but in time for B must not count in A, although A
// may still be open here: it goes to a second pane 2 whose first window is B.

#include <algorithm>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/operator/answered_shards.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/state/saved_spaces.hpp"
#include "engine/window/sliding.hpp"

namespace velo::engine {

namespace {

/// Entries combined per call for every row that may be offered: a large window closes in bounded steps.
constexpr std::size_t kCombinedPerRow = 4;
constexpr std::size_t kCombinedTogether = 1024;

std::int64_t microseconds(EventTime time) noexcept { return time.time_since_epoch().count(); }

/// The window that is being closed, over as many calls as its rows need.
struct ClosingWindow {
    EventTime start;
    std::vector<KeySpace*> panes;  // To be combined; none when its only pane is `whole`.
    KeySpace* whole = nullptr;     // Its rows: the only pane, or the panes combined.
    std::size_t pane = 0;          // How far combining has come …
    std::uint32_t entry = 0;
    std::uint32_t offered = 0;  // … and offering.
    bool asks_shards = false;   // Some shard may have answered it before a restart.
};

/// Neighbouring rows mostly share a pane: the latest one that takes all rows of its time not late for `first_end`.
struct NearPane {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t first_end = 0;  // Of the oldest window that is open and holds the pane.
    KeySpace* pane = nullptr;

    [[nodiscard]] bool takes(std::int64_t time, std::int64_t late) const noexcept {
        return start <= time && time < end && late < first_end;
    }
};

class FinalWindows final : public KeyedOperator {
public:
    FinalWindows(const Plan& plan, Saving saving)
        : windows_(sliding_windows(*plan.window())),
          time_column_(source_column(plan.source, ColumnOrigin::EventTime)),
          keys_(group_of(plan).keys),
          answers_(plan),
          state_(answers_.payload(), saving),
          saved_(state_, form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        assign(batch, selection, out);
        if (rows_.empty()) return;
        slots_.resize(rows_.size());
        const KeyedRows sought = keys_.of(batch, rows_);
        if (std::ranges::all_of(spaces_,
                                [&](const KeySpace* space) { return space == spaces_[0]; })) {
            state_.find_or_insert(*spaces_[0], sought, slots_);
        } else {
            state_.find_or_insert(spaces_, sought, slots_);
        }
        answers_.aggregates().add(batch, rows_, slots_, state_.payloads());
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        out.clear();
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        slots_.clear();
        spans_.clear();
        std::size_t to_combine =
            std::max<std::size_t>(max_rows * kCombinedPerRow, kCombinedTogether);
        bool done = false;
        while (slots_.size() < max_rows) {
            if (!closing_ && !begin_closing(watermark)) {
                done = true;
                break;
            }
            if (!combine(to_combine)) break;
            offer_closing(max_rows);
        }
        answers_.offer(state_, slots_, spans_, out);
        release_spent();
        if (!done) return false;
        watermark_ = watermark;
        if (watermark != kAfterAllTime) {
            answered_to_ = watermark;
        } else if (closed_) {
            answered_to_ = std::max(answered_to_, windows_.end_of(*closed_));
        }
        return true;
    }

    OperatorCounts counts() const noexcept override {
        return {state_.size(), state_.bytes() + answers_.aggregates().heap_bytes(), open_windows(),
                windows_closed_};
    }

    void save_changes(SavedEntries& to) override {
        VELO_ASSERT(!closing_, "nothing is saved while a window is being closed");
        saved_.save_changes(panes_, to);
    }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        VELO_ASSERT(!closing_, "nothing is saved while a window is being closed");
        return saved_.save_slice(panes_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime answered_to) override {
        std::string_view payload;
        const auto head = saved_.head_of(entry, payload);
        if (!head || head->removed || !is_pane(head->start, *head->first)) return false;
        shards_.note(entry.shard, answered_to);
        if (windows_.end_of(windows_.newest_holding(head->start)) <= answered_to) return true;
        if (!saved_.read_payload(payload)) return false;
        saved_.put(pane_at(head->start, *head->first), *head);
        return true;
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        const EventTime next = windows_.first_ending_after(watermark);
        if (next == kBeforeAllTime) return;
        closed_ = windows_.previous(next);
        find_spent();
        release_spent();
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    EntryForm form() {
        EntryForm form = answers_.form();
        form.has_panes = true;
        return form;
    }

    /// Whether rows can make such a pane.
    [[nodiscard]] bool is_pane(EventTime start, EventTime first) const noexcept {
        return windows_.can_hold(start) && windows_.pane_of(start).start == start &&
               first >= windows_.oldest_holding(start) && first <= windows_.newest_holding(start) &&
               windows_.is_start(first);
    }

    /// The rows that some window takes, and the pane of each; the others are late.
    void assign(const Batch& batch, Selection selection, OperatorRows& out) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        const std::int64_t* const late_before =
            batch.late_before.empty() ? nullptr : batch.late_before.data();
        rows_.clear();
        spaces_.clear();
        NearPane near;
        const bool asks_shards = shards_.latest() > watermark_;
        selection.each([&](std::uint32_t row) {
            std::int64_t late =
                late_before == nullptr ? microseconds(kBeforeAllTime) : late_before[row];
            if (asks_shards)
                late = std::max(late, microseconds(shards_.of(keys_.shard(batch, row))));
            KeySpace* pane = near.pane;
            if (!near.takes(times[row], late)) {
                pane = pane_for(EventTime{Duration{times[row]}}, EventTime{Duration{late}});
                if (pane == nullptr) {
                    out.late.push_back(row);
                    return;
                }
                remember(*pane, near);
            }
            rows_.push_back(row);
            spaces_.push_back(pane);
        });
    }

    /// Makes `pane` the near one, unless it is one for rows that are late for windows still open here.
    void remember(KeySpace& pane, NearPane& near) const {
        if (pane.first !=
            std::max(windows_.oldest_holding(pane.start), windows_.first_ending_after(watermark_)))
            return;
        const std::int64_t start = microseconds(pane.start);
        near = {start, microseconds(windows_.pane_of(pane.start).end),
                microseconds(windows_.end_of(pane.first)), &pane};
    }

    /// The pane for a row at `time` that is late for windows ending at or before `late`; null pointer: for all of them.
    KeySpace* pane_for(EventTime time, EventTime late) {
        if (!windows_.can_hold(time)) return nullptr;
        const EventTime first = std::max(windows_.oldest_holding(time),
                                         windows_.first_ending_after(std::max(late, watermark_)));
        if (first > windows_.newest_holding(time)) return nullptr;
        return &pane_at(windows_.pane_of(time).start, first);
    }

    KeySpace& pane_at(EventTime start, EventTime first) {
        const auto at = std::ranges::lower_bound(
            panes_, std::pair{start, first}, {},
            [](const KeySpace* pane) { return std::pair{pane->start, pane->first}; });
        if (at != panes_.end() && (*at)->start == start && (*at)->first == first) return **at;
        KeySpace& pane = state_.open_space();
        pane.start = start;
        pane.first = first;
        panes_.insert(at, &pane);
        return pane;
    }

    /// The start of the first window that has rows and is not closed.
    [[nodiscard]] std::optional<EventTime> next_window() const {
        std::optional<EventTime> next;
        for (const KeySpace* const pane : std::span{panes_}.subspan(spent_)) {
            if (next && windows_.oldest_holding(pane->start) >= *next)
                break;  // Panes stand in order of their starts.
            const EventTime first =
                closed_ ? std::max(pane->first, windows_.next(*closed_)) : pane->first;
            if (!next || first < *next) next = first;
        }
        return next;
    }

    bool begin_closing(EventTime watermark) {
        const std::optional<EventTime> start = next_window();
        if (!start || windows_.end_of(*start) > watermark) return false;
        closing_ = ClosingWindow{*start, {}};
        for (KeySpace* const pane : std::span{panes_}.subspan(spent_)) {
            if (pane->start >= windows_.end_of(*start)) break;
            if (pane->start >= *start && pane->first <= *start) closing_->panes.push_back(pane);
        }
        closing_->asks_shards = windows_.end_of(*start) <= shards_.latest();
        const bool single = closing_->panes.size() == 1 && !closing_->asks_shards;
        closing_->whole = single ? closing_->panes[0] : &state_.open_space();
        if (single) closing_->panes.clear();
        return true;
    }

    /// Combines up to `budget` entries, which it takes off it; returns whether nothing is left to combine.
    bool combine(std::size_t& budget) {
        ClosingWindow& closing = *closing_;
        while (closing.pane < closing.panes.size()) {
            const KeySpace& pane = *closing.panes[closing.pane];
            const auto count = static_cast<std::uint32_t>(
                std::min({budget, kCombinedTogether, std::size_t{pane.size() - closing.entry}}));
            if (count == 0 && budget == 0) return false;
            from_.clear();
            for (std::uint32_t i = 0; i < count; ++i) from_.push_back(pane.slot(closing.entry + i));
            if (closing.asks_shards) {
                const EventTime end = windows_.end_of(closing.start);
                std::erase_if(from_, [&](std::uint32_t slot) {
                    return shards_.of(state_.header(slot).shard) >= end;
                });
            }
            into_.resize(from_.size());
            state_.find_or_insert(*closing.whole, from_, into_);
            for (std::size_t i = 0; i < from_.size(); ++i)
                answers_.aggregates().merge(state_.payload(into_[i]), state_.payload(from_[i]));
            budget -= count;
            closing.entry += count;
            if (closing.entry < pane.size()) continue;
            ++closing.pane;
            closing.entry = 0;
        }
        return true;
    }

    void offer_closing(std::uint32_t max_rows) {
        ClosingWindow& closing = *closing_;
        const auto room = static_cast<std::uint32_t>(max_rows - slots_.size());
        const std::uint32_t count = std::min(room, closing.whole->size() - closing.offered);
        for (std::uint32_t i = 0; i < count; ++i)
            slots_.push_back(closing.whole->slot(closing.offered + i));
        spans_.resize(slots_.size(), {closing.start, windows_.end_of(closing.start)});
        closing.offered += count;
        if (closing.offered == closing.whole->size()) end_closing();
    }

    void end_closing() {
        if (!closing_->panes.empty()) combined_.push_back(closing_->whole);
        closed_ = closing_->start;
        closing_.reset();
        ++windows_closed_;
        find_spent();
    }

    void find_spent() {
        while (spent_ < panes_.size() && windows_.newest_holding(panes_[spent_]->start) <= *closed_)
            ++spent_;
    }

    /// What has been offered whole goes, and the panes that no window needs any more.
    void release_spent() {
        for (KeySpace* const space : combined_) state_.close_space(*space);
        combined_.clear();
        const auto kept = panes_.begin() + static_cast<std::ptrdiff_t>(spent_);
        std::for_each(panes_.begin(), kept, [&](KeySpace* pane) { state_.close_space(*pane); });
        panes_.erase(panes_.begin(), kept);
        spent_ = 0;
    }

    [[nodiscard]] std::uint64_t open_windows() const noexcept {
        std::uint64_t count = 0;
        std::optional<EventTime> counted =
            closed_;  // Every window up to this one, where it has panes.
        for (const KeySpace* const pane : panes_) {
            const EventTime first =
                counted ? std::max(pane->first, windows_.next(*counted)) : pane->first;
            const EventTime last = windows_.newest_holding(pane->start);
            if (last < first) continue;
            count += windows_.count(first, last);
            counted = last;
        }
        return count;
    }

    SlidingWindows windows_;
    std::uint32_t time_column_;
    GroupKeys keys_;
    GroupAnswers answers_;
    KeyedState state_;
    SavedSpaces saved_;
    AnsweredShards shards_;
    std::vector<KeySpace*> panes_;  // By start, then first.
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::uint64_t windows_closed_ = 0;
    std::optional<EventTime>
        closed_;  // The start of the last window that was closed: all older ones are.
    std::optional<ClosingWindow> closing_;
    std::size_t spent_ = 0;  // Within a call: how many of the first panes no window needs any more.
    std::vector<KeySpace*>
        combined_;  // Within a call: panes combined, all of whose rows have been chosen.
    std::vector<std::uint32_t> rows_;  // Scratch.
    std::vector<KeySpace*> spaces_;
    std::vector<std::uint32_t> slots_;
    std::vector<WindowSpan> spans_;
    std::vector<std::uint32_t> from_;
    std::vector<std::uint32_t> into_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_final_windows(const Plan& plan, Saving saving) {
    return std::make_unique<FinalWindows>(plan, saving);
}

}  // namespace velo::engine
