#include "server/runtime/epochs.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/crash_point.hpp"

namespace velo::runtime {

void Epochs::cut(std::int64_t now_ns) {
    VELO_ASSERT(phase_ == Phase::Open, "one cut at a time");
    phase_ = Phase::Cutting;
    closed_ = 0;
    finished_ = 0;
    cut_ns_ = now_ns;
    report_.saved.clear();
    report_.round_done.assign(run_.options.pipelines, 0);
    report_.answered_to.assign(run_.options.pipelines, kBeforeAllTime);
    crash_point("cut");
    run_.cut_early.store(false);
    run_.wanted_epoch.store(epoch_.value, std::memory_order_release);
    for (Wake* wake : run_.worker_wakes) wake->notify();
}

void Epochs::take(PipelineReport& report) {
    VELO_ASSERT(phase_ == Phase::Cutting && report.closed == epoch_,
                "a pipeline closes the epoch that was asked for");
    for (const SourceMark& mark : report.marks) {
        positions_[mark.partition] = mark.next_offset;
        marks_[mark.partition] = mark;
    }
    for (SavedChunk& chunk : report.saved) report_.saved.push_back(std::move(chunk));
    report_.round_done[report.pipeline] = report.round_done;
    report_.answered_to[report.pipeline] = report.answered_to;
    finished_ += report.finished ? 1U : 0U;
    if (++closed_ == run_.options.pipelines) finish_report();
}

void Epochs::finish_report() {
    phase_ = Phase::Flushing;
    report_.marks.clear();
    for (const auto& [partition, mark] : marks_) report_.marks.push_back(mark);
    if (!is_last() || !run_.plan->keyed) return;
    // All windows have been closed: what comes later for one of them is late, whichever partition it comes from.
    const EventTime closed = *std::ranges::max_element(report_.answered_to);
    for (SourceMark& mark : report_.marks) mark.watermark = std::max(mark.watermark, closed);
}

void Epochs::committed() {
    VELO_ASSERT(phase_ == Phase::Flushing,
                "an epoch is committed after every pipeline has closed it");
    epoch_ = EpochId{epoch_.value + 1};
    phase_ = Phase::Open;
}

}  // namespace velo::runtime
