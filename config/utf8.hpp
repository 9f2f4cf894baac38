// Whether bytes are text that a configuration file may hold.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace velo::config {

/// The length in bytes of the UTF-8 character at `text[at]`; 0 when there is none (truncated, overlong, surrogate).
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at) noexcept;

/// Where `text` stops being valid UTF-8; nullopt when it is valid throughout.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

/// Where the first control character other than tab, line feed and carriage return stands.
[[nodiscard]] std::optional<std::size_t> find_control_character(std::string_view text) noexcept;

}  // namespace velo::config
