// What records look like: columns, types and times, guessed from a sample of JSON payloads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/json_value.hpp"

namespace velo::server {

/// A column as a job file declares it.
struct GuessedColumn {
    std::string name;         // A plain SQL name that no other column has.
    std::string type;         // `BIGINT`
    std::string path;         // `$.a.b`; empty: the field of the column's name.
    std::string unit;         // Of a TIMESTAMP that is a number: s, ms or us; empty: it is text.
    std::string note;         // For people: `missing or null in 3 of 200`; may be empty.
    std::size_t present = 0;  // In how many records it has a value.
};

struct GuessedSchema {
    std::vector<GuessedColumn> columns;  // In the order the fields came.
    std::vector<std::string> left_out;   // `tags: an array`
    std::string event_time;              // A TIMESTAMP column that every record has; empty: none.
    std::chrono::microseconds out_of_order{
        0};  // How far the sample's records of one partition lie behind earlier ones.
};

/// One sampled record: a JSON object.
struct SampledObject {
    JsonValue value;
    std::int32_t partition = 0;
};

/// Guesses from at least one record; those of one partition in order.
[[nodiscard]] GuessedSchema guess_schema(const std::vector<SampledObject>& records);

/// At most so many columns are declared.
inline constexpr std::size_t kMostGuessedColumns = 200;

}  // namespace velo::server
