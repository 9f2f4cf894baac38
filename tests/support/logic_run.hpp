// One query over pushed rows, on any number of pipelines, in one thread: what workers, rings and clocks do, step by step.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/answer_stage.hpp"
#include "engine/pipeline/read_stage.hpp"
#include "tests/support/batch_literal.hpp"

namespace velo::engine {

/// One message that came out.
struct LogicRow {
    std::optional<std::string> key;
    bool tombstone = false;
    std::uint32_t revision = 0;
    std::vector<std::string> cells;  // Canonical; see batch_literal.hpp.
};

/// What one step led to.
struct LogicResult {
    std::vector<LogicRow> rows;  // In the order they were written, pipeline by pipeline.
    std::uint64_t late = 0;
    std::uint64_t filtered = 0;
    std::map<std::string, std::uint64_t> faults;  // By code.
    std::map<std::string, std::uint64_t> output_faults;
};

struct LogicShape {
    std::uint32_t pipelines = 1;
    std::uint32_t batch_rows = 0;  // 0: a push is one batch.

    /// `2 pipelines, 1 row a batch`
    [[nodiscard]] std::string text() const;
};

/// Runs a plan as a job's workers do: pipeline i reads the source partitions p with p mod pipelines = i, rows go to the
/// pipeline that owns their shard, watermarks to all of them.
/// Invariants: at the end of each step, rows in = answered + filtered + late + faults.
class LogicRun {
public:
    /// `plan` must outlive it. `partitions` are those of each of the plan's sources.
    LogicRun(const Plan& plan, LogicShape shape, const std::vector<std::uint32_t>& partitions);
    ~LogicRun();

    /// Into a partition of the plan's source `input`.
    LogicResult push(std::uint32_t input, std::uint32_t partition,
                     const std::vector<RecordLiteral>& records);
    /// The wall clock goes on: EVERY strikes, partitions become idle, idle inputs move with the clock.
    LogicResult tick(Duration time);
    /// Every partition has ended.
    LogicResult finish();

private:
    struct Pipeline;
    struct Record {
        RecordLiteral literal;
        std::int64_t offset = 0;
    };

    void read(std::uint32_t partition, const std::vector<RawRecord>& records);
    void route(std::uint32_t reader, const std::vector<std::uint32_t>& rows, const Batch& batch);
    void answer(Pipeline& pipeline, const Batch& batch, Selection rows);
    void send_watermark(std::uint32_t reader);
    void advance(Pipeline& pipeline);
    void flush();
    void grow_idle();
    void collect(Pipeline& pipeline, const AnswerOutcome& outcome);
    LogicResult take_result();

    const Plan& plan_;
    LogicShape shape_;
    std::vector<PartitionName> names_;     // By SourcePartition, source after source.
    std::vector<std::uint32_t> first_of_;  // By source: the number of its first partition.
    std::vector<OutputName> columns_;
    std::vector<std::unique_ptr<Pipeline>> pipelines_;
    std::vector<std::int64_t> next_offset_;  // By partition.
    std::vector<Duration> last_data_;        // By partition.
    Duration now_{};
    Duration next_flush_{};
    std::uint32_t turn_ = 0;  // Round robin.
    LogicResult result_;
    std::uint64_t rows_in_ = 0;
    std::uint64_t rows_settled_ = 0;
};

}  // namespace velo::engine
