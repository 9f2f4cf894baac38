#include "server/runtime/counters.hpp"

#include <utility>

#include "engine/base/assert.hpp"

namespace velo::runtime {

SourcePartition PartitionTable::add(std::string topic, std::int32_t partition,
                                    std::uint32_t input) {
    const std::uint32_t number = size_.load(std::memory_order_relaxed);
    VELO_ASSERT(number < kMost, "a job reads at most 16,384 partitions; its builder refuses more");
    auto& block = blocks_[number / kBlock];
    if (!block) block = std::make_unique<std::array<PartitionCounters, kBlock>>();
    PartitionCounters& entry = (*block)[number % kBlock];
    entry.topic = std::move(topic);
    entry.partition = partition;
    entry.input = input;
    size_.store(number + 1, std::memory_order_release);
    return SourcePartition{number};
}

std::string_view job_state_name(JobState state) noexcept {
    switch (state) {
        case JobState::Starting:
            return "starting";
        case JobState::Restoring:
            return "restoring";
        case JobState::Running:
            return "running";
        case JobState::Standby:
            return "standby";
        case JobState::Paused:
            return "paused";
        case JobState::Blocked:
            return "blocked";
        case JobState::Draining:
            return "draining";
        case JobState::Failed:
            return "failed";
        case JobState::Stopped:
            return "stopped";
    }
    return "unknown";
}

Law law_of(const JobCounters& counters) noexcept {
    Law law;
    for (const PipelineCounters& pipeline : counters.pipelines) {
        law.in += pipeline.records_in.get();
        law.answered += pipeline.answered.get();
        law.filtered += pipeline.filtered.get();
        law.late += pipeline.late_dropped.get() + pipeline.late_dead_lettered.get();
        for (const Counter& counter : pipeline.dead_lettered) law.dead_lettered += counter.get();
        for (const Counter& counter : pipeline.dropped) law.dropped += counter.get();
        law.out += pipeline.records_out.get();
    }
    return law;
}

}  // namespace velo::runtime
