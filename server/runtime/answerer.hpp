// The answering half of a job's pipeline on one worker: takes rows from every reader, answers, writes to the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/answer_stage.hpp"
#include "engine/state/saved_state.hpp"
#include "engine/window/watermark.hpp"
#include "server/runtime/dead_letters.hpp"
#include "server/runtime/job_run.hpp"
#include "server/runtime/recovery.hpp"

namespace velo::runtime {

/// Owns the keys of its shards: everything that can change their state passes here, in one thread.
/// Thread:  owned by its worker.
/// Invariants: (1) after barrier E has come on a ring, nothing more is taken from it until E has come on all (aligned):
///             what an epoch holds is exactly what the readers polled before its cut. (2) a chunk the sink has not taken
///             stops everything else: back-pressure is not taking. (3) batches are let go of in the step that took them.
class Answerer {
public:
    Answerer(JobRun& run, std::uint32_t pipeline);

    /// Takes back saved entries of this pipeline's shards; false: they make no sense. Before the first step.
    [[nodiscard]] bool restore(const std::vector<std::string>& packed, const Recovered& recovered);
    /// After all of them: event time goes on from where it was.
    void begin_at(const Recovered& recovered);

    enum class Progress : std::uint8_t { None, Some, Blocked };
    [[nodiscard]] Progress step(std::int64_t now_ns, engine::SinkWriter& writer);

    /// The epoch that has just been closed here: everything of it has been handed to the sink. Asked after each step.
    [[nodiscard]] std::optional<EpochId> take_closed() {
        return std::exchange(closed_, std::nullopt);
    }
    /// What the epoch just closed has saved.
    [[nodiscard]] std::vector<SavedChunk> take_saved() { return std::move(saved_chunks_); }
    [[nodiscard]] std::uint64_t round_done() const noexcept { return round_done_; }
    [[nodiscard]] EventTime answered_to() const noexcept { return stage_.answered_to(); }
    /// All input has ended, and everything has been answered and written.
    [[nodiscard]] bool is_finished() const noexcept { return finished_; }
    [[nodiscard]] std::optional<Failure> take_failure() {
        return std::exchange(failure_, std::nullopt);
    }

    /// Whether the sink takes more from this pipeline.
    [[nodiscard]] bool sink_has_room() const noexcept { return !blocked_; }
    [[nodiscard]] std::int64_t next_timer_ns() const noexcept;
    void publish_state();

private:
    [[nodiscard]] bool take_items(engine::SinkWriter& writer);
    void take(std::uint32_t reader, const ExchangeItem& item);
    [[nodiscard]] bool advance(std::int64_t now_ns, engine::SinkWriter& writer);
    [[nodiscard]] bool flush_changes(std::int64_t now_ns, engine::SinkWriter& writer);
    [[nodiscard]] bool write_held_changes(engine::SinkWriter& writer);
    [[nodiscard]] bool write_chunk(engine::SinkWriter& writer);
    [[nodiscard]] bool close_epoch(engine::SinkWriter& writer);
    void save_state();
    void pack_saved();
    void settle(engine::AnswerOutcome& outcome, const RoutedBatch* routed);
    [[nodiscard]] bool all_aligned() const noexcept { return aligned_count_ == aligned_.size(); }

    JobRun& run_;
    const std::uint32_t pipeline_;
    PipelineCounters& counters_;
    engine::AnswerStage stage_;
    DeadLetters letters_;
    engine::Watermarks inboxes_;
    EventTime advanced_to_ = kBeforeAllTime;
    bool advancing_ = false;  // The stage has more to write for advanced_to_.
    bool flushing_ = false;   // … for EMIT CHANGES EVERY.
    bool finishing_ = false;  // … for the end of input.
    bool finished_ = false;
    bool blocked_ = false;
    std::int64_t all_idle_since_ns_ = 0;  // 0: some inbox is not idle.
    EventTime idle_base_ = kBeforeAllTime;
    std::int64_t next_flush_ns_ = 0;  // EVERY.

    std::vector<std::uint8_t>
        aligned_;  // By reader: its barrier of the epoch being closed has come.
    std::size_t aligned_count_ = 0;
    EpochId closing_;  // Not 0: this barrier has come on at least one ring.
    EpochId epoch_;    // What is written now belongs to this epoch.
    std::optional<EpochId> closed_;
    std::size_t epoch_bytes_ = 0;
    bool tapped_ = false;  // What is in the chunk has been sampled.

    engine::SavedEntries saved_;  // Scratch.
    std::vector<SavedChunk> saved_chunks_;
    std::uint64_t round_done_ = 0;

    std::unique_ptr<engine::OutputChunk> chunk_;
    engine::AnswerOutcome outcome_;
    std::optional<Failure> failure_;
};

}  // namespace velo::runtime
