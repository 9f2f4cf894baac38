// A job file in words: what `init` writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/command/sample_schema.hpp"

namespace velo::server {

/// What a new job is made of.
struct NewJob {
    std::string name;  // Of the job; the source too, as far as SQL allows.
    std::string source;
    std::string topic;
    std::uint32_t partitions = 1;
    std::string sink_topic;
    std::size_t sampled = 0;
    bool skip_tombstones = false;
    std::vector<std::string> remarks;  // At the head of the file.
    GuessedSchema schema;
    std::vector<std::string> test_input;   // JSON objects, each on one line.
    std::vector<std::string> test_output;  // As the query answers them.
};

[[nodiscard]] std::string job_text(const NewJob& job);

/// A job's name made of a topic's: `[a-z0-9_-]{1,63}`.
[[nodiscard]] std::string job_name_of(const std::string& topic);
/// A name for FROM made of it.
[[nodiscard]] std::string source_name_of(const std::string& topic);

}  // namespace velo::server
