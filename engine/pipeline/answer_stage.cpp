#include "engine/pipeline/answer_stage.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::engine {

void AnswerOutcome::clear() noexcept {
    answered = 0;
    late_records = 0;
    late.clear();
    faults.clear();
    output_faults.clear();
}

AnswerStage::AnswerStage(const Plan& plan, std::unique_ptr<Encoder> encoder, Saving saving)
    : keyed_(plan.keyed ? make_keyed_operator(plan, saving) : nullptr),
      encoder_(std::move(encoder)) {
    if (plan.output.having) having_.emplace_back(plan.output.having);
    for (const OutputColumn& column : plan.output.columns) outputs_.emplace_back(column.expression);
    for (const OutputColumn& column : plan.output.key.columns)
        keys_.emplace_back(column.expression);
}

void AnswerStage::take(const Batch& batch, Selection rows, OutputChunk& chunk,
                       AnswerOutcome& outcome) {
    outcome.clear();
    if (keyed_) {
        offered_.clear();
        keyed_->take(batch, rows, offered_);
        outcome.late = offered_.late;
        outcome.late_records = batch.records_among(Selection(outcome.late));
        outcome.answered = batch.records_among(rows) - outcome.late_records;
        write_operator_rows(chunk, outcome);
        return;
    }
    arena_.clear();
    rows_.clear();
    rows.each([&](std::uint32_t row) { rows_.push_back(row); });
    evaluate(outputs_, values_, batch.columns, batch.rows, arena_, outcome.faults);
    evaluate(keys_, key_values_, batch.columns, batch.rows, arena_, outcome.faults);
    encoder_->encode(values_, key_values_, selected(batch.rows), nullptr, chunk);
    outcome.answered = batch.records_among(Selection(rows_));
}

bool AnswerStage::advance(EventTime watermark, OutputChunk& chunk, AnswerOutcome& outcome) {
    outcome.clear();
    if (!keyed_) {
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }
    offered_.clear();
    const bool done = keyed_->advance(watermark, kRowsPerCall, offered_);
    write_operator_rows(chunk, outcome);
    return done;
}

bool AnswerStage::flush(OutputChunk& chunk, AnswerOutcome& outcome) {
    outcome.clear();
    if (!keyed_) return true;
    offered_.clear();
    const bool done = keyed_->flush(kRowsPerCall, offered_);
    write_operator_rows(chunk, outcome);
    return done;
}

bool AnswerStage::finish(OutputChunk& chunk, AnswerOutcome& outcome) {
    outcome.clear();
    if (!keyed_) return true;
    offered_.clear();
    const bool done = keyed_->finish(kRowsPerCall, offered_);
    write_operator_rows(chunk, outcome);
    return done;
}

OperatorCounts AnswerStage::counts() const noexcept {
    return keyed_ ? keyed_->counts() : OperatorCounts{};
}

void AnswerStage::save_changes(SavedEntries& to) {
    if (keyed_) keyed_->save_changes(to);
}

bool AnswerStage::save_slice(std::size_t max_bytes, SavedEntries& to) {
    return !keyed_ || keyed_->save_slice(max_bytes, to);
}

bool AnswerStage::restore(const SavedEntry& entry, EventTime answered_to) {
    return keyed_ && keyed_->restore(entry, answered_to);
}

void AnswerStage::begin_at(EventTime watermark) {
    if (keyed_) keyed_->begin_at(watermark);
    answered_to_ = watermark;
}

EventTime AnswerStage::answered_to() const noexcept {
    return keyed_ ? keyed_->answered_to() : answered_to_;
}

// Rows the operator offers: HAVING, then output columns, then messages. Their faults belong to no input row.
void AnswerStage::write_operator_rows(OutputChunk& chunk, AnswerOutcome& outcome) {
    for (const RowFault& fault : offered_.inner_faults.all())
        outcome.output_faults.push_back({fault.stage, fault.code, fault.text, {}, false});
    if (offered_.rows == 0) return;
    rows_.resize(offered_.rows);
    std::iota(rows_.begin(), rows_.end(), 0U);
    faults_.clear();
    for (const RowFault& fault : offered_.faults.all()) faults_.add(fault);
    if (!faults_.empty()) drop_faulted(faults_, 0);
    evaluate(keys_, key_values_, offered_.columns, offered_.rows, offered_.arena, faults_);
    judge();
    const bool tombstones = !tombstone_.empty();
    passed_.clear();
    if (tombstones) {
        for (const std::uint32_t row : rows_) {
            if (tombstone_[row] != 0) passed_.push_back(row);
        }
        std::erase_if(rows_, [&](std::uint32_t row) { return tombstone_[row] != 0; });
    }
    evaluate(outputs_, values_, offered_.columns, offered_.rows, offered_.arena, faults_);
    if (tombstones) add_back(passed_);
    const std::size_t first = chunk.records.size();
    encoder_->encode(values_, key_values_, selected(offered_.rows),
                     tombstones ? tombstone_.data() : nullptr, chunk);
    for (std::size_t i = 0; i < rows_.size() && !offered_.revisions.empty(); ++i)
        chunk.records[first + i].revision = offered_.revisions[rows_[i]];
    fault_outputs(outcome);
}

