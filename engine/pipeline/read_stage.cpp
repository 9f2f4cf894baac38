#include "engine/pipeline/read_stage.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/plan/plan_input.hpp"

namespace velo::engine {

namespace {

std::vector<std::uint32_t> routing_columns(const Plan& plan) {
    if (!plan.keyed) return {};
    return std::visit([](const auto& keyed) { return keyed.keys; }, *plan.keyed);
}

// By which of them rows meet, where that is not all.
std::optional<std::vector<std::uint32_t>> route_of(const Plan& plan) {
    const auto* const group = plan.keyed ? std::get_if<GroupPlan>(&*plan.keyed) : nullptr;
    return group != nullptr ? group->route : std::nullopt;
}

std::vector<std::unique_ptr<Decoder>> one_element(std::unique_ptr<Decoder> decoder) {
    std::vector<std::unique_ptr<Decoder>> decoders;
    decoders.push_back(std::move(decoder));
    return decoders;
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
    : ReadStage(plan, one_element(std::move(decoder))) {}

ReadStage::ReadStage(const Plan& plan, std::vector<std::unique_ptr<Decoder>> decoders)
    : plan_(plan),
      key_codec_(key_types(plan, routing_columns(plan)), route_of(plan)),
      key_columns_(routing_columns(plan)),
      keyed_(plan.keyed.has_value()) {
    VELO_ASSERT(decoders.size() == plan.input_count(), "each source has a decoder");
    VELO_ASSERT(plan.members.empty() || plan.unnests.empty(), "UNION ALL has no UNNEST");
    for (std::size_t i = 0; i < decoders.size(); ++i) {
        inputs_.push_back(plan.members.empty()
                              ? one_input(std::move(decoders[i]))
                              : member_input(plan.members[i], std::move(decoders[i])));
    }
    if (!plan.unnests.empty()) unnest_.emplace(plan);
    keeps_late_before_ = (plan.ttl && plan.frames() == nullptr) ||
                         (plan.window() != nullptr && !plan.applies_late &&
                          plan.window()->kind == WindowPlan::Kind::Hopping);
}

ReadStage::Input ReadStage::one_input(std::unique_ptr<Decoder> decoder) const {
    Input input;
    input.source = &plan_.source;
    input.decoder = std::move(decoder);
    if (plan_.where) input.where.emplace_back(plan_.where);
    for (const BoundPtr& expression : plan_.computed) {
        input.into.push_back(
            static_cast<std::uint32_t>(first_computed(plan_) + input.computed.size()));
        input.computed.emplace_back(expression);
    }
    return input;
}

ReadStage::Input ReadStage::member_input(const MemberPlan& member,
                                         std::unique_ptr<Decoder> decoder) {
    Input input;
    input.source = &member.source;
    input.decoder = std::move(decoder);
    if (member.where) input.where.emplace_back(member.where);
    for (std::uint32_t i = 0; i < member.columns.size(); ++i) {
        const BoundPtr& expression = member.columns[i];
        const bool passes_on = expression->kind == BoundKind::Column &&
                               std::ranges::find(input.moved, expression->column,
                                                 &Input::Move::from) == input.moved.end();
        if (passes_on) {
            input.moved.push_back({expression->column, i});
            continue;
        }
        input.into.push_back(i);
        input.computed.emplace_back(expression);
    }
    return input;
}

void ReadStage::add(SourcePartition partition, EventTime watermark, std::uint32_t input) {
    if (partition.value >= place_of_.size()) {
        place_of_.resize(partition.value + 1, kUnknown);
        input_of_.resize(partition.value + 1, kUnknown);
    }
    VELO_ASSERT(place_of_[partition.value] == kUnknown,
                "a source partition is dealt to one reader once");
    VELO_ASSERT(input < inputs_.size(), "a partition belongs to one of the plan's sources");
    const std::size_t place = watermarks_.add();
    watermarks_.advance(place, watermark);
    place_of_[partition.value] = static_cast<std::uint32_t>(place);
    input_of_[partition.value] = input;
}

std::size_t ReadStage::read(std::span<const RawRecord> records, Batch& batch,
                            ReadOutcome& outcome) {
    outcome.clear();
    decoded_.clear();
    if (unnest_) records = records.first(std::min(records.size(), unnest_->most_records()));
    Input& input = inputs_[records.empty() ? 0 : input_of_[records.front().partition.value]];
    const std::size_t column_count = first_computed(plan_) + plan_.computed.size();
    if (batch.columns.size() != column_count) batch.columns.resize(column_count);
    batch.arena.clear();
    decode(input, records, batch);
    outcome.filtered += static_cast<std::uint32_t>(decoded_.skipped.size());
    for (const RowFault& fault : decoded_.faults.all()) outcome.faults.add(fault);
    filter(input, batch, outcome);
    if (unnest_) records = records.first(make_rows(batch, outcome));
    judge_other_columns(outcome);
    judge_times(input.source->lateness, records, batch, outcome);
    if (unnest_) accept_rows(batch, outcome);
    compute(input, batch, outcome);
    if (keyed_) encode_keys(batch, outcome);
    const std::size_t accepted = count_records(batch, outcome);
    VELO_ASSERT(
        accepted + outcome.filtered + outcome.late.size() + outcome.faults.size() == records.size(),
        "every record read is accepted, filtered, late or faulted");
    return records.size();
}

// Leaves in passed_ the records that still have rows. What did not fit has not been read.
std::size_t ReadStage::make_rows(Batch& batch, ReadOutcome& outcome) {
    const std::uint32_t taken = unnest_->expand(batch, passed_, outcome.faults);
    const auto is_left = [taken](const RowFault& fault) { return fault.row >= taken; };
    outcome.faults.erase(is_left);
    decoded_.late_faults.erase(is_left);
    std::erase_if(decoded_.good, [taken](std::uint32_t record) { return record >= taken; });
    passed_.clear();
    for (const std::uint32_t row : unnest_->rows()) {
        if (passed_.empty() || passed_.back() != batch.record_of[row])
            passed_.push_back(batch.record_of[row]);
    }
    outcome.filtered = taken - static_cast<std::uint32_t>(passed_.size() + outcome.faults.size());
    return taken;
}

// The rows of the records that have been accepted.
void ReadStage::accept_rows(Batch& batch, ReadOutcome& outcome) {
    passed_.swap(outcome.accepted);
    outcome.accepted.clear();
    auto record = passed_.begin();
    for (const std::uint32_t row : unnest_->rows()) {
        while (record != passed_.end() && *record < batch.record_of[row]) ++record;
        if (record == passed_.end()) break;
        if (*record == batch.record_of[row]) outcome.accepted.push_back(row);
    }
    if (!keeps_late_before_) return;
    late_before_.swap(batch.late_before);
    batch.late_before.resize(batch.rows);
    for (const std::uint32_t row : outcome.accepted)
        batch.late_before[row] = late_before_[batch.record_of[row]];
}

// Marks the first row of each record as the one that stands for it; how many those are.
std::size_t ReadStage::count_records(Batch& batch, const ReadOutcome& outcome) {
    if (batch.record_of.empty()) return outcome.accepted.size();
    batch.counts.assign(batch.rows, 0);
    std::size_t records = 0;
    const std::uint32_t* last = nullptr;
    for (const std::uint32_t row : outcome.accepted) {
        const std::uint32_t& record = batch.record_of[row];
        if (last == nullptr || *last != record) {
            batch.counts[row] = 1;
            ++records;
        }
        last = &record;
    }
    return records;
}

// The decoder fills a batch's columns: those of a member stand in for the batch's own meanwhile.
void ReadStage::decode(Input& input, std::span<const RawRecord> records, Batch& batch) {
    const bool is_member = !plan_.members.empty();
    if (is_member) batch.columns.swap(input.own);
    input.decoder->decode(records, batch, event_times_, decoded_);
    if (is_member) batch.columns.swap(input.own);
}

std::span<const Column> ReadStage::own_columns(const Input& input,
                                               const Batch& batch) const noexcept {
    if (plan_.members.empty()) return {batch.columns.data(), first_computed(plan_)};
    return {input.own.data(), input.source->columns.size()};
}

// Fills passed_ with the rows WHERE lets through.
void ReadStage::filter(Input& input, Batch& batch, ReadOutcome& outcome) {
    passed_.clear();
    if (input.where.empty()) {
        passed_.assign(decoded_.good.begin(), decoded_.good.end());
        return;
    }
    const std::size_t faults_before = outcome.faults.size();
    const Selection good =
        decoded_.good.size() == batch.rows ? Selection::all(batch.rows) : Selection(decoded_.good);
    input.where.front().filter(own_columns(input, batch), batch.rows, good, batch.arena,
                               outcome.faults, passed_);
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
void ReadStage::judge_times(Duration lateness, std::span<const RawRecord> records, Batch& batch,
                            ReadOutcome& outcome) {
    const WindowPlan* window = plan_.window();
    NewestWindow newest(window);
    const bool judges = plan_.waits_for_watermark() && !plan_.applies_late;
    const Duration allowed = plan_.emit.allowed_lateness;
    const bool by_row = window == nullptr || window->kind == WindowPlan::Kind::Session;
    if (keeps_late_before_) batch.late_before.resize(records.size());
    std::size_t next_passed = 0;
    std::size_t next_unreadable = 0;
    for (const std::uint32_t row : decoded_.good) {
        if (next_unreadable < unreadable_.size() && unreadable_[next_unreadable] == row) {
            ++next_unreadable;
            continue;
        }
        const std::uint32_t place = place_of_[records[row].partition.value];
        const EventTime before = watermarks_.of(place);
        const EventTime time{Duration{event_times_[row]}};
        watermarks_.advance(place, time - lateness);
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

void ReadStage::compute(Input& input, Batch& batch, ReadOutcome& outcome) {
    const std::span<const Column> from = own_columns(input, batch);
    FaultList& faults = unnest_ ? row_faults_ : outcome.faults;
    for (std::size_t i = 0; i < input.computed.size(); ++i) {
        row_faults_.clear();
        const std::size_t faults_before = faults.size();
        const Selection rows = outcome.accepted.size() == batch.rows ? Selection::all(batch.rows)
                                                                     : Selection(outcome.accepted);
        input.computed[i].evaluate_into(batch.columns[input.into[i]], from, batch.rows, rows,
                                        batch.arena, faults);
        if (faults.size() == faults_before) continue;
        if (unnest_)
            fail_records(batch, outcome);
        else
            drop_faulted(outcome.accepted, outcome.faults, faults_before);
    }
    for (const Input::Move& move : input.moved)
        std::swap(batch.columns[move.to], input.own[move.from]);
}

void ReadStage::encode_keys(Batch& batch, const ReadOutcome& outcome) {
    std::vector<const Column*> columns;
    for (const std::uint32_t column : key_columns_) columns.push_back(&batch.columns[column]);
    const Selection rows = outcome.accepted.size() == batch.rows ? Selection::all(batch.rows)
                                                                 : Selection(outcome.accepted);
    key_codec_.encode(columns, batch.rows, rows, batch.arena, batch.keys, batch.hashes);
}

// What fails for one row of a record fails all of them.
void ReadStage::fail_records(const Batch& batch, ReadOutcome& outcome) {
    faulted_.assign(batch.record_of.back() + 1, 0);
    for (const RowFault& found : row_faults_.all()) {
        const std::uint32_t record = batch.record_of[found.row];
        if (std::exchange(faulted_[record], std::uint8_t{1}) != 0) continue;
        RowFault fault = found;
        fault.row = record;
        outcome.faults.add(std::move(fault));
    }
    std::erase_if(outcome.accepted,
                  [&](std::uint32_t row) { return faulted_[batch.record_of[row]] != 0; });
}

void ReadStage::drop_faulted(std::vector<std::uint32_t>& rows, const FaultList& faults,
                             std::size_t first_fault) {
    faulted_.assign(rows.empty() ? 0 : rows.back() + 1, 0);
    for (std::size_t i = first_fault; i < faults.size(); ++i) faulted_[faults.all()[i].row] = 1;
    std::erase_if(rows, [&](std::uint32_t row) { return faulted_[row] != 0; });
}

}  // namespace velo::engine
