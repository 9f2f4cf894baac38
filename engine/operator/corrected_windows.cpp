// TUMBLING and HOPPING windows under EMIT FINAL that answer more than once: EARLY EVERY before a window ends, ALLOWED
// LATENESS after it. One entry per key and window, kept until the watermark is the lateness past the window's end.
//
//   │───────── window ─────────│── lateness ──│
//   early answers … … …   final│  corrections │ dropped

#include <algorithm>

#include "engine/aggregate/state_bytes.hpp"
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

/// What an entry's payload begins with.
struct Answer {
    std::uint32_t revision = 0;  // How often it was written after its window was answered.
    std::uint32_t unused = 0;
};

/// Rows for entries, and the windows these are in.
struct WindowRows {
    std::vector<std::uint32_t> rows;
    std::vector<KeySpace*> spaces;
    std::vector<WindowSpan> spans;
    std::vector<std::uint32_t> slots;

    void clear() noexcept {
        rows.clear();
        spaces.clear();
        spans.clear();
    }
};

class CorrectedWindows final : public KeyedOperator {
public:
    CorrectedWindows(const Plan& plan, Saving saving)
        : windows_(sliding_windows(*plan.window())),
          lateness_(plan.emit.allowed_lateness),
          time_column_(source_column(plan.source, ColumnOrigin::EventTime)),
          coalesces_(plan.emit.every.has_value()),
          notes_written_(coalesces_ || plan.output.having != nullptr),
          keys_(group_of(plan).keys),
          answers_(plan, sizeof(Answer)),
          state_(answers_.payload(), saving),
          saved_(state_, form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        assign(batch, selection, out);
        find(batch, first_);
        answers_.aggregates().add(batch, first_.rows, first_.slots, state_.payloads());
        for (std::size_t i = 0; coalesces_ && i < first_.slots.size(); ++i)
            state_.mark_pending(*first_.spaces[i], first_.slots[i]);
        if (corrected_.rows.empty()) return;
        find(batch, corrected_);
        answers_.add_each(batch, {corrected_.rows, corrected_.slots, corrected_.spans}, state_,
                          out);
        for (const std::uint32_t slot : corrected_.slots)
            out.revisions.push_back(++answer(slot).revision);
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        begin_call(out);
        const bool done = answer_windows(watermark, max_rows);
        // The end of the input is no time: what may still be corrected is kept for the next run.
        const EventTime passed = watermark == kAfterAllTime ? answered_to_ : watermark;
        const auto open = open_.all();
        std::size_t dropped = 0;
        while (done && dropped < open.size() && is_over(*open[dropped], passed) &&
               offer_pending(*open[dropped], max_rows))
            ++dropped;
        offer_chosen(out);
        const bool all = dropped == open.size() || !is_over(*open[dropped], passed);
        open_.close_first(dropped);
        windows_closed_ += dropped;
        if (!done || !all) return false;
        watermark_ = watermark;
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        next_ = kBeforeAllTime;
        return true;
    }

    bool flush(std::uint32_t max_rows, OperatorRows& out) override {
        begin_call(out);
        const bool done = std::ranges::all_of(
            open_.all(), [&](KeySpace* window) { return offer_pending(*window, max_rows); });
        offer_chosen(out);
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
        if (!head || head->removed || !windows_.is_start(head->start) ||
            !can_keep(windows_.end_of(head->start)))
            return false;
        shards_.note(entry.shard, answered_to);
        if (windows_.end_of(head->start) + lateness_ <= answered_to) return true;
        if (!saved_.read_payload(payload)) return false;
        saved_.put(open_.at(head->start), *head);
        return true;
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        open_.close_while([&](const KeySpace& window) { return is_over(window, watermark); });
        for (KeySpace* const window : open_.all()) saved_.list_pending(*window);
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    EntryForm form() {
        EntryForm form = answers_.form();
        form.encode = [encode = form.encode](const std::byte* payload, std::string& out) {
            put_signed(out, reinterpret_cast<const Answer*>(payload)->revision);
            encode(payload, out);
        };
        form.decode = [decode = form.decode](std::byte* payload, std::string_view& bytes) {
            std::int64_t revision = 0;
            if (!take_signed(bytes, revision) || revision < 0 || revision > 0xFFFFFFFF)
                return false;
            reinterpret_cast<Answer*>(payload)->revision = static_cast<std::uint32_t>(revision);
            return decode(payload, bytes);
        };
        return form;
    }

    [[nodiscard]] Answer& answer(std::uint32_t slot) const noexcept {
        return *reinterpret_cast<Answer*>(state_.payload(slot));
    }
    [[nodiscard]] WindowSpan span(const KeySpace& window) const noexcept {
        return {window.start, windows_.end_of(window.start)};
    }
    /// False so near the end of EventTime that the lateness would reach over.
    [[nodiscard]] bool can_keep(EventTime end) const noexcept {
        return end <= kAfterAllTime - lateness_;
    }
    [[nodiscard]] bool is_over(const KeySpace& window, EventTime watermark) const noexcept {
        return windows_.end_of(window.start) + lateness_ <= watermark;
    }

    void begin_call(OperatorRows& out) {
        out.clear();
        slots_.clear();
        spans_.clear();
        revisions_.clear();
    }

    void find(const Batch& batch, WindowRows& rows) {
        rows.slots.resize(rows.rows.size());
        state_.find_or_insert(rows.spaces, keys_.of(batch, rows.rows), rows.slots);
    }

    /// For each row the windows that take it, oldest first, in first_ where they are still to be answered, or answered
    /// again when the clock strikes, else in corrected_; a row that none takes is late.
    void assign(const Batch& batch, Selection selection, OperatorRows& out) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        first_.clear();
        corrected_.clear();
        holding_.clear();
        WindowSpan pane{};  // Neighbouring rows mostly share a pane, and so their windows.
        selection.each([&](std::uint32_t row) {
            const EventTime time{Duration{times[row]}};
            if (holding_.empty() || time < pane.start || time >= pane.end) {
                open_.find_holding(
                    windows_, time,
                    [this](EventTime end) { return can_keep(end) && end + lateness_ > watermark_; },
                    holding_);
                if (!holding_.empty()) pane = windows_.pane_of(time);
            }
            EventTime answered = watermark_;
            if (shards_.latest() > watermark_)
                answered = std::max(answered, shards_.of(keys_.shard(batch, row)));
            EventTime passed = answered;
            if (!batch.late_before.empty())
                passed = std::max(passed, EventTime{Duration{batch.late_before[row]}});
            bool is_late = true;
            for (OpenWindows::Holding& holding : holding_) {
                if (passed >= holding.span.end + lateness_) continue;
                WindowRows& to = coalesces_ || answered < holding.span.end ? first_ : corrected_;
                to.rows.push_back(row);
                to.spaces.push_back(&open_.at(holding));
                to.spans.push_back(holding.span);
                is_late = false;
            }
            if (is_late) out.late.push_back(row);
        });
    }

