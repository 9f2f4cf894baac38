// A job's configuration as it is in effect: defaults written out, variables filled in, secrets as ***.
#pragma once

#include <cstdint>
#include <string>

#include "config/job_spec.hpp"
#include "config/server_spec.hpp"

namespace velo::server {

/// As JSON, in the keys of a job file, with the Kafka connection it uses. Tests are left out: they change nothing.
[[nodiscard]] std::string effective_configuration(const config::JobSpec& spec,
                                                  const config::KafkaConnectionSpec& connection);

/// Equal for configurations that run the same; `secrets` are the values behind the ***, so that a new password counts.
[[nodiscard]] std::uint64_t configuration_fingerprint(const std::string& configuration,
                                                      const std::string& secrets);

}  // namespace velo::server
