// A job file's query, schema and policies to a plan: what `lint`, `explain` and `run` all go through.
#pragma once

#include "config/job_spec.hpp"
#include "engine/plan/plan.hpp"

namespace velo::server {

/// The plan of a job. `bounded`: every source ends (`--until-end`), so EMIT FINAL needs no window; files always end.
/// Errors: throws Error with every mistake found, places in the job file.
[[nodiscard]] engine::Plan plan_job(const config::JobSpec& spec, bool bounded);

/// Whether the job reads files, which end by themselves.
[[nodiscard]] bool reads_files(const config::JobSpec& spec) noexcept;

/// Whether any policy of the job writes dead letters.
[[nodiscard]] bool writes_dead_letters(const config::JobSpec& spec) noexcept;

}  // namespace velo::server
