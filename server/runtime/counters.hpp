// One thread's counts, readable by others: plain numbers with one writer each, summed when somebody asks.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/strong_id.hpp"
#include "engine/expression/fault.hpp"
#include "server/runtime/spsc_ring.hpp"
#include "server/runtime/tap.hpp"

namespace velo::runtime {

/// A number that one thread writes and any reads. An update is a load and a store, no locked instruction.
class Counter {
public:
    void add(std::uint64_t amount) noexcept {
        value_.store(get() + amount, std::memory_order_relaxed);
    }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t get() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// As Counter, for signed numbers: offsets, times.
class Gauge {
public:
    explicit Gauge(std::int64_t value = 0) : value_(value) {}
    void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t get() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::int64_t> value_;
};

/// A latency distribution: buckets of 1/8 power of two, from 1 microsecond; one writer.
class Latency {
public:
    static constexpr std::size_t kBuckets = 8 * 32;

    void observe(std::int64_t nanoseconds, std::uint64_t weight) noexcept {
        const auto micros = static_cast<std::uint64_t>(nanoseconds < 1000 ? 1 : nanoseconds / 1000);
        buckets_[bucket_of(micros)].add(weight);
        count_.add(weight);
        sum_ns_.add(static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds) * weight);
    }
    [[nodiscard]] std::uint64_t bucket(std::size_t index) const noexcept {
        return buckets_[index].get();
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_.get(); }
    [[nodiscard]] std::uint64_t sum_ns() const noexcept { return sum_ns_.get(); }
    /// The largest microsecond value that falls in the bucket.
    [[nodiscard]] static std::uint64_t upper_micros(std::size_t index) noexcept {
        if (index < 8) return index;
        const std::size_t shift = index / 8 - 1;
        return ((8 + index % 8 + 1) << shift) - 1;
    }

private:
    [[nodiscard]] static std::size_t bucket_of(std::uint64_t micros) noexcept {
        if (micros < 8) return static_cast<std::size_t>(micros);
        const auto shift = static_cast<std::size_t>(std::bit_width(micros)) - 4;
        const std::size_t index = (shift + 1) * 8 + ((micros >> shift) & 7);
        return index < kBuckets ? index : kBuckets - 1;
    }
    std::array<Counter, kBuckets> buckets_;
    Counter count_;
    Counter sum_ns_;
};

inline constexpr std::size_t kFaultStages = 4;
inline constexpr std::size_t kFaultCodes = static_cast<std::size_t>(engine::FaultCode::Late) + 1;

/// What one pipeline of one job has done. Written by its worker only, once per batch.
struct alignas(kCacheLine) PipelineCounters {
    Counter records_in;
    Counter filtered;
    Counter answered;
    Counter late_dropped;                             // late_records_total{outcome="dropped"}
    Counter late_dead_lettered;                       // … {outcome="dead_lettered"}
    std::array<Counter, kFaultStages> dead_lettered;  // By FaultStage; Late stays 0 here.
    std::array<Counter, kFaultStages> dropped;
    std::array<std::array<Counter, kFaultCodes>, kFaultStages> faults;
    Counter output_faults;
    Counter records_out;         // Handed to the sink.
    Counter rows_answered_here;  // Rows this pipeline's engine took: skew.
    Counter batches;
    Counter busy_ns, idle_ns, backpressured_ns;
    Counter state_keys, state_bytes, windows_open;
    Counter saved_entries, saved_bytes;  // Handed to the state log: changes and rounds.
    Gauge watermark_us;                  // The query's, as this pipeline sees it.
    Latency processing;                  // Poll to hand-over to the sink.
    Latency end_to_end;                  // The record's own timestamp to hand-over to the sink.
    TapSlot tap;                         // Samples for who looks at the pipeline live.
};

/// One source partition. Written by the reader that has it, the end by the control thread.
struct PartitionCounters {
    std::string topic;  // Constant once the partition is in its table.
    std::int32_t partition = 0;
    std::uint32_t input = 0;  // Which of the plan's sources it belongs to.
    Counter records_in, bytes_in;
    Gauge next_offset{-1};
    Gauge last_data_ns;       // Steady clock.
    Gauge last_timestamp_us;  // The record timestamp of the last one read; 0: it had none.
    Gauge watermark_us;
    Gauge ended;           // 1: a bounded run has read it to its end.
    Gauge idle;            // 1: does not hold the watermark back.
    Gauge end_offset{-1};  // As last asked …
    Gauge end_asked_ns;    // … by a question sent at this time (steady clock).
};

/// The source partitions of one job, by SourcePartition number; grows, never shrinks, entries never move.
/// Thread:  add by the control thread; the rest by any.
class PartitionTable {
public:
    static constexpr std::uint32_t kBlock = 64;
    static constexpr std::uint32_t kMost = kBlock * 256;

    /// The new partition's number. The table must not be full (kMost).
    SourcePartition add(std::string topic, std::int32_t partition, std::uint32_t input = 0);
    [[nodiscard]] std::uint32_t size() const noexcept {
        return size_.load(std::memory_order_acquire);
    }
    [[nodiscard]] PartitionCounters& at(SourcePartition partition) const noexcept {
        return (*blocks_[partition.value / kBlock])[partition.value % kBlock];
    }

private:
    std::array<std::unique_ptr<std::array<PartitionCounters, kBlock>>, kMost / kBlock> blocks_;
    std::atomic<std::uint32_t> size_{0};  // Entries below it are complete.
};

enum class JobState : std::uint8_t {
    Starting,
    Restoring,
    Running,
    Standby,
    Paused,
    Blocked,
    Draining,
    Failed,
    Stopped
};
inline constexpr std::size_t kJobStates = 9;
[[nodiscard]] std::string_view job_state_name(JobState state) noexcept;

/// Everything counted about one run of a job: a restart begins at zero again, as Prometheus expects of counters.
/// Thread:  pipelines[p] by pipeline p's worker, the rest by the control thread; read by any.
struct JobCounters {
    explicit JobCounters(std::uint32_t pipeline_count) : pipelines(pipeline_count) {}

    std::vector<PipelineCounters> pipelines;
    PartitionTable partitions;
    std::atomic<JobState> state{JobState::Starting};
    Gauge state_since_us;
    Gauge world_away;  // 1: the source did not answer when last asked.
    Counter out_records, out_bytes, out_dead_letters;  // Acknowledged by the sink.
    Counter commits, failed_commits;
    Gauge started_us, committed_us;  // Wall clock: this run's start, its last commit (0: none yet).
    Gauge restore_ns;                // How long restoring state took.
    Latency commit_duration;
    Counter epoch;  // The last one committed.
};

/// A job's books: where every row that was read has gone (interface 1.1). Between commits the rest is in flight.
struct Law {
    std::uint64_t in = 0, answered = 0, filtered = 0, late = 0, dead_lettered = 0, dropped = 0,
                  out = 0;
    [[nodiscard]] bool balances() const noexcept {
        return in == answered + filtered + late + dead_lettered + dropped;
    }
};
[[nodiscard]] Law law_of(const JobCounters& counters) noexcept;

}  // namespace velo::runtime
