// GROUP BY without a window: one entry per key for as long as the job runs.

#include <algorithm>
#include <array>

#include "engine/base/assert.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/state/saved_spaces.hpp"

namespace velo::engine {

namespace {

class GroupAggregate final : public KeyedOperator {
public:
    GroupAggregate(const Plan& plan, Saving saving)
        : emit_(plan.emit),
          distinct_(group_of(plan).distinct),
          keys_(group_of(plan).keys),
          answers_(plan),
          state_(answers_.payload(), saving),
          groups_(state_.open_space()),
          saved_(state_, answers_.form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        const auto rows = row_numbers(selection, rows_);
        slots_.resize(rows.size());
        state_.find_or_insert(groups_, keys_.of(batch, rows), slots_);
        if (emit_.mode == EmitMode::Changes && !emit_.every) {
            if (distinct_) {
                answers_.add_each(batch, take_first_rows(state_, rows, slots_, first_), state_,
                                  out);
                return;
            }
            answers_.add_each(batch, {rows, slots_, {}}, state_, out);
            return;
        }
        answers_.aggregates().add(batch, rows, slots_, state_.payloads());
        if (emit_.every) {
            for (const std::uint32_t slot : slots_) state_.mark_pending(groups_, slot);
        }
    }

    bool advance(EventTime watermark, std::uint32_t /*max_rows*/, OperatorRows& out) override {
        out.clear();
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        watermark_ = watermark;
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }

    bool flush(std::uint32_t max_rows, OperatorRows& out) override {
        out.clear();
        const std::size_t count =
            std::min<std::size_t>(max_rows, groups_.pending.size() - flushed_);
        const auto slots = std::span{groups_.pending}.subspan(flushed_, count);
        for (const std::uint32_t slot : slots) {
            state_.header(slot).pending = false;
            state_.mark_changed(groups_, slot);
        }
        answers_.offer(state_, slots, {}, out);
        flushed_ += count;
        if (flushed_ < groups_.pending.size()) return false;
        groups_.pending.clear();
        flushed_ = 0;
        return true;
    }

    bool finish(std::uint32_t max_rows, OperatorRows& out) override {
        if (emit_.mode == EmitMode::Changes)
            return flush(max_rows, out);  // The last value is always written.
        out.clear();
        const std::uint32_t count = std::min(max_rows, groups_.size() - finished_);
        slots_.clear();
        for (std::uint32_t i = 0; i < count; ++i) slots_.push_back(groups_.slot(finished_ + i));
        answers_.offer(state_, slots_, {}, out);
        finished_ += count;
        return finished_ == groups_.size();
    }

    OperatorCounts counts() const noexcept override {
        return {state_.size(), state_.bytes() + answers_.aggregates().heap_bytes(), 0};
    }

    void save_changes(SavedEntries& to) override { saved_.save_changes(spaces_, to); }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(spaces_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime /*answered_to*/) override {
        return saved_.restore(groups_, entry);
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        saved_.list_pending(groups_);
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    EmitPlan emit_;
    bool distinct_;
    GroupKeys keys_;
    GroupAnswers answers_;
    KeyedState state_;
    KeySpace& groups_;
    std::array<KeySpace*, 1> spaces_{&groups_};
    SavedSpaces saved_;
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::size_t flushed_ = 0;          // Of groups_.pending.
    std::uint32_t finished_ = 0;       // Of groups_.
    std::vector<std::uint32_t> rows_;  // Scratch.
    std::vector<std::uint32_t> slots_;
    FirstRowsOfGroups first_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_group_aggregate(const Plan& plan, Saving saving) {
    return std::make_unique<GroupAggregate>(plan, saving);
}

}  // namespace velo::engine
