// The topic of a job's state log: made, or refused when it would lose state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/kafka/handle.hpp"

namespace velo::connectors {

/// velostream.<job>.state
[[nodiscard]] std::string state_topic_of(const std::string& job);

/// Makes the topic, or checks that it has as many partitions as a state log, keeps all that is live and takes records
/// that are large enough. Fatal: its shape or configuration; the text says what to change. Else it is tried again.
[[nodiscard]] std::optional<engine::PortError> provide_state_topic(Client& client,
                                                                   const std::string& job,
                                                                   std::int32_t replication);

}  // namespace velo::connectors
