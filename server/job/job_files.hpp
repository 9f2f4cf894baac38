// Which files a command means, and everything that is wrong with them: `run` refuses exactly what `lint` refuses because
// both call this.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/environment.hpp"
#include "config/job_spec.hpp"
#include "config/server_spec.hpp"
#include "engine/plan/plan.hpp"

namespace velo::server {

/// What the user named on the command line.
struct FilesAsked {
    std::optional<std::string>
        server_file;  // nullopt: ./velostream.yaml if it is there, else all defaults.
    std::vector<std::string>
        jobs;  // Files and folders, also a velostream.yaml; no job: those of the server file.
    bool bounded = false;  // `--until-end`: every source ends.
};

struct LoadedJob {
    config::JobSpec spec;
    engine::Plan plan;
};

struct LoadedFiles {
    config::ServerSpec server;
    std::vector<LoadedJob> jobs;  // Those without a mistake.
    config::Diagnostics mistakes;
    std::vector<std::string> folders;  // In which a change may mean something; each once.
};

/// Reads the server file alone, as load_files finds it.
[[nodiscard]] LoadedFiles load_server_file(const std::optional<std::string>& path,
                                           const config::Environment& environment);

/// Reads the server file and all jobs, and plans them. Only what has no mistakes may be run, all of it or nothing.
/// A folder stands for its *.yaml and *.yml, in the order of their names, without hidden ones and the server file.
[[nodiscard]] LoadedFiles load_files(const FilesAsked& asked,
                                     const config::Environment& environment);

}  // namespace velo::server
