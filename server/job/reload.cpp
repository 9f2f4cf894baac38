#include "server/job/reload.hpp"

namespace velo::server {

std::optional<ReloadOutcome> ReloadDesk::ask(std::chrono::seconds patience) {
    std::future<ReloadOutcome> outcome;
    {
        const std::lock_guard lock(mutex_);
        outcome = waiting_.emplace_back().get_future();
    }
    main_loop_.notify();
    if (outcome.wait_for(patience) != std::future_status::ready) return std::nullopt;
    return outcome.get();
}

}  // namespace velo::server
