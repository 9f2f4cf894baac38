// Everything of one run of a job that more than one thread sees.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/strong_id.hpp"
#include "engine/format/decoder.hpp"
#include "engine/format/encoder.hpp"
#include "engine/pipeline/sink.hpp"
#include "engine/pipeline/source.hpp"
#include "engine/plan/plan.hpp"
#include "server/runtime/counters.hpp"
#include "server/runtime/exchange.hpp"
#include "server/runtime/log_format.hpp"
#include "server/runtime/policy.hpp"
#include "server/runtime/wake.hpp"

namespace velo::runtime {

/// Saved entries of one log partition, as engine::SavedEntries packs them.
struct SavedChunk {
    std::uint32_t log_partition = 0;
    std::string entries;
};

/// What a pipeline tells its job's control thread.
struct PipelineReport {
    std::uint32_t pipeline = 0;
    EpochId closed;                 // Not 0: this epoch has been closed here …
    std::vector<SourceMark> marks;  // … and its reader stood here when it was cut.
    bool finished = false;          // … after the end of all input.
    std::vector<SavedChunk> saved;  // What has changed, and a slice of the rest.
    std::uint64_t round_done = 0;   // The latest round of slices that has come to its end here.
    EventTime answered_to = kBeforeAllTime;  // Windows ending up to then are closed and answered.
    std::optional<Failure> failure;
};

/// How to make a decoder and an encoder for the job's formats, on the worker's own thread.
struct Formats {
    std::unique_ptr<engine::Decoder> (*make_decoder)(
        const engine::SourcePlan&, const std::vector<engine::PartitionName>&) = nullptr;
    std::unique_ptr<engine::Encoder> (*make_encoder)(const engine::OutputPlan&,
                                                     engine::EncodeOptions) = nullptr;
    engine::EncodeOptions encode;
};

/// Owned by the control thread; outlives the job's pipelines.
/// Thread:  plan, options and rings are constant before the first pipeline starts; reports[p] is pushed by pipeline p
///          and popped by the control thread; wanted_epoch and reading are written by the control thread.
struct JobRun {
    JobRun(std::shared_ptr<const engine::Plan> the_plan, RunOptions the_options,
           Formats the_formats, Wake& the_control_wake, JobCounters& the_counters)
        : plan(std::move(the_plan)),
          options(the_options),
          formats(the_formats),
          control_wake(the_control_wake),
          exchange(the_options.pipelines, the_options.ring_slots),
          counters(the_counters.pipelines),
          partitions(the_counters.partitions),
          worker_wakes(the_options.pipelines, nullptr) {
        for (std::uint32_t i = 0; i < options.pipelines; ++i)
            reports.push_back(std::make_unique<SpscRing<PipelineReport>>(8));
    }

    const std::shared_ptr<const engine::Plan> plan;
    const RunOptions options;
    /// Set before the first pipeline is built.
    EpochId first_epoch{1};
    bool saves_state = false;  // The job has a ledger: pipelines report what has changed.
    const Formats formats;
    Wake& control_wake;
    Exchange exchange;
    std::vector<PipelineCounters>& counters;  // By pipeline.
    PartitionTable& partitions;
    std::vector<Wake*> worker_wakes;  // By pipeline: the worker it lives on.
    std::vector<std::unique_ptr<SpscRing<PipelineReport>>> reports;

    std::atomic<std::uint64_t> wanted_epoch{0};  // Pipelines close every epoch up to this one.
    std::atomic<std::uint64_t> wanted_round{1};  // Pipelines save slices for this round.
    /// Partitions whose watermark lies beyond that are not read (state.memory_limit).
    std::atomic<std::int64_t> read_up_to_us{std::numeric_limits<std::int64_t>::max()};
    std::atomic<bool> reading{true};  // False: drain; nothing more is polled.
    std::atomic<bool> cut_early{
        false};  // A pipeline has written a lot: the control thread should cut now.
};

}  // namespace velo::runtime
