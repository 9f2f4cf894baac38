#include "server/runtime/worker.hpp"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/thread_name.hpp"

namespace velo::runtime {

namespace {

constexpr std::int64_t kLongestSleep = 1'000'000'000;  // So that the heartbeat goes on.

void pin_to(std::uint32_t core) noexcept {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    static_cast<void>(pthread_setaffinity_np(pthread_self(), sizeof cores,
                                             &cores));  // A hint; refused in some sandboxes.
}

}  // namespace

Worker::Worker(std::uint32_t number, std::optional<std::uint32_t> core)
    : thread_([this, number, core](std::stop_token stop) {
          name_thread("velo-worker-" + std::to_string(number));
          if (core) pin_to(*core);
          run(std::move(stop));
      }) {}

Worker::~Worker() {
    thread_.request_stop();
    post([] {});
    thread_.join();
    VELO_ASSERT(pipelines_.empty(), "a worker outlives its pipelines");
}

void Worker::post(Errand errand) {
    mailbox_.post(std::move(errand));
    wake_.notify();
}

void Worker::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const std::int64_t now_ns = steady_now_ns();
        heartbeat_ns_.store(now_ns, std::memory_order_relaxed);
        bool progress = mailbox_.run_all();
        std::int64_t next_timer = now_ns + kLongestSleep;
        for (const auto& pipeline : pipelines_) {
            progress |= pipeline->step(pipelines_.size() == 1 ? now_ns : steady_now_ns());
            next_timer = std::min(next_timer, pipeline->next_timer_ns());
        }
        if (progress) {
            wake_.disarm();
        } else if (!wake_.is_armed()) {
            wake_.arm();  // One more round, now that others know they have to wake us; then sleep.
        } else {
            wake_.wait(std::chrono::nanoseconds{next_timer - steady_now_ns()});
            wake_.disarm();
        }
    }
}

}  // namespace velo::runtime
