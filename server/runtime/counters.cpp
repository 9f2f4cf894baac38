#include "server/runtime/counters.hpp"

#include <algorithm>
#include <limits>
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

BrokerCounters* ConnectionCounters::broker(const std::string& name) {
    const std::uint32_t count = size_.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (brokers_[i]->broker == name) return brokers_[i].get();
    }
    if (count == kMost) return nullptr;
    brokers_[count] = std::make_unique<BrokerCounters>();
    brokers_[count]->broker = name;
    size_.store(count + 1, std::memory_order_release);
    return brokers_[count].get();
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

std::optional<std::int64_t> watermark_of(const JobCounters& counters) noexcept {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const PipelineCounters& pipeline : counters.pipelines)
        least = std::min(least, pipeline.watermark_us.get());
    // Before 0001 and after 9999 it is no time but a mark: no row yet, or the end of all input.
    constexpr std::int64_t kFirst = -62'135'596'800'000'000;
    constexpr std::int64_t kLast = 253'402'300'799'999'999;
    if (least <= kFirst || least > kLast || least == 0) return std::nullopt;
    return least;
}

std::uint64_t queued_rows(const JobCounters& counters, std::size_t pipeline) noexcept {
    // What was taken is asked first: between the two questions rows only come.
    const std::uint64_t taken = counters.pipelines[pipeline].rows_answered_here.get();
    std::uint64_t sent = 0;
    for (const PipelineCounters& from : counters.pipelines) sent += from.sent_to[pipeline].get();
    return sent - std::min(sent, taken);
}

}  // namespace velo::runtime
