// One thread per core: a step for each job in turn; sleeps when there is nothing to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "server/runtime/mailbox.hpp"
#include "server/runtime/pipeline.hpp"
#include "server/runtime/wake.hpp"

namespace velo::runtime {

/// Runs the pipelines that live on one core.
/// Thread:  pipelines() only inside errands; post, wake and the heartbeat by any thread.
class Worker {
public:
    /// `number` names its thread, `velo-worker-N`; pins it to `core` if given.
    explicit Worker(std::uint32_t number = 0, std::optional<std::uint32_t> core = std::nullopt);
    ~Worker();  // Stops and joins. Its pipelines must be gone.
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Runs `errand` on the worker's thread, between two rounds; errands run in the order they were posted.
    void post(Errand errand);
    [[nodiscard]] Wake& wake() noexcept { return wake_; }

    /// The pipelines that are stepped; for errands, which run on the worker's thread.
    [[nodiscard]] std::vector<std::unique_ptr<Pipeline>>& pipelines() noexcept {
        return pipelines_;
    }

    /// Steady clock, nanoseconds: when the worker last began a round. A worker that sleeps beats at least once a second.
    [[nodiscard]] std::int64_t heartbeat_ns() const noexcept {
        return heartbeat_ns_.load(std::memory_order_relaxed);
    }

private:
    void run(std::stop_token stop);

    Wake wake_;
    Mailbox mailbox_;
    std::vector<std::unique_ptr<Pipeline>> pipelines_;
    std::atomic<std::int64_t> heartbeat_ns_{0};
    std::jthread thread_;  // Last: starts when everything else is there.
};

}  // namespace velo::runtime
