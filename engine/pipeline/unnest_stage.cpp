#include "engine/pipeline/unnest_stage.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "engine/data/nested.hpp"
#include "engine/operator/gather.hpp"
#include "engine/plan/plan_input.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

struct Size {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;

    [[nodiscard]] bool exceeds(std::uint64_t most_rows, std::uint64_t most_bytes) const noexcept {
        return rows > most_rows || bytes > most_bytes;
    }
};

bool holds_texts(const Type& type) noexcept {
    return visit_physical(type.kind, []<class T>(std::type_identity<T>) {
        return std::is_same_v<T, std::string_view>;
    });
}

std::uint64_t text_bytes(std::span<const std::uint32_t> texts, const Batch& batch,
                         std::uint32_t row) noexcept {
    std::uint64_t sum = 0;
    for (const std::uint32_t number : texts) {
        const Column& column = batch.columns[number];
        if (!column.is_null(row)) sum += column.values<std::string_view>()[column.slot(row)].size();
    }
    return sum;
}

}  // namespace

UnnestStage::UnnestStage(const Plan& plan) : plan_(plan), most_records_(kAnyNumber) {
    for (const UnnestPlan& unnest : plan.unnests) {
        Step& step = steps_.emplace_back(Step{&unnest, Evaluator(unnest.array), {}, {}, {}});
        if (unnest.where) step.where.emplace_back(unnest.where);
        for (const std::uint32_t column : unnest.carried) {
            if (holds_texts(input_type(plan, column))) step.texts.push_back(column);
        }
        for (std::uint32_t column = 0; column < first_computed(plan); ++column) {
            const bool written = unnest.element == column || unnest.ordinality == column;
            if (!written && std::ranges::find(unnest.carried, column) == unnest.carried.end())
                step.unread.push_back(column);
        }
    }
}

std::uint32_t UnnestStage::expand(Batch& batch, std::span<const std::uint32_t> passed,
                                  FaultList& faults) {
    const std::uint32_t records = batch.rows;
    taken_ = records;
    rows_.assign(passed.begin(), passed.end());
    failed_.assign(records, 0);
    batch.record_of.resize(records);
    std::iota(batch.record_of.begin(), batch.record_of.end(), 0U);
    next_.resize(batch.columns.size());
    for (Step& step : steps_) take_step(step, batch, faults);
    if (taken_ < records) {
        most_records_ = taken_;
    } else if (records == most_records_) {
        most_records_ = 2 * most_records_;  // They fitted, so more may.
    }
    return taken_;
}

void UnnestStage::take_step(Step& step, Batch& batch, FaultList& faults) {
    found_.clear();
    const Column& arrays =
        step.array.evaluate(batch.columns, batch.rows, Selection(rows_), batch.arena, found_);
    fail_records(batch, faults);
    count_elements(step, batch, arrays, faults);
    from_.clear();
    record_of_.clear();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        from_.insert(from_.end(), counts_[i], rows_[i]);
        record_of_.insert(record_of_.end(), counts_[i], batch.record_of[rows_[i]]);
    }
    for (const std::uint32_t column : step.plan->carried)
        gather(batch.columns[column], Selection(from_), next_[column]);
    for (const std::uint32_t column : step.unread) {
        next_[column].reset_constant(input_type(plan_, column),
                                     static_cast<std::uint32_t>(from_.size()));
        next_[column].set_all_null();
    }
    write_elements(step, arrays);
    batch.columns.swap(next_);
    batch.record_of.swap(record_of_);
    batch.rows = static_cast<std::uint32_t>(from_.size());
    rows_.resize(batch.rows);
    std::iota(rows_.begin(), rows_.end(), 0U);
    if (step.where.empty() || rows_.empty()) return;
    found_.clear();
    passed_.clear();
    step.where.front().filter(batch.columns, batch.rows, Selection::all(batch.rows), batch.arena,
                              found_, passed_);
    rows_.swap(passed_);
    fail_records(batch, faults);
}

