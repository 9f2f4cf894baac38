#include "server/runtime/memory_watch.hpp"

#include <algorithm>
#include <limits>

namespace velo::runtime {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// Longer without the watermark moving, and nothing will close a window any more.
constexpr std::int64_t kPatience = 60 * kSecond;

}  // namespace

std::optional<Failure> MemoryWatch::look(std::int64_t now_ns) {
    std::uint64_t held = 0;
    for (const PipelineCounters& pipeline : run_.counters) held += pipeline.state_bytes.get();
    const std::uint64_t limit = run_.options.state_bytes;
    if (blocked_ && held < limit - limit / 10) {
        blocked_ = false;
        run_.read_up_to_us.store(std::numeric_limits<std::int64_t>::max(),
                                 std::memory_order_release);
        for (Wake* wake : run_.worker_wakes) wake->notify();
        return std::nullopt;
    }
    if (!blocked_ && held <= limit) return std::nullopt;
    if (!run_.plan->waits_for_watermark()) return failure(held, "and nothing of it ever closes");
    if (held > limit + limit / 4)
        return failure(held, "and closing windows does not bring it down");
    const std::int64_t lowest = lowest_watermark_us();
    if (!blocked_ || lowest != lowest_us_) moved_ns_ = now_ns;
    if (now_ns - moved_ns_ > kPatience)
        return failure(held, "and the watermark has not moved for a minute");
    blocked_ = true;
    lowest_us_ = lowest;
    // Those within one window of the lowest are read together, or they would take turns.
    constexpr Duration kRowsTogether = std::chrono::seconds{1};  // Where rows wait without windows.
    const engine::WindowPlan* window = run_.plan->window();
    const std::int64_t slack = (window == nullptr ? kRowsTogether : window->advance).count();
    run_.read_up_to_us.store(
        lowest > std::numeric_limits<std::int64_t>::max() - slack ? lowest : lowest + slack,
        std::memory_order_release);
    for (Wake* wake : run_.worker_wakes) wake->notify();
    return std::nullopt;
}

std::int64_t MemoryWatch::lowest_watermark_us() const noexcept {
    std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
    for (std::uint32_t i = 0; i < run_.partitions.size(); ++i) {
        const PartitionCounters& counters = run_.partitions.at(SourcePartition{i});
        if (counters.idle.get() != 0 || counters.ended.get() != 0) continue;
        lowest = std::min(lowest, counters.watermark_us.get());
    }
    return lowest;
}

Failure MemoryWatch::failure(std::uint64_t held, const char* why) const {
    return {.may_retry = false,
            .code = "memory_limit",
            .text = "keyed state holds " + std::to_string(held >> 20) +
                    " MiB, more than state.memory_limit allows (" +
                    std::to_string(run_.options.state_bytes >> 20) + " MiB), " + why +
                    "; raise the limit, use fewer keys, shorter windows or less lateness, or a "
                    "state.ttl"};
}

}  // namespace velo::runtime
