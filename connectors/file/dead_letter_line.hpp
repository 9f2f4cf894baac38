// Dead letters and tombstones as JSON lines.
#pragma once

#include <string>
#include <string_view>

#include "connectors/file/options.hpp"
#include "engine/format/output.hpp"

namespace velo::connectors {

/// `{"topic":…,"partition":…,"offset":…,"stage":…,"error":…,"payload":…}` and a line break; `payload_base64` when the bytes
/// are not UTF-8, null without a payload. A key, which only other connectors' records and groups have, comes before it.
void append_dead_letter(std::string& out, const engine::DeadLetter& letter);

/// `{"$tombstone":{…}}` and a line break.
void append_tombstone(std::string& out, std::string_view key, const KeyForm& form);

}  // namespace velo::connectors
