// Encoded output rows on their way to a sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/strong_id.hpp"
#include "engine/data/record_headers.hpp"

namespace velo::engine {

enum class TimestampStyle : std::uint8_t { Rfc3339, EpochMs };

/// Output records of one pipeline, bytes side by side: the sink sends from here without copying, and the chunk lives
/// until the sink has let go of it (it is what an aborted epoch is sent again from).
/// Invariants: (1) records lie in `bytes` in order; (2) `bytes` does not move once the chunk has left its pipeline.
struct OutputChunk {
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;  // No key; as value size: a tombstone.
    struct Record {
        std::uint32_t key_start = 0;
        std::uint32_t key_size = kNone;
        std::uint32_t value_start = 0;
        std::uint32_t value_size = kNone;
        std::uint32_t revision = 0;  // Of a final answer that was corrected: how many times.
    };
    std::string bytes;
    std::vector<Record> records;
    EpochId epoch;
    std::int64_t oldest_poll_ns =
        0;  // When the oldest input of these rows was polled (steady clock), for latency.
    std::int64_t oldest_timestamp_us = 0;  // Its record timestamp; 0: none.

    [[nodiscard]] std::string_view key(const Record& record) const noexcept {
        return std::string_view{bytes}.substr(record.key_start, record.key_size);
    }
    [[nodiscard]] std::string_view value(const Record& record) const noexcept {
        return std::string_view{bytes}.substr(record.value_start, record.value_size);
    }
    void clear() noexcept {
        bytes.clear();
        records.clear();
        oldest_poll_ns = 0;
        oldest_timestamp_us = 0;
    }
};

/// A record that could not be answered, as the dead-letter sink gets it. Complete: outlives its source.
struct DeadLetter {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string stage;  // decode, evaluate, encode, late
    std::string code;   // division_by_zero
    std::string error;  // The text for people.
    bool has_key = false;
    bool has_value = false;
    std::string key;
    std::string value;
    RecordHeaders headers;  // The record's own.
};

}  // namespace velo::engine
