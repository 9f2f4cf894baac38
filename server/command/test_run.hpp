// One test of a job file, run once: the job as a daemon would run it, over the test's rows and in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "config/job_spec.hpp"
#include "engine/plan/plan.hpp"
#include "server/runtime/worker.hpp"

namespace velo::server {

/// One message that came out.
struct TestRow {
    std::optional<std::string> key;
    std::string json;  // A tombstone is {"$tombstone": {key columns}}.
};

/// What a run led to.
struct TestResult {
    std::vector<TestRow>
        rows;  // Those of one key in the order they were written; of one pipeline, all.
    std::uint64_t late = 0;
    std::uint64_t dead_lettered = 0;
    std::vector<std::string> dead_letters;  // The first few: `offset 3: column 'price' …`
    std::string failure;                    // Why the job failed; empty: it did not.
};

/// Workers for runs on so many pipelines.
class TestBench {
public:
    explicit TestBench(std::uint32_t pipelines);

    [[nodiscard]] std::uint32_t pipelines() const noexcept {
        return static_cast<std::uint32_t>(workers_.size());
    }
    /// Runs `test` of the job; input ends the stream. The wall clock stands still: EMIT CHANGES EVERY writes at the end,
    /// and no partition becomes idle.
    [[nodiscard]] TestResult run(const config::JobSpec& job, const engine::Plan& plan,
                                 const config::JobTestSpec& test);

private:
    std::vector<std::unique_ptr<runtime::Worker>> workers_;
    std::mutex books_;
};

}  // namespace velo::server
