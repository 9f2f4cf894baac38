#include "config/utf8.hpp"

namespace velo::config {

std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(at);
    if (at >= text.size()) return 0;
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!follows(at + 1) || !follows(at + 2)) return 0;
        const bool overlong = first == 0xE0 && byte(at + 1) < 0xA0;
        const bool surrogate = first == 0xED && byte(at + 1) >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!follows(at + 1) || !follows(at + 2) || !follows(at + 3)) return 0;
        const bool overlong = first == 0xF0 && byte(at + 1) < 0x90;
        const bool beyond = first == 0xF4 && byte(at + 1) >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        if (length == 0) return at;
        at += length;
    }
    return std::nullopt;
}

std::optional<std::size_t> find_control_character(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return at;
    }
    return std::nullopt;
}

}  // namespace velo::config
