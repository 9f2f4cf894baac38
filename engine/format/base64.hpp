// BYTES as text: base64 with the standard alphabet and padding (RFC 4648, section 4).
#pragma once

#include <cstddef>
#include <string_view>

namespace velo::engine {

[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) noexcept {
    return (bytes + 2) / 3 * 4;
}
/// Room for base64_size(bytes.size()); returns the end of what was written.
char* write_base64(char* out, std::string_view bytes) noexcept;

/// Room for text.size() / 4 * 3 bytes; returns the end of what was written, null pointer when `text` is not exactly what
/// write_base64 makes of some bytes.
[[nodiscard]] char* read_base64(std::string_view text, char* out) noexcept;

}  // namespace velo::engine
