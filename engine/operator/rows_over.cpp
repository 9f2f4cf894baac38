// OVER (ROWS WINDOW BUFFER n ROWS PARTITION BY … ORDER BY …): every row is answered on arrival over the latest rows of its
// key.

#include <algorithm>
#include <array>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/operator/aggregate_set.hpp"
#include "engine/operator/gather.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/operator/row_rings.hpp"
#include "engine/state/saved_spaces.hpp"

namespace velo::engine {

namespace {

/// Rows whose rings move together: few enough that what was prefetched is still near when it is read.
constexpr std::size_t kPiece = 256;

const RowsOverPlan& over_of(const Plan& plan) {
    VELO_ASSERT(plan.keyed.has_value(), "only keyed plans have buffers");
    return std::get<RowsOverPlan>(*plan.keyed);
}

class RowsOver final : public KeyedOperator {
public:
    RowsOver(const Plan& plan, Saving saving)
        : over_(over_of(plan)),
          keys_(over_.keys),
          aggregates_(over_.calls, plan.source, sizeof(RowRing)),
          rings_(aggregates_, over_.buffer_rows, over_.order_column.has_value()),
          codec_(key_types(plan, over_.keys)),
          state_(payload(), saving),
          partitions_(state_.open_space()),
          saved_(state_, form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        out.rows = selection.size();
        const std::size_t inputs = batch.columns.size();
        out.columns.resize(inputs + aggregates_.size());
        for (std::size_t i = 0; i < inputs; ++i)
            gather(batch.columns[i], selection, out.columns[i]);
        aggregates_.begin({out, inputs}, out.rows);

        const auto rows = row_numbers(selection, rows_);
        slots_.resize(kPiece);
        for (std::size_t start = 0; start < rows.size(); start += kPiece) {
            const auto piece = rows.subspan(start, std::min(kPiece, rows.size() - start));
            state_.find_or_insert(partitions_, keys_.of(batch, piece), slots_);
            move_rings(batch, piece);
            aggregates_.slide(batch, piece, steps_, rings_.lanes(),
                              {out, inputs, static_cast<std::uint32_t>(start)});
        }
    }

    bool advance(EventTime watermark, std::uint32_t /*max_rows*/, OperatorRows& out) override {
        out.clear();
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        watermark_ = watermark;
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }

    OperatorCounts counts() const noexcept override {
        return {state_.size(), state_.bytes() + rings_.bytes() + aggregates_.heap_bytes(), 0};
    }

    void save_changes(SavedEntries& to) override { saved_.save_changes(spaces_, to); }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(spaces_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime /*answered_to*/) override {
        return saved_.restore(partitions_, entry);
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    EntryForm form() {
        EntryForm form;
        form.is_key = [this](std::string_view key) { return codec_.is_key(key); };
        form.is_written = [](const EntryHeader&) { return false; };
        form.encode = [this](const std::byte* entry, std::string& out) {
            rings_.encode(*reinterpret_cast<const RowRing*>(entry), out);
            aggregates_.encode(entry, out);
        };
        form.decode = [this](std::byte* entry, std::string_view& bytes) {
            return rings_.decode(*reinterpret_cast<RowRing*>(entry), bytes) &&
                   aggregates_.decode(entry, bytes);
        };
        return form;
    }

    EntryPayload payload() {
        EntryPayload payload = aggregates_.payload();
        payload.destroy = [this](std::byte* entry) {
            rings_.release(*reinterpret_cast<RowRing*>(entry));
            aggregates_.destroy(entry);
        };
        return payload;
    }

    void move_rings(const Batch& batch, std::span<const std::uint32_t> rows) {
        steps_.clear();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& ring = *reinterpret_cast<RowRing*>(state_.payload(slots_[i]));
            steps_.push_back(rings_.step(
                ring,
                over_.order_column ? order_of(batch.columns[*over_.order_column], rows[i]) : 0));
        }
    }

    /// Rises with ORDER BY; NULL comes last either way.
    [[nodiscard]] std::int64_t order_of(const Column& column, std::uint32_t row) const noexcept {
        if (column.is_null(row)) return std::numeric_limits<std::int64_t>::max();
        const std::int64_t value = column.values<std::int64_t>()[column.slot(row)];
        return over_.descending ? ~value : value;
    }

    const RowsOverPlan& over_;
    GroupKeys keys_;
    AggregateSet aggregates_;
    RowRings rings_;
    GroupKeyCodec codec_;
    KeyedState state_;
    KeySpace& partitions_;
    std::array<KeySpace*, 1> spaces_{&partitions_};
    SavedSpaces saved_;
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::vector<std::uint32_t> rows_;  // Scratch.
    std::vector<std::uint32_t> slots_;
    std::vector<RingStep> steps_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_rows_over(const Plan& plan, Saving saving) {
    return std::make_unique<RowsOver>(plan, saving);
}

}  // namespace velo::engine
