#include "engine/operator/stage_link.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/operator/gather.hpp"
#include "engine/operator/group_answers.hpp"

namespace velo::engine {

namespace {

/// Fewer rows wait for more of them: a batch costs as much as some hundred rows.
constexpr std::size_t kLeastRows = 4096;

std::vector<std::uint32_t> first_numbers(std::size_t count) {
    std::vector<std::uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0U);
    return numbers;
}

std::vector<std::uint32_t> keys_of(const Plan& plan) {
    if (!plan.keyed) return {};
    return std::visit([](const auto& keyed) { return keyed.keys; }, *plan.keyed);
}

std::optional<std::vector<std::uint32_t>> route_of(const Plan& plan) {
    const auto* const group = plan.keyed ? std::get_if<GroupPlan>(&*plan.keyed) : nullptr;
    return group != nullptr ? group->route : std::nullopt;
}

void copy_texts(Column& column, std::uint32_t rows, Arena& arena) {
    const bool is_text = visit_physical(column.type().kind, []<class T>(std::type_identity<T>) {
        return std::is_same_v<T, std::string_view>;
    });
    if (!is_text) return;
    const std::uint32_t slots = column.is_constant() ? std::min(rows, 1U) : rows;
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        if (column.is_null(slot)) continue;
        auto& text = column.values<std::string_view>()[slot];
        text = arena.copy(text);
    }
}

}  // namespace

StageLink::StageLink(const Plan& from, const Plan& to)
    : window_end_(static_cast<std::uint32_t>(group_of(from).keys.size() +
                                             group_of(from).aggregates.size() + 1)),
      key_columns_(first_numbers(group_of(from).keys.size())),
      order_codec_(key_types(from, group_of(from).keys)),
      outer_keys_(keys_of(to)),
      outer_codec_(key_types(to, outer_keys_), route_of(to)) {
    VELO_ASSERT(group_of(from).window && from.emit.mode == EmitMode::Final && !from.emit.corrects(),
                "only final answers of windows go on to another query");
    if (from.output.having) having_.emplace_back(from.output.having);
    for (const SourceColumn& column : to.source.columns) {
        inputs_.push_back({column.origin, static_cast<std::uint32_t>(values_.size()), column.type});
        if (column.origin == ColumnOrigin::Field)
            values_.emplace_back(from.output.columns[column.field].expression);
    }
    if (to.where) where_.emplace_back(to.where);
    for (const BoundPtr& expression : to.computed) computed_.emplace_back(expression);
    batch_.columns.resize(inputs_.size() + computed_.size());
}

void StageLink::gather(OperatorRows& offered, FaultList& faults) {
    if (offered.rows == 0) return;
    rows_.resize(offered.rows);
    std::iota(rows_.begin(), rows_.end(), 0U);
    found_.clear();
    std::size_t seen = 0;
    // Rows that have failed leave; a row's first fault counts.
    const auto drop_failed = [&] {
        for (; seen < found_.size(); ++seen) {
            const std::uint32_t row = found_.all()[seen].row;
            const auto at = std::ranges::lower_bound(rows_, row);
            if (at != rows_.end() && *at == row) rows_.erase(at);
        }
    };
    for (const RowFault& fault : offered.faults.all()) found_.add(fault);
    drop_failed();
    if (!having_.empty()) {
        passed_.clear();
        having_.front().filter(offered.columns, offered.rows, Selection{rows_}, offered.arena,
                               found_, passed_);
        rows_.swap(passed_);
        seen = found_.size();
    }
    std::vector<const Column*> values;
    values.reserve(values_.size());
    for (Evaluator& value : values_) {
        values.push_back(&value.evaluate(offered.columns, offered.rows, Selection{rows_},
                                         offered.arena, found_));
        drop_failed();
    }
    for (const RowFault& fault : found_.all()) faults.add(fault);
    if (rows_.empty()) return;
    Piece& piece = fresh_piece();
    for (std::size_t i = 0; i < values.size(); ++i) {
        velo::engine::gather(*values[i], Selection{rows_}, piece.columns[i]);
        copy_texts(piece.columns[i], static_cast<std::uint32_t>(rows_.size()), piece.arena);
    }
    std::vector<const Column*> key_columns;
    for (const std::uint32_t column : key_columns_) key_columns.push_back(&offered.columns[column]);
    order_codec_.encode(key_columns, offered.rows, Selection{rows_}, piece.arena, keys_, hashes_);
    const auto* const ends = offered.columns[window_end_].values<std::int64_t>();
    for (std::uint32_t i = 0; i < rows_.size(); ++i)
        waiting_.push_back({ends[rows_[i]] - 1, keys_[rows_[i]], &piece, i});
}

