#include "server/job/job_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/error.hpp"

namespace velo::server {

JobTable::JobTable(std::uint32_t workers, bool pin_to_cores, JobEvents& events) : events_(events) {
    for (std::uint32_t i = 0; i < workers; ++i) {
        workers_.push_back(
            std::make_unique<runtime::Worker>(i, pin_to_cores ? std::optional{i} : std::nullopt));
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

// The job drains; settle() removes it, and starts `successor` if there is one.
void JobTable::retire(const std::string& name, std::optional<JobDefinition> successor) {
    const auto [entry, is_new] = leaving_.insert_or_assign(name, std::move(successor));
    const std::lock_guard lock(books_);
    jobs_.at(entry->first)->ask_to_stop();
}

JobDiff JobTable::replace_all(std::vector<JobDefinition> definitions) {
    JobDiff diff;
    std::map<std::string, std::uint64_t> present;
    visit([&](const Job& job) {
        present.emplace(job.definition().name, job.definition().fingerprint);
    });
    for (JobDefinition& definition : definitions) {
        const std::string name = definition.name;
        const auto old = present.find(name);
        if (old == present.end()) {
            diff.started.push_back(name);
            deploy(std::move(definition));
            continue;
        }
        // One that leaves already is not as it was, whatever its definition says.
        const bool leaves = leaving_.contains(name);
        const bool is_equal = old->second == definition.fingerprint;
        present.erase(old);
        if (is_equal && !leaves) {
            diff.unchanged.push_back(name);
        } else {
            diff.restarted.push_back(name);
            retire(name, std::move(definition));
        }
    }
    for (const auto& [name, fingerprint] : present) {
        diff.stopped.push_back(name);
        retire(name, std::nullopt);
    }
    for (auto* names : {&diff.started, &diff.restarted, &diff.unchanged}) std::ranges::sort(*names);
    return diff;
}

void JobTable::settle() {
    for (auto entry = leaving_.begin(); entry != leaving_.end();) {
        std::unique_ptr<Job> gone;
        {
            const std::lock_guard lock(books_);
            const auto job = jobs_.find(entry->first);
            if (job != jobs_.end() && job->second->result()) {
                gone = std::move(job->second);
                jobs_.erase(job);
            }
        }
        if (gone == nullptr) {
            ++entry;
            continue;
        }
        gone.reset();  // Its thread has nothing left to do; without the mutex, which it may want.
        auto successor = std::move(entry->second);
        entry = leaving_.erase(entry);
        if (successor) deploy(std::move(*successor));
    }
}

std::expected<runtime::JobState, JobTable::Refused> JobTable::ask(const std::string& name,
                                                                  JobAction action) {
    const std::lock_guard lock(books_);
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) {
        std::vector<std::string_view> names;
        for (const auto& [each, job] : jobs_) names.push_back(each);
        return std::unexpected(
            Refused{Refusal::NoSuchJob, "no job '" + name + "'" + did_you_mean(name, names)});
    }
    if (auto why_not = found->second->ask(action))
        return std::unexpected(Refused{Refusal::NotNow, "job '" + name + "': " + *why_not});
    return found->second->counters().state.load(std::memory_order_relaxed);
}

void JobTable::ask_all_to_stop() {
    for (auto& [name, successor] : leaving_) successor.reset();
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
