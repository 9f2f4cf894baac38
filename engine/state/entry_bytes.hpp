// What stands before an entry's payload in the state log. Written into Kafka, so the form must never change: another one
// gets another version.
//
//   version │ marks │ start [│ first - start] │ key: size, bytes │ payload: the operator's own bytes
//   1 byte    1 byte  varint   varint            varint
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace velo::engine {

/// Which entry it is, and what the sink knows of it. All integers are varints of seven bits a byte, least first, signed
/// ones folded (0, -1, 1, -2 … as 0, 1, 2, 3 …), as state_bytes.hpp writes them.
struct EntryHead {
    EventTime start{};               // Of the window or pane; without windows 1970.
    std::optional<EventTime> first = {};  // A pane's: the start of the first window that takes its rows.
    bool written = false;            // The sink has a row of this group.
    bool pending = false;            // Under EVERY: changed since it was last written.
    bool removed = false;            // The entry is gone; no payload follows.
    std::string_view key;
};

/// Appends.
void put_entry_head(std::string& out, const EntryHead& head);

/// From the front of `bytes`; nothing where they are no head. The key points into `bytes`.
[[nodiscard]] std::optional<EntryHead> take_entry_head(std::string_view& bytes);

}  // namespace velo::engine