StageLink::Piece& StageLink::fresh_piece() {
    if (spare_.empty()) spare_.push_back(std::make_unique<Piece>());
    pieces_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    pieces_.back()->columns.resize(values_.size());
    return *pieces_.back();
}

// Pieces are needed as long as rows of theirs wait; the batch that was made of others has been taken.
void StageLink::let_go_of_pieces() {
    const Piece* const oldest = waiting_.empty() ? nullptr : waiting_.front().piece;
    auto kept = pieces_.begin();
    while (kept != pieces_.end() && kept->get() != oldest) {
        (*kept)->arena.clear();
        spare_.push_back(std::move(*kept));
        ++kept;
    }
    pieces_.erase(pieces_.begin(), kept);
}

void StageLink::make_batch(bool all, FaultList& faults) {
    VELO_ASSERT(!has_rows(), "a batch is taken before the next one is made");
    accepted_.clear();
    taken_ = 0;
    if (handed_.size() != 0) let_go_of_pieces();
    handed_.clear();
    if (waiting_.empty() || (!all && waiting_.size() < kLeastRows)) return;
    if (all) {
        handed_.swap(waiting_);
    } else {
        // Windows close in order of their ends, so only the latest may have more rows to come.
        const std::int64_t latest = waiting_.back().time;
        const auto first_kept = std::ranges::lower_bound(waiting_, latest, {}, &Row::time);
        handed_.assign(waiting_.begin(), first_kept);
        waiting_.erase(waiting_.begin(), first_kept);
        if (handed_.empty()) return;
    }
    std::ranges::sort(handed_, [](const Row& a, const Row& b) {
        return std::tie(a.time, a.key) < std::tie(b.time, b.key);
    });
    fill(handed_);
    compute(faults);
}

// The source columns of the outer query.
void StageLink::fill(std::span<const Row> rows) {
    batch_.rows = static_cast<std::uint32_t>(rows.size());
    batch_.arena.clear();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const Input& input = inputs_[i];
        Column& column = batch_.columns[i];
        column.reset(input.type, batch_.rows);
        if (input.origin != ColumnOrigin::Field) {
            auto* const to = column.values<std::int64_t>();
            for (std::uint32_t row = 0; row < batch_.rows; ++row) {
                to[row] = input.origin == ColumnOrigin::EventTime ? rows[row].time
                          : input.origin == ColumnOrigin::Offset  ? std::int64_t{row}
                                                                  : 0;
            }
            continue;
        }
        visit_physical(input.type.kind, [&]<class T>(std::type_identity<T>) {
            T* const to = column.values<T>();
            for (std::uint32_t row = 0; row < batch_.rows; ++row) {
                const Column& from = rows[row].piece->columns[input.value];
                if (from.is_null(rows[row].row)) {
                    to[row] = T{};
                    column.set_null(row);
                } else {
                    to[row] = from.values<T>()[from.slot(rows[row].row)];
                }
            }
        });
    }
}

void StageLink::compute(FaultList& faults) {
    found_.clear();
    const std::span<const Column> inputs(batch_.columns.data(), inputs_.size());
    if (where_.empty()) {
        accepted_.resize(batch_.rows);
        std::iota(accepted_.begin(), accepted_.end(), 0U);
    } else {
        where_.front().filter(inputs, batch_.rows, Selection::all(batch_.rows), batch_.arena,
                              found_, accepted_);
    }
    for (std::size_t i = 0; i < computed_.size(); ++i) {
        const std::size_t before = found_.size();
        computed_[i].evaluate_into(batch_.columns[inputs_.size() + i], inputs, batch_.rows,
                                   Selection{accepted_}, batch_.arena, found_);
        for (std::size_t fault = before; fault < found_.size(); ++fault) {
            const std::uint32_t row = found_.all()[fault].row;
            const auto at = std::ranges::lower_bound(accepted_, row);
            if (at != accepted_.end() && *at == row) accepted_.erase(at);
        }
    }
    for (const RowFault& fault : found_.all()) faults.add(fault);
    if (outer_keys_.empty()) return;
    std::vector<const Column*> columns;
    for (const std::uint32_t column : outer_keys_) columns.push_back(&batch_.columns[column]);
    outer_codec_.encode(columns, batch_.rows, Selection{accepted_}, batch_.arena, batch_.keys,
                        batch_.hashes);
}

Selection StageLink::take(std::uint32_t max_rows) {
    const std::size_t count = std::min<std::size_t>(max_rows, accepted_.size() - taken_);
    const Selection rows{std::span{accepted_}.subspan(taken_, count)};
    taken_ += count;
    return rows;
}

std::size_t StageLink::bytes() const noexcept {
    std::size_t sum = waiting_.size() * sizeof(Row);
    for (const auto& piece : pieces_) sum += piece->arena.capacity_bytes();
    return sum;
}

}  // namespace velo::engine
