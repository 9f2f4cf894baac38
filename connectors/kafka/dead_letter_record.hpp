// A dead letter as a Kafka record: the original bytes, and headers that say what was wrong with them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/format/output.hpp"

namespace velo::connectors {

/// Views into the letter it was made from, which has to outlive it.
struct DeadLetterRecord {
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    engine::RecordHeaders headers;  // The record's own first, then ours.

    [[nodiscard]] std::size_t size() const noexcept;
};

/// The record for `letter` of job `job`, at most `size_max` bytes: a larger one loses the end of its value (its full size
/// is then in the header velostream.truncated), after that its own headers, after that the end of its key.
[[nodiscard]] DeadLetterRecord dead_letter_record(const engine::DeadLetter& letter,
                                                  std::string_view job, std::size_t size_max);

}  // namespace velo::connectors
