#include "server/job/job_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::server {

JobTable::JobTable(std::uint32_t workers, bool pin_to_cores, JobEvents& events) : events_(events) {
    for (std::uint32_t i = 0; i < workers; ++i) {
        workers_.push_back(
            std::make_unique<runtime::Worker>(pin_to_cores ? std::optional{i} : std::nullopt));
    }
}

JobTable::~JobTable() {
    ask_all_to_stop();
    std::map<std::string, std::unique_ptr<Job>> ending;
    {
        const std::lock_guard lock(books_);
        ending.swap(jobs_);
    }
    ending.clear();  // Joins the control threads, which may want the mutex.
}

void JobTable::deploy(JobDefinition definition) {
    definition.options.first_worker = next_first_worker_++ % workers();
    definition.options.pipelines = std::min(definition.options.pipelines, workers());
    std::string name = definition.name;
    auto job = std::make_unique<Job>(std::move(definition), workers_, books_, events_);
    const std::lock_guard lock(books_);
    const bool is_new = jobs_.emplace(std::move(name), std::move(job)).second;
    VELO_ASSERT(is_new, "job names are unique; the loader refuses doubles");
}

void JobTable::ask_all_to_stop() {
    const std::lock_guard lock(books_);
    for (const auto& [name, job] : jobs_) job->ask_to_stop();
}

bool JobTable::all_ended() const {
    const std::lock_guard lock(books_);
    return std::ranges::all_of(
        jobs_, [](const auto& entry) { return entry.second->result().has_value(); });
}

std::int64_t JobTable::oldest_heartbeat_ns() const noexcept {
    std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
    for (const auto& worker : workers_) oldest = std::min(oldest, worker->heartbeat_ns());
    return oldest;
}

}  // namespace velo::server
