// Records to columns: one pass over each record, straight into the columns the plan needs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/data/batch.hpp"
#include "engine/data/raw_record.hpp"
#include "engine/expression/fault.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

/// What became of each record of one batch.
struct DecodeResult {
    /// Rows whose early columns (WHERE, event time) were read, and those that are no rows at all, come out as lists.
    std::vector<std::uint32_t>
        good;  // Rows that decoded as far as WHERE and the event time, in order.
    std::vector<std::uint32_t> skipped;  // Null payloads under `tombstones: skip`: filtered.
    FaultList faults;                    // Rows that failed before WHERE can be asked.
    FaultList
        late_faults;  // Rows also in `good`, whose other columns failed: a fault unless WHERE rejects.

    void clear() noexcept;
};

/// Decodes a batch of one source into the plan's source columns.
/// Shape:   `batch.rows` becomes records.size(); row r is record r; columns [0, plan.columns.size()) are reset and
///          filled (computed columns are left alone). The event time of each good row goes to `event_times` (row-aligned).
/// Faults:  as docs/jobs.md says (interface 1.1): strict types, valid UTF-8 and structure throughout, first duplicate wins.
/// Thread:  owned by one reader; remembers the last record's field order as the prediction for the next.
class Decoder {
public:
    virtual ~Decoder() = default;
    virtual void decode(std::span<const RawRecord> records, Batch& batch,
                        std::vector<std::int64_t>& event_times, DecodeResult& result) = 0;
};

/// What a decoder needs to know about where records come from, for system columns.
struct PartitionName {
    std::string topic;           // Or the file's path.
    std::int32_t partition = 0;  // `_partition`
    std::uint32_t input = 0;     // Which of the plan's sources it belongs to: Plan::input.

    /// Its place among all partitions of the job, the same in every run.
    [[nodiscard]] std::int64_t order() const noexcept {
        return std::int64_t{input} << 32U | static_cast<std::uint32_t>(partition);
    }
};

/// `format: json`. `partitions` is indexed by SourcePartition and may grow between batches (never shrink).
[[nodiscard]] std::unique_ptr<Decoder> make_json_decoder(
    const SourcePlan& plan, const std::vector<PartitionName>& partitions);

}  // namespace velo::engine
