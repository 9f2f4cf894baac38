// How jobs stand, as JSON: what the API, the status page, `jobs` and `top` all show.
#pragma once

#include <string>

#include "server/job/job_table.hpp"

namespace velo::server {

/// `{"jobs":[{…}]}`: one summary per job, in order of name.
[[nodiscard]] std::string jobs_json(const JobTable& jobs);

/// One job with all there is to know; nullopt when there is none of this name.
[[nodiscard]] std::optional<std::string> job_json(const JobTable& jobs, const std::string& name);

/// One line of JSON for the event stream: time, jobs, whether the daemon drains and takes changes.
[[nodiscard]] std::string snapshot_json(const JobTable& jobs, bool draining, bool takes_changes);

}  // namespace velo::server
