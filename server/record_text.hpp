// Keys and payloads of records as people and programs read them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/format/json_writer.hpp"

namespace velo::server {

/// Writes the field `name`, or `name_base64` where the bytes are no UTF-8.
void write_bytes(engine::JsonWriter& json, std::string_view name, std::string_view bytes);

/// On one line: nothing in a record may speak to the terminal that shows it.
[[nodiscard]] std::string printable(std::string_view text);

/// Valid JSON without the white space between its parts.
[[nodiscard]] std::string on_one_line(std::string_view json);

/// On lines of their own, each indented: JSON with its structure shown, text as it is, other bytes in hexadecimal.
[[nodiscard]] std::string payload_text(std::string_view bytes, std::size_t indent);

}  // namespace velo::server
