// Literals to values: numbers exactly, times, intervals with their units. Texts in, values or what is wrong out.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"
#include "engine/data/value.hpp"

namespace velo::engine::sql {

/// `12` is a BIGINT, or a DECIMAL where it is too large for one; `1.50`, `.5`, `1e-3` are DECIMALs with the digits that
/// are written: precision and scale are the smallest that hold them. `negative`: a minus sign stands before it.
[[nodiscard]] std::expected<Value, std::string> number_value(std::string_view digits,
                                                             bool negative);

/// TIMESTAMP '…': RFC 3339; UTC where no zone is written, midnight where no time is.
[[nodiscard]] std::expected<Value, std::string> timestamp_value(std::string_view text);

/// TIME '12:34:56.789'.
[[nodiscard]] std::expected<Value, std::string> time_value(std::string_view text);

/// DATE '2024-01-15'.
[[nodiscard]] std::expected<Value, std::string> date_value(std::string_view text);

/// `number` units of time: `5` `MINUTES`, `-1.5` `s`. Exact: nothing finer than a microsecond. The unit in any case and
/// number; months and longer are refused, for their length varies.
[[nodiscard]] std::expected<Duration, std::string> interval_of(std::string_view number,
                                                               std::string_view unit);

/// INTERVAL '…' with its unit inside: `5 minutes`, `1m30s`.
[[nodiscard]] std::expected<Duration, std::string> interval_text(std::string_view text);

/// Whether `word` is a unit of time, supported or not.
[[nodiscard]] bool is_time_unit(std::string_view word) noexcept;

}  // namespace velo::engine::sql
