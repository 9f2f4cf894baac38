// `sink:` and `dlq:` of a job file: where answers go, and where rows go that cannot be answered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/section.hpp"
#include "config/source_spec.hpp"

namespace velo::config {

/// How to make a topic that is missing.
struct CreateTopicSpec {
    Placed<std::uint32_t> partitions{1, {}};
    Placed<std::optional<std::uint32_t>> replication;  // nullopt: the cluster's default.
};

struct KafkaSinkSpec {
    Placed<std::string> topic;
    std::optional<CreateTopicSpec> create;  // nullopt: a missing topic is a failure.
};

/// `-` is standard output.
struct FileSinkSpec {
    Placed<std::string> path;
};

using SinkTarget = std::variant<KafkaSinkSpec, FileSinkSpec>;

enum class TimestampFormat : std::uint8_t { Rfc3339, EpochMillis };

[[nodiscard]] std::string_view timestamps_name(TimestampFormat timestamps) noexcept;

struct SinkSpec {
    Place place;
    SinkTarget to;
    Placed<Format> format;
    std::vector<Placed<std::string>> key;  // Output columns; empty: the query's own key.
    Placed<TimestampFormat> timestamps;
};

/// A Kafka topic is made when it is missing.
struct DlqSpec {
    SinkTarget to;
};

[[nodiscard]] SinkSpec read_sink(const Value& value);
[[nodiscard]] DlqSpec read_dlq(const Value& value);

/// Without `dlq:`: the topic `<job>.dlq`, or next to a file sink `<path>.dlq`; `<job>.dlq` next to standard output.
[[nodiscard]] DlqSpec default_dlq(const std::string& job, const SinkTarget& sink);

}  // namespace velo::config
