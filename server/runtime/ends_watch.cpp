#include "server/runtime/ends_watch.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace velo::runtime {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kAskEvery = 5 * kSecond;
constexpr std::int64_t kLeastPause = kSecond / 5;  // However many partitions fall quiet.

}  // namespace

// Whether a partition has been quiet for idle_after and nobody has asked since whether it has more.
bool EndsWatch::is_wanted(std::int64_t now_ns) {
    wanted_ns_ = 0;
    for (std::uint32_t i = 0; i < run_.partitions.size(); ++i) {
        const PartitionCounters& counters = run_.partitions.at(SourcePartition{i});
        const auto& idle_after = run_.plan->input(counters.input).idle_after;
        if (!idle_after) continue;
        const std::int64_t patience =
            std::chrono::duration_cast<std::chrono::nanoseconds>(*idle_after).count();
        const std::int64_t idle_from = counters.last_data_ns.get() + patience;
        if (counters.idle.get() != 0 || counters.end_asked_ns.get() >= idle_from) continue;
        const std::int64_t ask_at = std::max(idle_from, next_ns_ - kAskEvery + kLeastPause);
        if (wanted_ns_ == 0 || ask_at < wanted_ns_) wanted_ns_ = ask_at;
    }
    return wanted_ns_ != 0 && now_ns >= wanted_ns_;
}

EndsWatch::Look EndsWatch::look(std::int64_t now_ns, std::optional<engine::PortError>& error) {
    const bool wanted = is_wanted(now_ns);
    if ((!wanted && now_ns < next_ns_) || run_.partitions.size() == 0) return Look::NotDue;
    next_ns_ = now_ns + kAskEvery;
    std::vector<SourcePartition> all;
    for (std::uint32_t i = 0; i < run_.partitions.size(); ++i) all.push_back(SourcePartition{i});
    engine::Offsets ends;
    error = source_.end_offsets(all, ends);
    if (error) return Look::Failed;
    for (const auto& [partition, end] : ends) {
        PartitionCounters& counters = run_.partitions.at(partition);
        counters.end_offset.set(end);
        counters.end_asked_ns.set(now_ns);
    }
    for (Wake* wake : run_.worker_wakes) wake->notify();
    return Look::Answered;
}

}  // namespace velo::runtime
