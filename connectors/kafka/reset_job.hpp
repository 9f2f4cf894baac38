// Making a job forget: for who wants it to begin again where `start:` says. Plain: it names nothing of librdkafka.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "connectors/kafka/options.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// A position that a job had committed.
struct ForgottenPosition {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    bool operator==(const ForgottenPosition&) const = default;
};

/// What was removed.
struct Forgotten {
    std::vector<ForgottenPosition> positions;
    std::string state_topic;  // Empty: there was none.
};

/// Removes the job's committed positions, then its state log. What goes first is refused while any process runs the job
/// (code `job_in_use`), and after a failure in between it can be called again.
/// Errors:  every call comes back within half a minute.
[[nodiscard]] std::expected<Forgotten, engine::PortError> reset_job(const ClientOptions& options,
                                                                    const std::string& job);

}  // namespace velo::connectors
