// One entry of `sources:` in a job file: where rows come from and what they look like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/section.hpp"

namespace velo::config {

enum class Format : std::uint8_t { Json, Csv, Avro, Protobuf, String, Bytes };

[[nodiscard]] std::string_view format_name(Format format) noexcept;

/// Reads `format:`; json without it.
void read_format(Section& section, Placed<Format>& format);

/// Where a job without committed offsets begins.
struct StartPosition {
    enum class Kind : std::uint8_t { Earliest, Latest, Time };
    Kind kind = Kind::Earliest;
    EventTime time{};  // Kind::Time: the first record at or after it.

    [[nodiscard]] bool operator==(const StartPosition&) const = default;
};

struct KafkaSourceSpec {
    Placed<std::string> topic;
    Placed<StartPosition> start;
};

/// Each path is one source partition; `-` is standard input.
struct FileSourceSpec {
    std::vector<Placed<std::string>> paths;
};

enum class TimeUnit : std::uint8_t { Seconds, Milliseconds, Microseconds };

[[nodiscard]] std::string_view unit_name(TimeUnit unit) noexcept;

/// `column: TYPE`, or `column: {type, path, nullable, unit}`. The type is SQL, which only the job builder understands.
struct ColumnSpec {
    Placed<std::string> name;
    Placed<std::string> type;
    Placed<std::string> path;  // Empty: the field of the column's name.
    bool nullable = true;
    Placed<TimeUnit> unit{TimeUnit::Milliseconds, {}};  // Of a TIMESTAMP written as a number.
};

struct EventTimeSpec {
    Placed<std::string> column;  // Empty: the record's own timestamp.
    Placed<Duration> lateness;
    Placed<std::optional<Duration>> idle_after{std::chrono::seconds{30}, {}};  // nullopt: never
};

struct SourceSpec {
    Placed<std::string> name;
    std::variant<KafkaSourceSpec, FileSourceSpec> from;
    Placed<Format> format;
    std::vector<ColumnSpec> schema;
    Place schema_place;  // Unknown: there is no `schema:`.
    EventTimeSpec event_time;
    bool skip_tombstones = false;  // Null payloads are filtered instead of being faults.
    bool columns_are_known =
        false;  // A query over them can be judged, whatever else is wrong with the source.
};

/// The source `name`; what is wrong with it is in the Reading's mistakes.
[[nodiscard]] SourceSpec read_source(const Placed<std::string>& name, const Value& value);

}  // namespace velo::config
