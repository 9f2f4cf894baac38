// Rows that could not be answered, on their way out of a pipeline: counted, and dead-lettered, dropped or fatal.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/raw_record.hpp"
#include "engine/expression/fault.hpp"
#include "engine/format/output.hpp"
#include "engine/pipeline/answer_stage.hpp"
#include "engine/pipeline/sink.hpp"
#include "server/runtime/job_run.hpp"

namespace velo::runtime {

/// Applies `on_error` to faults and keeps the dead letters the sink has not taken yet.
/// Thread:  owned by one pipeline.
/// Invariants: while is_empty() is false the pipeline reads no further, so what waits here is bounded by one batch.
class DeadLetters {
public:
    DeadLetters(const JobRun& run, PipelineCounters& counters) : run_(run), counters_(counters) {}

    /// Row faults of a batch. Returns the failure when the policy of one of them is `fail`.
    [[nodiscard]] std::optional<Failure> take(const engine::FaultList& faults,
                                              std::span<const engine::RawRecord> records,
                                              const engine::SourceReader& reader, EpochId epoch);
    [[nodiscard]] std::optional<Failure> take_late(std::span<const std::uint32_t> rows,
                                                   std::span<const engine::RawRecord> records,
                                                   const engine::SourceReader& reader,
                                                   EpochId epoch);
    /// The same for rows that UNNEST has made in `batch`. A record is late if the row that stands for it is; of another one
    /// some rows may have been answered, so it is no more than an error beside the law, and dead-lettered like a late one.
    [[nodiscard]] std::optional<Failure> take_late_rows(std::span<const std::uint32_t> rows,
                                                        const engine::Batch& batch,
                                                        std::span<const engine::RawRecord> records,
                                                        const engine::SourceReader& reader,
                                                        EpochId epoch);
    /// Faults of finished groups: outside the law of conservation.
    [[nodiscard]] std::optional<Failure> take(std::vector<engine::OutputFault>& faults,
                                              EpochId epoch);

    [[nodiscard]] bool is_empty() const noexcept { return waiting_.empty(); }
    /// Hands what waits to the sink; false while some of it still waits.
    [[nodiscard]] bool flush(engine::SinkWriter& writer);

private:
    struct Waiting {
        engine::DeadLetter letter;
        EpochId epoch;
    };
    [[nodiscard]] std::optional<Failure> take_late_part(std::uint32_t record,
                                                        std::span<const engine::RawRecord> records,
                                                        const engine::SourceReader& reader,
                                                        EpochId epoch);
    void add(const engine::RawRecord& record, const engine::SourceReader& reader,
             engine::FaultStage stage, engine::FaultCode code, const std::string& text,
             EpochId epoch);
    void keep(engine::DeadLetter letter, EpochId epoch);
    [[nodiscard]] Failure failure(const engine::RawRecord& record, engine::FaultStage stage,
                                  engine::FaultCode code, const std::string& text) const;

    const JobRun& run_;
    PipelineCounters& counters_;
    std::deque<Waiting> waiting_;
};

}  // namespace velo::runtime
