// The benchmark scenarios: their records, their queries, and what the right answer is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace velo::perf {

/// One workload. Record i is a pure function of i, so that every program makes and checks the same data.
struct Scenario {
    std::string_view name;   // s0, s1, s2, s2_every, s2w_every, s2m_every, s3a, s3b
    std::string_view topic;  // The input topic; scenarios with the same data share it.
    std::string_view
        schema;  // The source's schema, as lines of a job file (eight spaces in front).
    std::string_view event_time;  // The event_time mapping of the source, or empty.
    std::string_view query;
};

[[nodiscard]] std::span<const Scenario> scenarios() noexcept;
/// By name; null pointer when there is none.
[[nodiscard]] const Scenario* find_scenario(std::string_view name) noexcept;

/// Appends the JSON of record `i` of the topic to `out`.
void append_record(std::string_view topic, std::uint64_t i, std::string& out);
/// The message key of record `i`: the topic's first group column.
[[nodiscard]] std::string record_key(std::string_view topic, std::uint64_t i);

/// A job file for the scenario that reads `source` and writes `sink` (flow mappings such as `kafka: {topic: market}`).
[[nodiscard]] std::string job_yaml(const Scenario& scenario, std::string_view job_name,
                                   std::string_view source, std::string_view sink);

}  // namespace velo::perf