    /// Chooses the entries of windows that end up to `watermark`, as long as there is room; returns whether that is all.
    bool answer_windows(EventTime watermark, std::uint32_t max_rows) {
        for (KeySpace* const window : open_.from(next_)) {
            const WindowSpan of = span(*window);
            if (of.end > watermark) break;
            next_ = window->start;
            if (of.end <= watermark_) continue;  // Has been.
            if (watermark == kAfterAllTime) answered_to_ = std::max(answered_to_, of.end);
            for (; entry_ < window->slots(); ++entry_) {
                const std::uint32_t slot = window->slot(entry_);
                if (shards_.of(state_.header(slot).shard) >= of.end) continue;
                if (slots_.size() == max_rows) return false;
                state_.header(slot).pending = false;
                choose(*window, slot, of, 0);
            }
            entry_ = 0;
            next_ = window->start + Duration{1};  // Calls that follow do not answer it again.
            std::erase_if(window->pending,
                          [&](std::uint32_t slot) { return !state_.header(slot).pending; });
        }
        return true;
    }

    /// Chooses the pending entries of a window as long as there is room; returns whether none is left.
    bool offer_pending(KeySpace& window, std::uint32_t max_rows) {
        if (window.pending.empty()) return true;
        const WindowSpan of = span(window);
        for (; offered_ < window.pending.size(); ++offered_) {
            if (slots_.size() == max_rows) return false;
            const std::uint32_t slot = window.pending[offered_];
            const EventTime answered = std::max(watermark_, shards_.of(state_.header(slot).shard));
            state_.header(slot).pending = false;
            choose(window, slot, of, of.end <= answered ? ++answer(slot).revision : 0);
        }
        window.pending.clear();
        offered_ = 0;
        return true;
    }

    void choose(KeySpace& window, std::uint32_t slot, const WindowSpan& of,
                std::uint32_t revision) {
        if (notes_written_) state_.mark_changed(window, slot);
        slots_.push_back(slot);
        spans_.push_back(of);
        revisions_.push_back(revision);
    }
    void offer_chosen(OperatorRows& out) {
        answers_.offer(state_, slots_, spans_, out);
        if (std::ranges::any_of(revisions_, [](std::uint32_t revision) { return revision != 0; }))
            out.revisions = revisions_;
    }

    SlidingWindows windows_;
    Duration lateness_;
    std::uint32_t time_column_;
    bool coalesces_;
    bool notes_written_;
    GroupKeys keys_;
    GroupAnswers answers_;
    KeyedState state_;
    SavedSpaces saved_;
    AnsweredShards shards_;
    OpenWindows open_{state_};
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::uint64_t windows_closed_ = 0;
    EventTime next_ = kBeforeAllTime;  // Between calls of one advance: from where to answer …
    std::uint32_t entry_ = 0;          // … and how far.
    std::size_t offered_ = 0;          // Of the pending entries of the first window that has some.
    std::vector<OpenWindows::Holding> holding_;  // Scratch: of the latest row's pane.
    WindowRows first_;
    WindowRows corrected_;
    std::vector<std::uint32_t> slots_;
    std::vector<WindowSpan> spans_;
    std::vector<std::uint32_t> revisions_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_corrected_windows(const Plan& plan, Saving saving) {
    return std::make_unique<CorrectedWindows>(plan, saving);
}

}  // namespace velo::engine
