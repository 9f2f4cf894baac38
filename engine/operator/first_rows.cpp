// LIMIT n: the first n rows to arrive are answered, the others are hidden. One entry counts them, for as long as the job
// is what it is.

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/aggregate/state_bytes.hpp"
#include "engine/base/assert.hpp"
#include "engine/operator/gather.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/state/saved_spaces.hpp"

namespace velo::engine {

namespace {

const LimitPlan& limit_of(const Plan& plan) {
    VELO_ASSERT(plan.keyed.has_value(), "only keyed plans count rows");
    return std::get<LimitPlan>(*plan.keyed);
}

class FirstRows final : public KeyedOperator {
public:
    FirstRows(const Plan& plan, Saving saving)
        : most_(limit_of(plan).rows),
          keys_(limit_of(plan).keys),
          state_(EntryPayload{std::vector<std::byte>(sizeof(std::int64_t)), {}}, saving),
          all_(state_.open_space()),
          saved_(state_, form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        if (selection.size() == 0 || is_full()) return;
        const std::array first{selection[0]};
        std::array<std::uint32_t, 1> slot{};
        state_.find_or_insert(all_, keys_.of(batch, first), slot);
        std::int64_t& count = count_of(slot[0]);
        const std::int64_t room = std::max<std::int64_t>(most_ - count, 0);
        const auto taken = static_cast<std::size_t>(std::min<std::int64_t>(room, selection.size()));
        count += static_cast<std::int64_t>(taken);
        const Selection rows{row_numbers(selection, rows_).first(taken)};
        out.rows = rows.size();
        out.columns.resize(batch.columns.size());
        for (std::size_t i = 0; i < batch.columns.size(); ++i)
            gather(batch.columns[i], rows, out.columns[i]);
    }

    bool advance(EventTime watermark, std::uint32_t /*max_rows*/, OperatorRows& out) override {
        out.clear();
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }

    OperatorCounts counts() const noexcept override { return {state_.size(), state_.bytes(), 0}; }

    void save_changes(SavedEntries& to) override { saved_.save_changes(spaces_, to); }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(spaces_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime /*answered_to*/) override {
        return saved_.restore(all_, entry);
    }
    void begin_at(EventTime watermark) override { answered_to_ = watermark; }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    static EntryForm form() {
        EntryForm form;
        form.is_key = [](std::string_view key) { return key.empty(); };
        form.is_written = [](const EntryHeader&) { return false; };
        form.encode = [](const std::byte* payload, std::string& out) {
            std::int64_t count = 0;
            std::memcpy(&count, payload, sizeof count);
            put_signed(out, count);
        };
        form.decode = [](std::byte* payload, std::string_view& bytes) {
            std::int64_t count = 0;
            if (!take_signed(bytes, count) || count < 0) return false;
            std::memcpy(payload, &count, sizeof count);
            return true;
        };
        return form;
    }

    [[nodiscard]] std::int64_t& count_of(std::uint32_t slot) noexcept {
        return *reinterpret_cast<std::int64_t*>(state_.payload(slot));
    }
    [[nodiscard]] bool is_full() noexcept {
        return all_.size() != 0 && count_of(all_.slot(0)) >= most_;
    }

    std::int64_t most_;
    GroupKeys keys_;
    KeyedState state_;
    KeySpace& all_;
    std::array<KeySpace*, 1> spaces_{&all_};
    SavedSpaces saved_;
    EventTime answered_to_ = kBeforeAllTime;
    std::vector<std::uint32_t> rows_;  // Scratch.
};

}  // namespace

std::unique_ptr<KeyedOperator> make_first_rows(const Plan& plan, Saving saving) {
    return std::make_unique<FirstRows>(plan, saving);
}

}  // namespace velo::engine