// How many rows each row becomes; and where the batch has to end, at a record.
void UnnestStage::count_elements(const Step& step, const Batch& batch, const Column& arrays,
                                 FaultList& faults) {
    const Reader<std::string_view> values(arrays);
    const std::uint32_t least = step.plan->left ? 1 : 0;
    counts_.assign(rows_.size(), 0);
    Size total;
    for (std::size_t first = 0; first < rows_.size();) {
        const std::uint32_t record = batch.record_of[rows_[first]];
        Size size;
        std::size_t end = first;
        for (; end < rows_.size() && batch.record_of[rows_[end]] == record; ++end) {
            if (size.exceeds(kRowsPerRecord, kBytesPerRecord)) continue;
            const std::uint32_t row = rows_[end];
            const std::uint32_t elements = values.is_null(row) ? 0 : element_count(values.at(row));
            counts_[end] = std::max(elements, least);
            size.rows += counts_[end];
            if (elements > 1) size.bytes += elements * text_bytes(step.texts, batch, row);
        }
        if (size.exceeds(kRowsPerRecord, kBytesPerRecord)) {
            fail(record,
                 {record, FaultStage::Evaluate, FaultCode::Overflow,
                  fmt::format("UNNEST of '{}' makes too much of the record; at most {} rows, which "
                              "carry {} MiB of texts, come of one",
                              step.plan->array->text, kRowsPerRecord, kBytesPerRecord >> 20U)},
                 faults);
            std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(first),
                      counts_.begin() + static_cast<std::ptrdiff_t>(end), 0U);
        } else if (const Size sum{total.rows + size.rows, total.bytes + size.bytes};
                   total.rows == 0 || !sum.exceeds(kRowsPerBatch, kBytesPerBatch)) {
            total = sum;
        } else {
            taken_ = record;
            rows_.resize(first);
            counts_.resize(first);
            return;
        }
        first = end;
    }
}

void UnnestStage::write_elements(const Step& step, const Column& arrays) {
    const auto rows = static_cast<std::uint32_t>(from_.size());
    const Reader<std::string_view> values(arrays);
    // Calls `visit(array, count, first row)` for each row that becomes some; without an array for that of NULLs.
    const auto each_array = [&](auto&& visit) {
        std::uint32_t at = 0;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (counts_[i] == 0) continue;
            const bool is_null = values.is_null(rows_[i]);
            const std::string_view array = is_null ? std::string_view{} : values.at(rows_[i]);
            visit(array, is_null ? 0 : element_count(array), at);
            at += counts_[i];
        }
    };
    if (step.plan->element) {
        Column& column = next_[*step.plan->element];
        const TypeKind kind = step.plan->element_type.kind;
        column.reset(step.plan->element_type, rows);
        each_array([&](std::string_view array, std::uint32_t count, std::uint32_t at) {
            if (count == 0)
                put_element(column, at, std::nullopt);
            else
                each_element(array, kind,
                             [&](const Element& element) { put_element(column, at++, element); });
        });
    }
    if (step.plan->ordinality) {
        Column& column = next_[*step.plan->ordinality];
        column.reset(kBigint, rows);
        auto* const out = column.values<std::int64_t>();
        each_array([&](std::string_view, std::uint32_t count, std::uint32_t at) {
            if (count == 0) column.set_null(at);
            std::iota(out + at, out + at + count, std::int64_t{1});
        });
    }
}

// What fails for one row of a record fails the record: none of its rows is answered.
void UnnestStage::fail_records(const Batch& batch, FaultList& faults) {
    if (found_.empty()) return;
    for (const RowFault& fault : found_.all()) fail(batch.record_of[fault.row], fault, faults);
    std::erase_if(rows_, [&](std::uint32_t row) { return failed_[batch.record_of[row]] != 0; });
}

void UnnestStage::fail(std::uint32_t record, RowFault fault, FaultList& faults) {
    if (std::exchange(failed_[record], std::uint8_t{1}) != 0) return;
    fault.row = record;
    faults.add(std::move(fault));
}

}  // namespace velo::engine
