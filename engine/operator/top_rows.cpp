// Top-N of the answers of a window: the last stage of a chain, whose link hands over whole windows, rows of one event time
// in the order of their group keys. So nothing has to be kept from one batch to the next.

#include <algorithm>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/operator/gather.hpp"
#include "engine/operator/operators.hpp"

namespace velo::engine {

namespace {

/// Less than 0, 0, or more than 0: which of two rows comes first by one column.
int compare(const Column& column, const TopPlan::Order& by, std::uint32_t a, std::uint32_t b) {
    const bool a_null = column.is_null(a);
    const bool b_null = column.is_null(b);
    if (a_null || b_null) {
        if (a_null == b_null) return 0;
        return a_null == by.nulls_first ? -1 : 1;
    }
    return visit_physical(column.type().kind, [&]<class T>(std::type_identity<T>) {
        const T& first = column.values<T>()[column.slot(a)];
        const T& second = column.values<T>()[column.slot(b)];
        if (first == second) return 0;
        return (first < second) != by.descending ? -1 : 1;
    });
}

class TopRows final : public KeyedOperator {
public:
    explicit TopRows(const Plan& plan) : top_(std::get<TopPlan>(*plan.keyed)) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        out.clear();
        rows_.clear();
        ranks_.clear();
        sorted_.resize(selection.size());
        for (std::uint32_t i = 0; i < selection.size(); ++i) sorted_[i] = selection[i];
        const auto* const times = batch.columns[top_.time_column].values<std::int64_t>();
        const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
            return before(batch, a, b);
        };
        for (auto from = sorted_.begin(); from != sorted_.end();) {
            const auto to = std::find_if(
                from, sorted_.end(), [&](std::uint32_t row) { return times[row] != times[*from]; });
            // Stable: the rows come in the order of their group keys, which breaks ties.
            std::stable_sort(from, to, is_before);
            choose(batch, from, to);
            from = to;
        }
        offer(batch, out);
    }

    bool advance(EventTime watermark, std::uint32_t /*max_rows*/, OperatorRows& out) override {
        out.clear();
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }

    OperatorCounts counts() const noexcept override { return {}; }

    void save_changes(SavedEntries& /*to*/) override {}
    bool save_slice(std::size_t /*max_bytes*/, SavedEntries& /*to*/) override { return true; }
    bool restore(const SavedEntry& /*entry*/, EventTime /*answered_to*/) override { return false; }
    void begin_at(EventTime watermark) override { answered_to_ = watermark; }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    /// By partition, then in the order asked for.
    [[nodiscard]] bool before(const Batch& batch, std::uint32_t a, std::uint32_t b) const {
        if (!top_.keys.empty()) {
            if (const int of_keys = batch.keys[a].compare(batch.keys[b]); of_keys != 0)
                return of_keys < 0;
        }
        for (const TopPlan::Order& by : top_.order) {
            if (const int order = compare(batch.columns[by.column], by, a, b); order != 0)
                return order < 0;
        }
        return false;
    }

    /// The first rows of each partition of one window.
    void choose(const Batch& batch, std::vector<std::uint32_t>::const_iterator from,
                std::vector<std::uint32_t>::const_iterator to) {
        std::int64_t rank = 0;
        for (auto at = from; at != to; ++at) {
            const bool is_next =
                at != from && !top_.keys.empty() && batch.keys[*at] != batch.keys[*std::prev(at)];
            rank = is_next ? 1 : rank + 1;
            if (rank > top_.rows) continue;
            rows_.push_back(*at);
            ranks_.push_back(rank);
        }
    }

    void offer(const Batch& batch, OperatorRows& out) const {
        out.rows = static_cast<std::uint32_t>(rows_.size());
        const std::size_t inputs = batch.columns.size();
        out.columns.resize(inputs + 1);
        for (std::size_t i = 0; i < inputs; ++i)
            gather(batch.columns[i], Selection{rows_}, out.columns[i]);
        out.columns[inputs].reset(kBigint, out.rows);
        std::ranges::copy(ranks_, out.columns[inputs].values<std::int64_t>());
    }

    const TopPlan& top_;
    EventTime answered_to_ = kBeforeAllTime;
    std::vector<std::uint32_t> sorted_;  // Scratch.
    std::vector<std::uint32_t> rows_;
    std::vector<std::int64_t> ranks_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_top_rows(const Plan& plan) {
    return std::make_unique<TopRows>(plan);
}

}  // namespace velo::engine
