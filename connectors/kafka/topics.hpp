// Topics as things that can be missing: looking them up, making them, and how large a record they take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/handle.hpp"

namespace velo::connectors {

/// Broker and client agree on no more than this in one request.
inline constexpr std::size_t kLargestRequest = 100U << 20;

enum class TopicState : std::uint8_t { Missing, Ready };

/// Options of an admin request, with the deadline every call has.
[[nodiscard]] AdminOptions options_for(Client& client, rd_kafka_admin_op_t operation);

/// The answer to an admin request, or why there is none.
[[nodiscard]] std::expected<Event, engine::PortError> admin_answer(Client& client,
                                                                   const Queue& queue,
                                                                   const std::string& what);

/// How many partitions the topic has, 0 where it is missing. An error: as look_up.
[[nodiscard]] std::expected<std::uint32_t, engine::PortError> count_partitions(
    Client& client, const std::string& topic, int limit_ms = kCallDeadlineMs);

/// Whether the topic is there with a leader for each partition. An error: the cluster did not answer, or not yet.
[[nodiscard]] std::expected<TopicState, engine::PortError> look_up(Client& client,
                                                                   const std::string& topic,
                                                                   int limit_ms = kCallDeadlineMs);

/// Makes the topic. Its partitions may have no leaders yet when this returns. That it is there already is no error.
[[nodiscard]] std::optional<engine::PortError> create_topic(
    Client& client, const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration);

/// The two halves of create_topic, for who must not wait: asks, and judges the answer that came without an error.
/// `only_judge`: the topic is not made.
[[nodiscard]] std::optional<engine::PortError> ask_to_create(
    Client& client, const std::string& topic, TopicShape shape,
    const std::map<std::string, std::string>& configuration, rd_kafka_queue_t* answers,
    bool only_judge = false);
[[nodiscard]] std::optional<engine::PortError> creation_error(rd_kafka_event_t* answer,
                                                              const std::string& topic);

/// The configuration of those topics which the cluster lets us see. An error: the cluster did not answer.
[[nodiscard]] std::expected<std::map<std::string, std::map<std::string, std::string>>,
                            engine::PortError>
configurations(Client& client, const std::vector<std::string>& topics);

/// max.message.bytes of those topics whose configuration the cluster lets us see.
[[nodiscard]] std::map<std::string, std::size_t> largest_records(
    Client& client, const std::vector<std::string>& topics);

}  // namespace velo::connectors
