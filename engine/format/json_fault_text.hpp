// What is wrong with a record, for people: short, and UTF-8 whatever the record holds.
#pragma once

#include <string>
#include <string_view>

#include "engine/data/type.hpp"
#include "engine/format/json_scanner.hpp"

namespace velo::engine {

/// `not JSON: expected ',' or '}', found 'x' at byte 17`.
[[nodiscard]] std::string structure_fault_text(const JsonScanner& scanner);

/// `a string "abc…" at byte 17`: the value that stands in [at, end), checked before.
[[nodiscard]] std::string found_value_text(const JsonScanner& scanner, const char* at,
                                           const char* end);

/// What a column of `type` takes: `a whole number`.
[[nodiscard]] std::string_view wanted_text(const Type& type) noexcept;

}  // namespace velo::engine
