// Counters to the Prometheus text format, at scrape time. The only place that knows prometheus-cpp.
#pragma once

#include <string>

#include "server/http/http_counts.hpp"
#include "server/job/job_table.hpp"
#include "server/metrics/daemon_health.hpp"

namespace velo::server {

/// What /metrics answers. Thread: any; takes the table's mutex for the time of the scrape.
[[nodiscard]] std::string metrics_text(const JobTable& jobs, const DaemonHealth& health,
                                       const HttpCounts& requests);

/// The content type that goes with it.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace velo::server
