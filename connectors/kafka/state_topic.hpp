// The topic of a job's state log: made, or refused when it would lose state.
#pragma once

#include <cstdint>
#include <map>
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

/// How it is made.
[[nodiscard]] TopicShape state_topic_shape(std::int32_t replication);
[[nodiscard]] std::map<std::string, std::string> state_topic_configuration();

/// What provide_state_topic says of a topic that is there; `configuration` as far as it is shown.
[[nodiscard]] std::optional<engine::PortError> judge_state_topic(
    const std::string& job, std::uint32_t partitions,
    const std::map<std::string, std::string>& configuration);

}  // namespace velo::connectors
