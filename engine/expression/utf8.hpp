// UTF-8 text by characters (code points). Texts in STRING columns are valid; what counts bytes says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace velo::engine {

[[nodiscard]] constexpr bool is_continuation(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// How many characters; a loop that compilers vectorise.
[[nodiscard]] inline std::size_t count_characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char byte : text) count += is_continuation(byte) ? 0U : 1U;
    return count;
}

/// The byte position of character `index`, or the text's size when it has no more than `index`.
[[nodiscard]] constexpr std::size_t byte_position(std::string_view text,
                                                  std::size_t index) noexcept {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (is_continuation(text[at])) continue;
        if (index == 0) return at;
        --index;
    }
    return at;
}

/// The bytes of the character that starts with `lead`.
[[nodiscard]] constexpr std::size_t character_size(char lead) noexcept {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0x80U ? 1 : byte < 0xE0U ? 2 : byte < 0xF0U ? 3 : 4;
}

/// Whether any bytes are UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace velo::engine
