// JSON out of configuration: strings with their escapes, and YAML values as JSON values.
#pragma once

#include <string>
#include <string_view>

#include "config/yaml_file.hpp"

namespace velo::config {

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// The JSON value a YAML value stands for. Plain scalars that are JSON numbers, true, false or null stay what they are, digit
/// by digit; `~` and nothing are null; every other scalar is a string.
[[nodiscard]] std::string json_text(const Node& node);

}  // namespace velo::config
