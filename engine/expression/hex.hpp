// Bytes as hexadecimal digits.
#pragma once

#include <string_view>

namespace velo::engine {

/// Two lower case digits for each byte; returns the end.
inline char* write_hex(char* out, std::string_view bytes) noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        *out++ = kDigits[byte >> 4U];
        *out++ = kDigits[byte & 15U];
    }
    return out;
}

/// The value of a digit of either case, -1 for other characters.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// One byte for two digits of either case; returns the end, null pointer when `text` is something else.
[[nodiscard]] inline char* read_hex(std::string_view text, char* out) noexcept {
    if (text.size() % 2 != 0) return nullptr;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return nullptr;
        *out++ = static_cast<char>(high * 16 + low);
    }
    return out;
}

}  // namespace velo::engine
