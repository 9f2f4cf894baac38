// `tests:` of a job file: rows in, rows expected. Rows are kept as JSON lines, which is what a source reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/section.hpp"
#include "config/source_spec.hpp"

namespace velo::config {

struct JobTestSpec {
    /// One record of a source. `_key`, `_timestamp` and `_partition` in a row are the record's own and not part of its
    /// payload, unless the source declares columns of these names.
    struct Row {
        /// A JSON object; a row that is a text stands for these very bytes, to test what is malformed.
        Placed<std::string> payload;
        bool is_null = false;  // `~`: a record without a payload.
        std::optional<std::string> key;
        std::optional<EventTime> timestamp;
        std::uint32_t partition = 0;
    };
    struct Input {
        Placed<std::string> source;
        std::vector<Row> rows;
    };
    struct Expected {
        Placed<std::string> row;  // A JSON object; of a tombstone {"$tombstone": {key columns}}.
        std::vector<Placed<std::string>> columns;
    };
    static constexpr std::uint32_t kMostPartitions = 64;

    Placed<std::string> name;
    std::vector<Input> inputs;
    std::vector<Expected> output;
    Placed<std::optional<std::uint64_t>> late;           // nullopt: not compared.
    Placed<std::optional<std::uint64_t>> dead_lettered;  // As late.
    bool ordered = false;                                // Rows compare as a list instead of a set.
    bool partial = false;  // Fields missing in an expected row are not compared.
};

/// `sources` are those of the same job: rows are refused for others, and with fields that they do not declare.
[[nodiscard]] std::vector<JobTestSpec> read_job_tests(const Value& value,
                                                      const std::vector<SourceSpec>& sources);

}  // namespace velo::config
