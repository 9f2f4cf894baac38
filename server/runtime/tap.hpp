// Samples of what passes through a job, for who looks at it live. While nobody does it costs one load per batch.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/raw_record.hpp"
#include "engine/data/record_headers.hpp"
#include "server/runtime/spsc_ring.hpp"

namespace velo::engine {
class SourceReader;
struct DeadLetter;
struct OutputChunk;
}  // namespace velo::engine

namespace velo::runtime {

class PartitionTable;

enum class TapPoint : std::uint8_t {
    Source,  // Records as they were read.
    Sink,    // Records as they go to the sink.
    Dlq,     // Dead letters.
};
inline constexpr std::size_t kTapPoints = 3;

/// One record as it passed. Complete: outlives its source.
struct TapSample {
    static constexpr std::size_t kMostBytes = 4096;  // Of key and value each; the rest is cut.
    static constexpr std::size_t kMostHeaders = 32;
    static constexpr std::size_t kMostHeaderBytes = 256;

    std::int64_t at_us = 0;  // Wall clock, when it passed.
    std::string topic;       // Of the source record; a sink record has none.
    std::int32_t partition = -1;
    std::int64_t offset = -1;
    std::int64_t timestamp_us = engine::kNoTimestamp;
    bool has_key = false;
    bool has_value = false;
    std::string key, value;
    std::size_t key_size = 0, value_size = 0;  // Before they were cut.
    engine::RecordHeaders headers;
    std::string stage, code, error;  // Of a dead letter.
};

/// The samples of one pipeline on their way to who looks.
/// Thread:  push by the pipeline's worker; want and pop by others, one at a time.
/// Invariants: what waits is bounded: a point whose ring is full is not sampled, so the looker's pace is the rate.
class TapLane {
public:
    [[nodiscard]] bool is_wanted(TapPoint point) const noexcept {
        return wanted_[index(point)].load(std::memory_order_relaxed);
    }
    void want(TapPoint point, bool wanted) noexcept {
        wanted_[index(point)].store(wanted, std::memory_order_relaxed);
    }
    /// False: there is no room.
    [[nodiscard]] bool push(TapPoint point, TapSample sample) noexcept {
        return rings_[index(point)].try_push(sample);
    }
    [[nodiscard]] bool pop(TapPoint point, TapSample& sample) noexcept {
        return rings_[index(point)].try_pop(sample);
    }
    static constexpr std::size_t kSlots = 64;

private:
    static constexpr std::size_t index(TapPoint point) noexcept {
        return static_cast<std::size_t>(point);
    }
    std::array<std::atomic<bool>, kTapPoints> wanted_{};
    std::array<SpscRing<TapSample>, kTapPoints> rings_{
        SpscRing<TapSample>{kSlots}, SpscRing<TapSample>{kSlots}, SpscRing<TapSample>{kSlots}};
};

/// Where a pipeline's lane is once somebody has looked; before that it costs a pointer.
/// Thread:  wanted by the pipeline's worker; open by others, one at a time.
class TapSlot {
public:
    /// The lane when somebody looks at that point, else a null pointer.
    [[nodiscard]] TapLane* wanted(TapPoint point) const noexcept {
        TapLane* lane = lane_.load(std::memory_order_acquire);
        return lane != nullptr && lane->is_wanted(point) ? lane : nullptr;
    }
    /// The lane, made now if nobody has looked before.
    [[nodiscard]] TapLane& open() {
        if (!owned_) {
            owned_ = std::make_unique<TapLane>();
            lane_.store(owned_.get(), std::memory_order_release);
        }
        return *owned_;
    }
    /// The lane if there is one.
    [[nodiscard]] TapLane* lane() const noexcept { return lane_.load(std::memory_order_acquire); }

private:
    std::unique_ptr<TapLane> owned_;
    std::atomic<TapLane*> lane_{nullptr};
};

/// Some of the batch's records, evenly spread, as many as there is room for.
void tap_source(TapLane& lane, const PartitionTable& partitions, const engine::RawBatch& records,
                const engine::SourceReader& reader);
/// The same of what is about to be written.
void tap_sink(TapLane& lane, const engine::OutputChunk& chunk);
void tap_dead_letter(TapLane& lane, const engine::DeadLetter& letter);

}  // namespace velo::runtime
