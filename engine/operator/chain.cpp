// Queries over the answers of others as one operator: the stages of a plan one after the other, each fed with what the one
// before has answered for good.
//
// When the watermark comes to W, the first operator closes what ends by then, all of its rows go through the link to the
// second, and only then does the second's watermark move, and so on. A window's answer has the event time `end - 1us`, and
// after W has come windows that end at or before W are closed: what is still to come ends later and has an event time of
// at least W. So the next stage's watermark is W, too. A session closes when the watermark has *passed* its end: what is
// still to come may end at W, so behind each stage of sessions it is one microsecond less.

#include <algorithm>
#include <limits>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/operators.hpp"
#include "engine/operator/stage_link.hpp"

namespace velo::engine {

namespace {

class Chain final : public KeyedOperator {
public:
    Chain(const Plan& plan, Saving saving)
        : takes_whole_windows_(std::holds_alternative<TopPlan>(*plan.stages.back().keyed)) {
        VELO_ASSERT(plan.stages.size() > 1, "a chain has several stages");
        Duration lag{};
        for (const Plan& stage : plan.stages) {
            stages_.push_back({make_keyed_operator(stage, saving), lag});
            const WindowPlan* const window = stage.window();
            if (window != nullptr && window->kind == WindowPlan::Kind::Session) lag += Duration{1};
        }
        links_.reserve(plan.stages.size() - 1);
        for (std::size_t i = 0; i + 1 < plan.stages.size(); ++i)
            links_.push_back(std::make_unique<StageLink>(plan.stages[i], plan.stages[i + 1]));
    }

    void take(const Batch& batch, Selection rows, OperatorRows& out) override {
        stages_.front().keyed->take(batch, rows, out);
        VELO_ASSERT(out.rows == 0, "only final answers go on to another query");
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        out.clear();
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        while (level_ < links_.size()) {
            StageLink& link = *links_[level_];
            if (link.has_rows()) {
                feed(link, max_rows, out);
                if (out.rows == 0) continue;
                give_faults(out);
                return false;
            }
            if (is_closed_) {
                is_closed_ = false;
                ++level_;
                continue;
            }
            is_closed_ = stages_[level_].advance(watermark, max_rows, offered_);
            link.gather(offered_, faults_);
            link.make_batch(is_closed_, faults_);
        }
        const bool done = stages_.back().advance(watermark, max_rows, out);
        give_faults(out);
        if (!done) return false;
        level_ = 0;
        watermark_ = watermark;
        note_answered();
        return true;
    }

    bool flush(std::uint32_t max_rows, OperatorRows& out) override {
        return stages_.back().keyed->flush(max_rows, out);
    }
    bool finish(std::uint32_t max_rows, OperatorRows& out) override {
        return stages_.back().keyed->finish(max_rows, out);
    }

    OperatorCounts counts() const noexcept override {
        OperatorCounts sum;
        for (const Stage& stage : stages_) {
            const OperatorCounts counts = stage.keyed->counts();
            sum.keys += counts.keys;
            sum.bytes += counts.bytes;
            sum.windows_open += counts.windows_open;
        }
        for (const auto& link : links_) sum.bytes += link->bytes();
        return sum;
    }

    // An entry of a chain is its stage's number in a byte, then what the stage's operator makes of it.
    void save_changes(SavedEntries& to) override {
        VELO_ASSERT(level_ == 0, "nothing is saved while rows are on their way");
        for (std::size_t i = 0; i < stages_.size(); ++i) {
            saved_.clear();
            stages_[i].keyed->save_changes(saved_);
            mark_stage(i, to);
        }
    }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        const std::size_t start = to.bytes().size();
        while (true) {
            const std::size_t written = to.bytes().size() - start;
            if (written != 0 && written >= max_bytes) return false;
            saved_.clear();
            const bool whole = stages_[slice_stage_].keyed->save_slice(
                max_bytes > written ? max_bytes - written : 0, saved_);
            mark_stage(slice_stage_, to);
            if (!whole) return false;
            slice_stage_ = (slice_stage_ + 1) % stages_.size();
            if (slice_stage_ == 0) return true;
        }
    }
    bool restore(const SavedEntry& entry, EventTime answered_to) override {
        if (entry.bytes.empty()) return false;
        const auto number = static_cast<unsigned char>(entry.bytes.front());
        if (number >= stages_.size()) return false;
        Stage& stage = stages_[number];
        return stage.keyed->restore({entry.shard, entry.bytes.substr(1)}, stage.seen(answered_to));
    }
    void begin_at(EventTime watermark) override {
        for (Stage& stage : stages_) stage.keyed->begin_at(stage.seen(watermark));
        watermark_ = watermark;
        answered_to_ = watermark;
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    struct Stage {
        std::unique_ptr<KeyedOperator> keyed;
        Duration lag;  // Of its watermark behind that of the source.

        [[nodiscard]] EventTime seen(EventTime watermark) const noexcept {
            if (watermark == kAfterAllTime) return watermark;
            return watermark < kBeforeAllTime + lag ? kBeforeAllTime : watermark - lag;
        }
        [[nodiscard]] bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) {
            return keyed->advance(seen(watermark), max_rows, out);
        }
    };

    /// Hands the next rows of `link` to the stage behind it.
    void feed(StageLink& link, std::uint32_t max_rows, OperatorRows& out) {
        const std::size_t next = level_ + 1;
        OperatorRows& to = next + 1 == stages_.size() ? out : offered_;
        const bool takes_whole = next + 1 == stages_.size() && takes_whole_windows_;
        const Selection rows =
            link.take(takes_whole ? std::numeric_limits<std::uint32_t>::max() : max_rows);
        stages_[next].keyed->take(link.batch(), rows, to);
        to.late.clear();  // Rows of no source: none of them is before the stage's watermark.
    }

    void give_faults(OperatorRows& out) {
        for (const RowFault& fault : faults_.all()) out.inner_faults.add(fault);
        faults_.clear();
    }

    /// Entries of one stage, from saved_.
    void mark_stage(std::size_t number, SavedEntries& to) const {
        std::string_view bytes = saved_.bytes();
        while (const std::optional<SavedEntry> entry = next_entry(bytes)) {
            std::string& out = to.begin(entry->shard);
            out.push_back(static_cast<char>(number));
            out += entry->bytes;
            to.end();
        }
    }

    // At the end of input: so far that no stage may answer a window again.
    void note_answered() {
        if (watermark_ != kAfterAllTime) {
            answered_to_ = watermark_;
            return;
        }
        for (const Stage& stage : stages_) {
            const EventTime closed = stage.keyed->answered_to();
            if (closed != kBeforeAllTime) answered_to_ = std::max(answered_to_, closed + stage.lag);
        }
    }

    bool takes_whole_windows_;  // The last stage: Top-N.
    std::vector<Stage> stages_;
    std::vector<std::unique_ptr<StageLink>> links_;  // links_[i] leads from stages_[i] to the next.
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::size_t level_ = 0;   // Within an advance: the stage that is being closed …
    bool is_closed_ = false;  // … and whether it has been, and its rows are still to be taken.
    std::size_t slice_stage_ = 0;
    OperatorRows offered_;  // Scratch.
    FaultList faults_;
    SavedEntries saved_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_chain(const Plan& plan, Saving saving) {
    return std::make_unique<Chain>(plan, saving);
}

}  // namespace velo::engine
