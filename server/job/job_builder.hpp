// A job file to a job that can run: where configuration, engine and connectors meet.
#pragma once

#include <cstdint>

#include "config/environment.hpp"
#include "config/job_spec.hpp"
#include "config/server_spec.hpp"
#include "connectors/file/options.hpp"
#include "connectors/kafka/options.hpp"
#include "engine/plan/plan.hpp"
#include "server/job/job.hpp"

namespace velo::server {

/// What a job's definition depends on besides its file.
struct BuildContext {
    const config::ServerSpec& server;
    const config::Environment& environment;  // Where secrets are looked up.
    std::uint32_t workers = 1;
    std::uint32_t jobs = 1;  // How many share the client libraries' memory.
    bool until_end = false;
    connectors::LogSink client_log;  // What the Kafka client says.
};

/// The definition but for its ports: what does not depend on where rows come from and go to. `workers` and `jobs` as in
/// BuildContext.
[[nodiscard]] JobDefinition define_job(const config::JobSpec& spec, engine::Plan plan,
                                       std::uint32_t workers, std::uint32_t jobs = 1);

/// How a query's message keys are written where there is only a line.
[[nodiscard]] connectors::KeyForm key_form(const engine::OutputKey& key);

/// The definition of a job whose file has no mistakes; `plan` is what plan_job made of it. Nothing of the world is touched
/// but the files of secrets.
/// Errors: throws Error when a secret cannot be read.
[[nodiscard]] JobDefinition build_job(const config::JobSpec& spec, engine::Plan plan,
                                      const BuildContext& context);

/// How a job reaches Kafka. Errors: throws Error when a secret cannot be read or a property is refused.
[[nodiscard]] connectors::ClientOptions client_options(const config::JobSpec& spec,
                                                       const BuildContext& context);

}  // namespace velo::server
