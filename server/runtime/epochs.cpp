#include "server/runtime/epochs.hpp"

#include "engine/base/assert.hpp"

namespace velo::runtime {

void Epochs::cut(std::int64_t now_ns) {
    VELO_ASSERT(phase_ == Phase::Open, "one cut at a time");
    phase_ = Phase::Cutting;
    closed_ = 0;
    finished_ = 0;
    cut_ns_ = now_ns;
    run_.cut_early.store(false);
    run_.wanted_epoch.store(epoch_.value, std::memory_order_release);
    for (Wake* wake : run_.worker_wakes) wake->notify();
}

void Epochs::take(const PipelineReport& report) {
    VELO_ASSERT(phase_ == Phase::Cutting && report.closed == epoch_,
                "a pipeline closes the epoch that was asked for");
    for (const auto& [partition, offset] : report.positions) positions_[partition] = offset;
    finished_ += report.finished ? 1U : 0U;
    if (++closed_ == run_.options.pipelines) phase_ = Phase::Flushing;
}

void Epochs::committed() {
    VELO_ASSERT(phase_ == Phase::Flushing,
                "an epoch is committed after every pipeline has closed it");
    epoch_ = EpochId{epoch_.value + 1};
    phase_ = Phase::Open;
}

}  // namespace velo::runtime
