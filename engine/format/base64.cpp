#include "engine/format/base64.hpp"

#include <array>
#include <cstdint>

namespace velo::engine {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xFF;
constexpr std::uint32_t kSixBits = 0x3F;

constexpr std::array<std::uint8_t, 256> kValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNone);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) noexcept {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
}

std::uint32_t value_of(char c) noexcept { return kValues[static_cast<unsigned char>(c)]; }

}  // namespace

char* write_base64(char* out, std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t group =
            byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        *out++ = kAlphabet[group >> 18];
        *out++ = kAlphabet[group >> 12 & kSixBits];
        *out++ = i + 1 < bytes.size() ? kAlphabet[group >> 6 & kSixBits] : '=';
        *out++ = i + 2 < bytes.size() ? kAlphabet[group & kSixBits] : '=';
    }
    return out;
}

char* read_base64(std::string_view text, char* out) noexcept {
    if (text.size() % 4 != 0) return nullptr;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const int padding = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
        const std::uint32_t a = value_of(text[i]);
        const std::uint32_t b = value_of(text[i + 1]);
        const std::uint32_t c = padding == 2 ? 0 : value_of(text[i + 2]);
        const std::uint32_t d = padding >= 1 ? 0 : value_of(text[i + 3]);
        if ((a | b | c | d) > kSixBits) return nullptr;
        const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
        const std::uint32_t unused = padding == 2 ? 0xFFFFU : padding == 1 ? 0xFFU : 0;
        if ((group & unused) != 0) return nullptr;
        *out++ = static_cast<char>(group >> 16);
        if (padding < 2) *out++ = static_cast<char>(group >> 8 & 0xFFU);
        if (padding < 1) *out++ = static_cast<char>(group & 0xFFU);
    }
    return out;
}

}  // namespace velo::engine
