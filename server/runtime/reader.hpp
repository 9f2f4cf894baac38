// The reading half of a job's pipeline on one worker: polls the source, runs the read stage, routes rows by shard.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/pipeline/read_stage.hpp"
#include "engine/pipeline/source.hpp"
#include "server/runtime/dead_letters.hpp"
#include "server/runtime/job_run.hpp"

namespace velo::runtime {

/// A source partition as it is dealt to a reader.
struct Assignment {
    SourcePartition partition;
    engine::PartitionName name;
    std::int64_t next_offset = 0;
    std::optional<std::int64_t> end_offset;  // Exclusive; set when the run is bounded.
    EventTime watermark = kBeforeAllTime;    // As restored.
};

/// Reads the source partitions dealt to one worker and sends their rows to the pipelines that own their keys.
/// Thread:  owned by its worker.
/// Invariants: (1) nothing is polled while an earlier batch has not been pushed to every ring that wants it, while
///             dead letters wait, or beyond the exchange budget: back-pressure is not reading. (2) a batch is filled again
///             only when no pipeline holds it. (3) barrier E follows all rows polled before the cut of E, in every ring.
class Reader {
public:
    Reader(JobRun& run, std::uint32_t pipeline, std::unique_ptr<engine::SourceReader> source);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void add(const Assignment& assignment);

    enum class Progress : std::uint8_t {
        None,     // Nothing waits.
        Some,     // Rows, a watermark or a barrier went out.
        Blocked,  // Rows wait, but a ring, the budget or the sink has no room.
    };
    /// One round: barriers due, then at most one batch. `now_ns` is the steady clock's time.
    [[nodiscard]] Progress step(std::int64_t now_ns, bool may_read, engine::SinkWriter& writer);

    /// Where reading stood when barrier `epoch` was sent; asked once, after the pipeline has closed the epoch.
    [[nodiscard]] std::vector<SourceMark> take_cut_marks() { return std::move(cut_marks_); }

    [[nodiscard]] std::optional<Failure> take_failure() {
        return std::exchange(failure_, std::nullopt);
    }

    /// When a step could find something without any wake: a partition becoming idle (steady clock).
    [[nodiscard]] std::int64_t next_timer_ns() const noexcept;

private:
    struct Partition {
        SourcePartition id;
        std::uint32_t input = 0;  // Which of the plan's sources it belongs to.
        std::int64_t last_data_ns = 0;
        bool ended = false;
        EventTime watermark = kBeforeAllTime;  // Once ended: what it was before.
    };

    [[nodiscard]] bool push_pending();
    [[nodiscard]] bool begin_cut();
    [[nodiscard]] bool read_batch(std::int64_t now_ns, engine::SinkWriter& writer);
    void poll(std::int64_t now_ns);
    void leave_from(std::size_t taken);
    void poll_partitions(engine::RawBatch& raw, std::int64_t now_ns);
    [[nodiscard]] EventTime lowest_watermark(std::uint32_t input) const noexcept;
    void route(RoutedBatch& routed, std::span<const std::uint32_t> rows);
    void settle(Partition& partition, std::int64_t now_ns);
    [[nodiscard]] bool has_budget() const noexcept {
        return charged_bytes_ < run_.options.exchange_bytes / run_.options.pipelines;
    }
    void end_partitions();
    [[nodiscard]] EventTime watermark_of(const Partition& partition) const noexcept;
    void take_back_batches();
    RoutedBatch& free_batch();
    [[nodiscard]] bool watermark_news();
    void count(const engine::ReadOutcome& outcome, std::size_t records);

    JobRun& run_;
    const std::uint32_t pipeline_;
    PipelineCounters& counters_;
    std::unique_ptr<engine::SourceReader> source_;
    std::vector<engine::PartitionName> names_;  // By SourcePartition; the decoder reads it.
    engine::ReadStage stage_;
    DeadLetters letters_;
    static constexpr SourcePartition kNone{0xFFFFFFFF};
    std::vector<Partition> partitions_;
    SourcePartition last_filled_ = kNone;               // Which partition filled the last batch …
    EventTime last_filled_watermark_ = kBeforeAllTime;  // … and its watermark before that.
    static constexpr std::uint32_t kNoInput = 0xFFFFFFFF;
    std::uint32_t last_input_ = kNoInput;  // UNION ALL: which source the last batch was of …
    EventTime last_input_watermark_ = kBeforeAllTime;  // … and where event time stood there.

    std::vector<std::unique_ptr<RoutedBatch>> free_;
    std::vector<std::unique_ptr<RoutedBatch>>
        out_;  // Held by pipelines, in the order they were sent.
    std::size_t charged_bytes_ = 0;
    std::uint32_t turn_ = 0;  // Round robin: whose batch is next.

    std::vector<ExchangeItem> pending_;     // By pipeline: what its ring has not taken yet …
    std::vector<std::uint8_t> is_pending_;  // … 1 where there is something.
    std::uint32_t pending_count_ = 0;
    EventTime sent_watermark_ = kBeforeAllTime;
    bool sent_idle_ = false;
    bool sent_anything_ = false;

    std::uint64_t cut_epoch_;  // The last epoch whose barrier has gone out.
    std::vector<SourceMark> cut_marks_;
    std::optional<Failure> failure_;

    engine::RawBatch left_;        // Polled, but not in a batch yet.
    engine::RawBatch raw_;         // What was read last …
    std::uint64_t raw_bytes_ = 0;  // … and its keys' and values' bytes.
    engine::ReadOutcome outcome_;
};

}  // namespace velo::runtime
