// What is done with rows that cannot be answered, and the other settings of one job's run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/expression/fault.hpp"
#include "engine/plan/state_shape.hpp"
#include "server/runtime/failure.hpp"

namespace velo::runtime {

enum class FaultAction : std::uint8_t { DeadLetter, Drop, Fail };

struct FaultPolicy {
    FaultAction decode = FaultAction::DeadLetter;
    FaultAction evaluate = FaultAction::DeadLetter;
    FaultAction late = FaultAction::Drop;
    FaultAction encode = FaultAction::DeadLetter;
    double max_ratio =
        0.5;  // Of the rows of the last minute, when they are at least 1,000; 1.0 = never.

    [[nodiscard]] FaultAction action(engine::FaultStage stage) const noexcept {
        switch (stage) {
            case engine::FaultStage::Decode:
                return decode;
            case engine::FaultStage::Evaluate:
                return evaluate;
            case engine::FaultStage::Encode:
                return encode;
            case engine::FaultStage::Late:
                return late;
        }
        return FaultAction::DeadLetter;
    }
};

struct RunOptions {
    std::uint32_t pipelines = 1;
    std::uint32_t first_worker = 0;  // Pipeline i lives on worker (first_worker + i) mod workers.
    std::uint32_t batch_records = 10000;
    std::size_t ring_slots =
        64;  // Per reader and pipeline; any number from 1 is right, only slower.
    std::size_t exchange_bytes =
        64U << 20;  // Batches on their way between workers, over the whole job.
    std::size_t prefetch_bytes = 64U << 20;
    std::chrono::milliseconds commit_interval{1000};
    std::size_t output_bytes_per_epoch =
        64U << 20;  // A cut is asked for early when this much has been written.
    std::uint64_t state_bytes = 4ULL << 30;  // state.memory_limit: a job that holds more fails.
    bool round_robin = false;                // Stateless only: batches go to all pipelines in turn.
    bool until_end = false;  // Read up to the end there was at the start, close all windows, stop.
    FaultPolicy faults;
    std::string job;                             // Its name, for what lasts in Kafka.
    std::vector<engine::StatePart> state_shape;  // What saved state of this plan depends on.
};

}  // namespace velo::runtime
