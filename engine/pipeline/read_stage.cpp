#include "engine/pipeline/read_stage.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"
#include "engine/operator/group_answers.hpp"

namespace velo::engine {

namespace {

std::vector<std::uint32_t> routing_columns(const Plan& plan) {
    if (!plan.keyed) return {};
    return std::visit([](const auto& keyed) { return keyed.keys; }, *plan.keyed);
}

Type type_of_input(const Plan& plan, std::uint32_t column) {
    const auto source_columns = static_cast<std::uint32_t>(plan.source.columns.size());
    return column < source_columns ? plan.source.columns[column].type
                                   : plan.computed[column - source_columns]->type;
}

std::vector<Type> key_types(const Plan& plan) {
    std::vector<Type> types;
    for (const std::uint32_t column : routing_columns(plan))
        types.push_back(type_of_input(plan, column));
    return types;
}

// The newest window that holds a time, remembered: neighbours in a stream share it.
class NewestWindow {
public:
    explicit NewestWindow(const WindowPlan* window) {
        if (window != nullptr && window->kind != WindowPlan::Kind::Session)
            windows_ = sliding_windows(*window);
    }

    [[nodiscard]] EventTime end_for(EventTime time) noexcept {
        if (time >= start_ && time < next_start_) return end_;
        if (!windows_->can_hold(time)) return kBeforeAllTime;  // Late.
        start_ = windows_->newest_holding(time);
        next_start_ = windows_->next(start_);
        end_ = windows_->end_of(start_);
        return end_;
    }

private:
    std::optional<SlidingWindows> windows_;
    EventTime start_{};
    EventTime next_start_{};
    EventTime end_{};
};

}  // namespace

void ReadOutcome::clear() noexcept {
    accepted.clear();
    filtered = 0;
    late.clear();
    faults.clear();
}

ReadStage::ReadStage(const Plan& plan, std::unique_ptr<Decoder> decoder)
    : plan_(plan),
      decoder_(std::move(decoder)),
      key_codec_(key_types(plan)),
      key_columns_(routing_columns(plan)),
      keyed_(plan.keyed.has_value()) {
    if (plan.where) where_.emplace_back(plan.where);
    for (const BoundPtr& expression : plan.computed) computed_.emplace_back(expression);
    keeps_late_before_ = (plan.ttl && plan.frames() == nullptr) ||
                         (plan.window() != nullptr && !plan.applies_late &&
                          plan.window()->kind == WindowPlan::Kind::Hopping);
}

void ReadStage::add(SourcePartition partition, EventTime watermark) {
    if (partition.value >= input_of_.size()) input_of_.resize(partition.value + 1, kUnknown);
    VELO_ASSERT(input_of_[partition.value] == kUnknown,
                "a source partition is dealt to one reader once");
    const std::size_t input = watermarks_.add();
    watermarks_.advance(input, watermark);
    input_of_[partition.value] = static_cast<std::uint32_t>(input);
}

void ReadStage::read(std::span<const RawRecord> records, Batch& batch, ReadOutcome& outcome) {
    outcome.clear();
    decoded_.clear();
    const std::size_t column_count = plan_.source.columns.size() + plan_.computed.size();
    if (batch.columns.size() != column_count) batch.columns.resize(column_count);
    batch.arena.clear();
    decoder_->decode(records, batch, event_times_, decoded_);
    outcome.filtered += static_cast<std::uint32_t>(decoded_.skipped.size());
    for (const RowFault& fault : decoded_.faults.all()) outcome.faults.add(fault);
    filter(batch, outcome);
    judge_other_columns(outcome);
    judge_times(records, batch, outcome);
    compute(batch, outcome);
    VELO_ASSERT(
        outcome.accepted.size() + outcome.filtered + outcome.late.size() + outcome.faults.size() ==
            records.size(),
        "every record read is accepted, filtered, late or faulted");
}

// Fills passed_ with the rows WHERE lets through.
void ReadStage::filter(Batch& batch, ReadOutcome& outcome) {
    passed_.clear();
    if (where_.empty()) {
        passed_.assign(decoded_.good.begin(), decoded_.good.end());
        return;
    }
    const std::size_t faults_before = outcome.faults.size();
    const std::span<const Column> columns(batch.columns.data(), plan_.source.columns.size());
    const Selection good =
        decoded_.good.size() == batch.rows ? Selection::all(batch.rows) : Selection(decoded_.good);
    where_.front().filter(columns, batch.rows, good, batch.arena, outcome.faults, passed_);
    const std::size_t faulted = outcome.faults.size() - faults_before;
    outcome.filtered += static_cast<std::uint32_t>(decoded_.good.size() - passed_.size() - faulted);
}

// A row that WHERE lets through must have all its columns; one that WHERE rejects may hold anything in the others.
void ReadStage::judge_other_columns(ReadOutcome& outcome) {
    unreadable_.clear();
    if (decoded_.late_faults.empty()) return;
    for (const RowFault& fault : decoded_.late_faults.all()) {
        const auto place = std::ranges::lower_bound(passed_, fault.row);
        if (place == passed_.end() || *place != fault.row) continue;
        unreadable_.push_back(fault.row);
        outcome.faults.add(fault);
    }
    std::ranges::sort(unreadable_);
    std::erase_if(passed_,
                  [&](std::uint32_t row) { return std::ranges::binary_search(unreadable_, row); });
}

// Walks the decoded rows in order: each moves its partition's watermark, and is judged by what that was before.
void ReadStage::judge_times(std::span<const RawRecord> records, Batch& batch,
                            ReadOutcome& outcome) {
    const WindowPlan* window = plan_.window();
    const Duration lateness = plan_.source.lateness;
    NewestWindow newest(window);
    const bool judges = plan_.waits_for_watermark() && !plan_.applies_late;
    const Duration allowed = plan_.emit.allowed_lateness;
    const bool by_row = window == nullptr || window->kind == WindowPlan::Kind::Session;
    if (keeps_late_before_) batch.late_before.resize(batch.rows);
    std::size_t next_passed = 0;
    std::size_t next_unreadable = 0;
    for (const std::uint32_t row : decoded_.good) {
        if (next_unreadable < unreadable_.size() && unreadable_[next_unreadable] == row) {
            ++next_unreadable;
            continue;
        }
        const std::uint32_t input = input_of_[records[row].partition.value];
        const EventTime before = watermarks_.of(input);
        const EventTime time{Duration{event_times_[row]}};
        watermarks_.advance(input, time - lateness);
        if (next_passed == passed_.size() || passed_[next_passed] != row) continue;
        ++next_passed;
        if (judges && (by_row ? time < before
                              : before >= kBeforeAllTime + allowed &&
                                    newest.end_for(time) <= before - allowed)) {
            outcome.late.push_back(row);
            continue;
        }
        if (keeps_late_before_) batch.late_before[row] = before.time_since_epoch().count();
        outcome.accepted.push_back(row);
    }
}

void ReadStage::compute(Batch& batch, ReadOutcome& outcome) {
    const std::size_t source_columns = plan_.source.columns.size();
    const std::span<const Column> inputs(batch.columns.data(), source_columns);
    for (std::size_t i = 0; i < computed_.size(); ++i) {
        const std::size_t faults_before = outcome.faults.size();
        const Selection rows = outcome.accepted.size() == batch.rows ? Selection::all(batch.rows)
                                                                     : Selection(outcome.accepted);
        computed_[i].evaluate_into(batch.columns[source_columns + i], inputs, batch.rows, rows,
                                   batch.arena, outcome.faults);
        if (outcome.faults.size() != faults_before)
            drop_faulted(outcome.accepted, outcome.faults, faults_before);
    }
    if (!keyed_) return;
    std::vector<const Column*> columns;
    for (const std::uint32_t column : key_columns_) columns.push_back(&batch.columns[column]);
    const Selection rows = outcome.accepted.size() == batch.rows ? Selection::all(batch.rows)
                                                                 : Selection(outcome.accepted);
    key_codec_.encode(columns, batch.rows, rows, batch.arena, batch.keys, batch.hashes);
}

void ReadStage::drop_faulted(std::vector<std::uint32_t>& rows, const FaultList& faults,
                             std::size_t first_fault) {
    faulted_.assign(rows.empty() ? 0 : rows.back() + 1, 0);
    for (std::size_t i = first_fault; i < faults.size(); ++i) faulted_[faults.all()[i].row] = 1;
    std::erase_if(rows, [&](std::uint32_t row) { return faulted_[row] != 0; });
}

}  // namespace velo::engine
