// Rows as people write them in tests, to JSON records, and messages back to such rows.
//
// Cells stand two or more blanks apart. A cell is a number, true, false, NULL, a time (`00:01:04` is that long after the
// start of 1970) or a text; a text that could be read as something else stands in '…'. `"…"` is a JSON string as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/data/schema.hpp"

namespace velo::engine {

struct Cell {
    std::string text;
    bool quoted = false;  // It stood in '…'.
};

/// The cells of a line. Throws Error (without a place) for a quote that is not closed.
[[nodiscard]] std::vector<Cell> split_cells(std::string_view line);

/// What a source delivers for one line.
struct RecordLiteral {
    std::optional<std::string> key;
    std::optional<std::string> value;       // nullopt: a null payload.
    std::optional<std::int64_t> timestamp;  // Microseconds; as `ts=` says.
};

/// A row of `schema` as a JSON record. Before the cells may stand `key=…` and `ts=…`; a cell may be MISSING. Instead of
/// cells: `{…}`, the JSON itself; `raw …`, any bytes; `tombstone`, a null payload. Throws Error without a place.
[[nodiscard]] RecordLiteral record_literal(std::string_view line, const Schema& schema);

/// `00:01:04.5`, or a time with its date; nullopt = no time.
[[nodiscard]] std::optional<EventTime> read_time_cell(std::string_view text);
/// The shortest of these: what rewritten tests hold.
[[nodiscard]] std::string time_cell(EventTime time);

/// Name and type of an output column.
struct OutputName {
    std::string name;
    Type type;
};

/// A JSON message of these columns, in this order, as cells of one canonical form. Throws Error (without a place) when
/// it is not such a message.
[[nodiscard]] std::vector<std::string> message_cells(std::string_view json,
                                                     std::span<const OutputName> columns);

/// An expected cell in that form: `30.0` and `30` are the same DOUBLE.
[[nodiscard]] std::string canonical_cell(const Cell& cell, Type type);

/// `text` as a cell, in '…' where it needs them.
[[nodiscard]] std::string text_cell(std::string_view text);

}  // namespace velo::engine
