// Topics as things that can be missing: looking them up, making them, and how large a record they take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/handle.hpp"

namespace velo::connectors {

/// Broker and client agree on no more than this in one request.
inline constexpr std::size_t kLargestRequest = 100U << 20;

enum class TopicState : std::uint8_t { Missing, Ready };

/// Whether the topic is there with a leader for each partition. An error: the cluster did not answer, or not yet.
[[nodiscard]] std::expected<TopicState, engine::PortError> look_up(Client& client,
                                                                   const std::string& topic,
                                                                   int limit_ms = kCallDeadlineMs);

/// Makes the topic. Its partitions may have no leaders yet when this returns. That it is there already is no error.
[[nodiscard]] std::optional<engine::PortError> create_topic(
    Client& client, const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration);

/// max.message.bytes of those topics whose configuration the cluster lets us see.
[[nodiscard]] std::map<std::string, std::size_t> largest_records(
    Client& client, const std::vector<std::string>& topics);

}  // namespace velo::connectors
