#include "server/runtime/fault_watch.hpp"

#include <string>

namespace velo::runtime {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kMinute = 60;
constexpr std::uint64_t kLeastRows = 1000;

}  // namespace

std::optional<Failure> FaultWatch::look(std::int64_t now_ns) {
    const double most = run_.options.faults.max_ratio;
    if (most >= 1.0 || now_ns < next_ns_) return std::nullopt;
    next_ns_ = now_ns + kSecond;
    Count now;
    for (const PipelineCounters& pipeline : run_.counters) {
        now.in += pipeline.records_in.get();
        for (const Counter& counter : pipeline.dead_lettered) now.faults += counter.get();
        for (const Counter& counter : pipeline.dropped) now.faults += counter.get();
    }
    if (last_minute_.empty())
        last_minute_.emplace_back();  // The first minute is judged from the start of the run.
    const Count before = last_minute_.front();
    last_minute_.push_back(now);
    if (last_minute_.size() > kMinute) last_minute_.pop_front();
    const std::uint64_t in = now.in - before.in;
    const std::uint64_t faults = now.faults - before.faults;
    if (in < kLeastRows || static_cast<double>(faults) <= most * static_cast<double>(in))
        return std::nullopt;
    return Failure{.may_retry = false,
                   .code = "max_ratio",
                   .text = std::to_string(faults) + " of the last " + std::to_string(in) +
                           " rows had faults, more than on_error.max_ratio allows; look at the "
                           "dead letters, then restart the job"};
}

}  // namespace velo::runtime
