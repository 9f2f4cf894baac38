// What of a job's topics and permissions a cluster would refuse, found before the job runs. Changes nothing there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/environment.hpp"
#include "engine/base/error.hpp"
#include "server/job/job_files.hpp"

namespace velo::server {

struct KafkaFindings {
    std::vector<Mistake> mistakes;
    std::vector<Mistake> notes;      // What runs, but not as somebody may think.
    std::vector<std::string> lines;  // Of each job, what it reads and writes.
    std::size_t unreachable = 0;     // How many of the mistakes are clusters that do not answer.
};

/// Looks at every job without a mistake; each cluster is waited for some seconds.
[[nodiscard]] KafkaFindings check_kafka(const LoadedFiles& files,
                                        const config::Environment& environment);

}  // namespace velo::server