// Leaves in rows_ what is to be written: rows that satisfy HAVING, tombstones of groups that no longer do, and of groups
// that are withdrawn.
void AnswerStage::judge() {
    tombstone_.clear();
    if (!offered_.withdrawn.empty()) tombstone_ = offered_.withdrawn;
    if (having_.empty()) return;
    const auto is_withdrawn = [&](std::uint32_t row) {
        return !offered_.withdrawn.empty() && offered_.withdrawn[row] != 0;
    };
    withdrawn_.clear();
    std::ranges::copy_if(rows_, std::back_inserter(withdrawn_), is_withdrawn);
    if (!withdrawn_.empty()) std::erase_if(rows_, is_withdrawn);
    passed_.clear();
    const std::size_t faults_before = faults_.size();
    having_.front().filter(offered_.columns, offered_.rows, selected(offered_.rows), offered_.arena,
                           faults_, passed_);
    if (offered_.written.empty()) {
        rows_ = passed_;
        return;
    }
    drop_faulted(faults_, faults_before);
    add_back(withdrawn_);
    tombstone_.assign(offered_.rows, 0);
    std::size_t next_passed = 0;
    std::erase_if(rows_, [&](std::uint32_t row) {
        std::uint8_t& written = *offered_.written[row];
        if (next_passed < passed_.size() && passed_[next_passed] == row) {
            ++next_passed;
            written = 1;
            return false;
        }
        if (written == 0) return true;
        written = 0;
        tombstone_[row] = 1;
        return false;
    });
}

// In row order, so that a tombstone stands where its change happened.
void AnswerStage::add_back(const std::vector<std::uint32_t>& rows) {
    const auto middle = static_cast<std::ptrdiff_t>(rows_.size());
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    std::inplace_merge(rows_.begin(), rows_.begin() + middle, rows_.end());
}

// Evaluates each expression for the rows in rows_; rows that fail leave rows_.
void AnswerStage::evaluate(std::vector<Evaluator>& evaluators, std::vector<const Column*>& values,
                           std::span<const Column> columns, std::uint32_t rows, Arena& arena,
                           FaultList& faults) {
    values.clear();
    for (Evaluator& evaluator : evaluators) {
        const std::size_t faults_before = faults.size();
        values.push_back(&evaluator.evaluate(columns, rows, selected(rows), arena, faults));
        if (faults.size() != faults_before) drop_faulted(faults, faults_before);
    }
}

void AnswerStage::drop_faulted(const FaultList& faults, std::size_t first) {
    faulted_.assign(rows_.empty() ? 0 : rows_.back() + 1, 0);
    for (std::size_t i = first; i < faults.size(); ++i) {
        if (faults.all()[i].row < faulted_.size()) faulted_[faults.all()[i].row] = 1;
    }
    std::erase_if(rows_, [&](std::uint32_t row) { return faulted_[row] != 0; });
}

// Names each failed group by the key its message would have had, where the key itself could be computed.
void AnswerStage::fault_outputs(AnswerOutcome& outcome) {
    for (const RowFault& fault : faults_.all()) {
        OutputFault& out = outcome.output_faults.emplace_back();
        out.stage = fault.stage;
        out.code = fault.code;
        out.text = fault.text;
        if (keys_.empty()) continue;
        key_chunk_.clear();
        const std::uint32_t row = fault.row;
        const std::vector<std::uint8_t> only_key(row + 1, 1);
        encoder_->encode(values_, key_values_, Selection(std::span(&row, 1)), only_key.data(),
                         key_chunk_);
        if (key_chunk_.records.empty() || key_chunk_.records.front().key_size == OutputChunk::kNone)
            continue;
        out.key = std::string(key_chunk_.key(key_chunk_.records.front()));
        out.has_key = true;
    }
}

Selection AnswerStage::selected(std::uint32_t rows) const noexcept {
    return rows_.size() == rows ? Selection::all(rows) : Selection(rows_);
}

}  // namespace velo::engine
