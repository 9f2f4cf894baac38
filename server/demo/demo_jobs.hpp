// What the demo runs: three jobs over one topic of trades, each as a job file would say it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/environment.hpp"
#include "server/job/job.hpp"

namespace velo::server {

inline constexpr const char* kTradesTopic = "trades";
inline constexpr std::int32_t kTradesPartitions = 8;

struct DemoJob {
    const char* name;    // Also its sink topic; its dead letters are in NAME.dlq.
    const char* answer;  // What one answer is.
    bool answers_each_row;
};
inline constexpr std::array kDemoJobs{
    DemoJob{"large_trades", "a trade over 200,000", true},
    DemoJob{"ohlc_1s", "a symbol's second", false},
    DemoJob{"moving_average", "a trade with the average of its symbol's last 100", true},
};

/// The jobs as files: name and text, in the order of kDemoJobs.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> demo_job_files();

/// Ready to be deployed against the broker at `address`, whose topics are there. They commit positions and keep no state log:
/// what does not outlast the broker has nowhere to be kept.
[[nodiscard]] std::vector<JobDefinition> demo_jobs(const std::string& address,
                                                   const config::Environment& environment,
                                                   std::uint32_t workers);

}  // namespace velo::server
