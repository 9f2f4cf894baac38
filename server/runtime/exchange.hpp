// How rows, watermarks and barriers travel from the readers of a job to its pipelines.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/strong_id.hpp"
#include "engine/base/time.hpp"
#include "engine/data/batch.hpp"
#include "engine/data/raw_record.hpp"
#include "engine/pipeline/source.hpp"
#include "server/runtime/spsc_ring.hpp"

namespace velo::runtime {

/// A batch and which of its rows each pipeline takes: shared, not copied. Owned by the reader that filled it, which
/// takes it back when no pipeline holds it any more (Batch::holders).
struct RoutedBatch {
    engine::Batch batch;
    std::vector<std::vector<std::uint32_t>> rows_of;  // By pipeline, in order.
    engine::RawBatch
        raw;  // Kept only while a policy may still dead-letter a row of it; else empty.
    const engine::SourceReader* reader = nullptr;  // Where `raw` came from.
    std::int64_t polled_ns = 0;                    // Steady clock.
    std::int64_t oldest_timestamp_us = 0;          // The first row's record timestamp; 0: none.
    std::size_t charged_bytes = 0;                 // Against the exchange budget while it is out.
};

/// What goes through a ring: rows (perhaps none) and the watermark their reader reached with them, or a barrier.
struct ExchangeItem {
    RoutedBatch* batch = nullptr;
    EventTime watermark = kBeforeAllTime;  // Takes effect after the rows.
    bool idle = false;  // The reader has no partition that holds the watermark back.
    EpochId barrier;    // Not 0: everything before this item belongs to epochs up to this one.
};

/// The rings of one job: one from each reader to each pipeline.
/// Thread:  ring(r, p) is pushed by reader r's worker and popped by pipeline p's; the Exchange outlives both.
class Exchange {
public:
    Exchange(std::uint32_t pipelines, std::size_t slots) : pipelines_(pipelines) {
        for (std::uint32_t i = 0; i < pipelines * pipelines; ++i) {
            rings_.push_back(std::make_unique<SpscRing<ExchangeItem>>(slots));
        }
    }
    [[nodiscard]] SpscRing<ExchangeItem>& ring(std::uint32_t reader,
                                               std::uint32_t pipeline) noexcept {
        return *rings_[reader * pipelines_ + pipeline];
    }
    [[nodiscard]] std::uint32_t pipelines() const noexcept { return pipelines_; }

private:
    std::uint32_t pipelines_;
    std::vector<std::unique_ptr<SpscRing<ExchangeItem>>> rings_;
};

}  // namespace velo::runtime
