// Asking a cluster for offsets: where logs begin and end, and what a group has committed.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>

#include "connectors/kafka/handle.hpp"

namespace velo::connectors {

/// Offsets by partition number.
using OffsetsByPartition = std::map<std::int32_t, std::int64_t>;

/// A committed offset and what was noted with it.
struct CommittedOffset {
    std::int64_t offset = 0;
    std::string note;
};

/// Asks the partitions' leaders; `spec` is a time in milliseconds or one of librdkafka's logical offsets. With
/// ReadCommitted the latest offset is the last stable one, else the high watermark.
[[nodiscard]] std::expected<OffsetsByPartition, engine::PortError> ask_offsets(
    Client& client, const std::string& topic, std::span<const std::int32_t> partitions,
    std::int64_t spec, rd_kafka_IsolationLevel_t isolation);

/// What the client's group has committed, of the partitions that have something. A client that reads committed records
/// only is told nothing of a commit that is undecided: that is an error which passes.
[[nodiscard]] std::expected<std::map<std::int32_t, CommittedOffset>, engine::PortError>
ask_committed(Client& client, const std::string& topic, std::span<const std::int32_t> partitions);

}  // namespace velo::connectors
