// The answering half of a pipeline: keyed operator, HAVING, output columns, encoding. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/batch.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/format/encoder.hpp"
#include "engine/format/output.hpp"
#include "engine/operator/keyed_operator.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

/// A finished group that could not be written: no input row's fault (interface 1.1).
struct OutputFault {
    FaultStage stage = FaultStage::Evaluate;
    FaultCode code = FaultCode::Overflow;
    std::string text;
    std::string key;  // The message key it would have had.
    bool has_key = false;
};

/// What became of the rows of one call.
struct AnswerOutcome {
    std::uint32_t answered =
        0;  // Records taken by a group or answered; LIMIT and HAVING do not count against it.
    std::vector<std::uint32_t> late;  // Rows of the batch that came for windows closed here, …
    std::uint32_t late_records = 0;   // … which count as so many records.
    FaultList faults;  // Stateless queries without UNNEST: rows of the batch that failed.
    std::vector<OutputFault> output_faults;

    void clear() noexcept;
};

/// Answers rows and appends the messages to a chunk.
/// Thread:  owned by one pipeline.
/// Invariants: accepted records = answered + late_records + faults, for every call of take.
class AnswerStage {
public:
    /// `plan` must outlive it.
    AnswerStage(const Plan& plan, std::unique_ptr<Encoder> encoder, Saving saving = Saving::Off);

    /// Answers the given rows (stateless), or hands them to the keyed operator. `outcome` is cleared first.
    void take(const Batch& batch, Selection rows, OutputChunk& chunk, AnswerOutcome& outcome);

    /// The query's watermark is now `watermark`. False: there is more to write, call again. No effect when stateless.
    [[nodiscard]] bool advance(EventTime watermark, OutputChunk& chunk, AnswerOutcome& outcome);
    /// EMIT CHANGES EVERY: writes what has changed. False: call again.
    [[nodiscard]] bool flush(OutputChunk& chunk, AnswerOutcome& outcome);
    /// The input has ended and the watermark is kAfterAllTime. False: call again.
    [[nodiscard]] bool finish(OutputChunk& chunk, AnswerOutcome& outcome);

    [[nodiscard]] OperatorCounts counts() const noexcept;

    /// As KeyedOperator's; a stateless query saves nothing, takes nothing back and answers to its last watermark.
    void save_changes(SavedEntries& to);
    [[nodiscard]] bool save_slice(std::size_t max_bytes, SavedEntries& to);
    [[nodiscard]] bool restore(const SavedEntry& entry, EventTime answered_to);
    void begin_at(EventTime watermark);
    [[nodiscard]] EventTime answered_to() const noexcept;

private:
    static constexpr std::uint32_t kRowsPerCall =
        4096;  // Closing a large window gives way to other work this often.

    void write_operator_rows(OutputChunk& chunk, AnswerOutcome& outcome);
    void judge();
    void add_back(const std::vector<std::uint32_t>& rows);
    void evaluate(std::vector<Evaluator>& evaluators, std::vector<const Column*>& values,
                  std::span<const Column> columns, std::uint32_t rows, Arena& arena,
                  FaultList& faults);
    void fault_outputs(AnswerOutcome& outcome);
    void drop_faulted(const FaultList& faults, std::size_t first);
    [[nodiscard]] Selection selected(std::uint32_t rows) const noexcept;

    std::unique_ptr<KeyedOperator> keyed_;    // Null pointer: stateless.
    EventTime answered_to_ = kBeforeAllTime;  // Stateless only.
    std::unique_ptr<Encoder> encoder_;
    std::vector<Evaluator> having_;  // None or one.
    std::vector<Evaluator> outputs_;
    std::vector<Evaluator> keys_;

    OperatorRows offered_;  // Scratch, kept for its capacity.
    Arena arena_;
    FaultList faults_;
    std::vector<std::uint32_t> rows_;  // Rows still to be written, in order.
    std::vector<std::uint32_t> passed_;
    std::vector<std::uint32_t> withdrawn_;
    std::vector<std::uint8_t> tombstone_;
    std::vector<std::uint8_t> faulted_;
    std::vector<const Column*> values_;
    std::vector<const Column*> key_values_;
    OutputChunk key_chunk_;
};

}  // namespace velo::engine
