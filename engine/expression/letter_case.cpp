#include "engine/expression/letter_case.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

// Upper-case letters first … last whose lower-case ones lie `distance` further; with `pairs`, upper and lower take turns
// (distance 1), beginning with an upper one. Source: UnicodeData.txt of Unicode 15, simple case mappings.
struct CaseRange {
    char32_t first;
    char32_t last;
    std::int32_t distance;
    bool pairs = false;
};

constexpr std::array kRanges = std::to_array<CaseRange>({
    {0x00C0, 0x00D6, 32},      {0x00D8, 0x00DE, 32},      {0x0100, 0x012E, 1, true},
    {0x0132, 0x0136, 1, true}, {0x0139, 0x0147, 1, true}, {0x014A, 0x0176, 1, true},
    {0x0178, 0x0178, -121},    {0x0179, 0x017D, 1, true}, {0x01CD, 0x01DB, 1, true},
    {0x01DE, 0x01EE, 1, true}, {0x01F8, 0x021E, 1, true}, {0x0222, 0x0232, 1, true},
    {0x0386, 0x0386, 38},      {0x0388, 0x038A, 37},      {0x038C, 0x038C, 64},
    {0x038E, 0x038F, 63},      {0x0391, 0x03A1, 32},      {0x03A3, 0x03AB, 32},
    {0x03D8, 0x03EE, 1, true}, {0x0400, 0x040F, 80},      {0x0410, 0x042F, 32},
    {0x0460, 0x0480, 1, true}, {0x048A, 0x04BE, 1, true}, {0x04C0, 0x04C0, 15},
    {0x04C1, 0x04CD, 1, true}, {0x04D0, 0x052E, 1, true}, {0x0531, 0x0556, 48},
    {0x1E00, 0x1E94, 1, true}, {0x1EA0, 0x1EFE, 1, true},
});

constexpr char32_t moved(char32_t letter, std::int32_t distance) noexcept {
    return static_cast<char32_t>(static_cast<std::int32_t>(letter) + distance);
}

char32_t upper_of(char32_t letter) noexcept {
    switch (letter) {  // Lower-case letters without a lower-case way back.
        case 0x00B5:
            return 0x039C;  // µ: Greek capital mu
        case 0x0131:
            return U'I';  // ı
        case 0x017F:
            return U'S';  // ſ
        case 0x03C2:
            return 0x03A3;  // ς
        default:
            break;
    }
    for (const CaseRange& range : kRanges) {
        const char32_t upper = moved(letter, -range.distance);
        if (upper < range.first || upper > range.last) continue;
        if (!range.pairs || (upper - range.first) % 2 == 0) return upper;
    }
    return letter;
}

char32_t lower_of(char32_t letter) noexcept {
    if (letter == 0x0130) return U'i';    // İ
    if (letter == 0x1E9E) return 0x00DF;  // ẞ
    for (const CaseRange& range : kRanges) {
        if (letter < range.first || letter > range.last) continue;
        if (!range.pairs || (letter - range.first) % 2 == 0) return moved(letter, range.distance);
    }
    return letter;
}

// Letters with case lie below U+2000, so in at most three bytes, and no letter's other case takes more than it does.
constexpr char32_t kEndOfCases = 0x2000;

char32_t decode(std::string_view character) noexcept {
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(character[i]));
    };
    if (character.size() == 2) return ((byte(0) & 0x1FU) << 6) | (byte(1) & 0x3FU);
    return ((byte(0) & 0x0FU) << 12) | ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU);
}

char* encode(char* out, char32_t letter) noexcept {
    if (letter < 0x80) {
        *out++ = static_cast<char>(letter);
    } else if (letter < 0x800) {
        *out++ = static_cast<char>(0xC0U | (letter >> 6));
        *out++ = static_cast<char>(0x80U | (letter & 0x3FU));
    } else {
        *out++ = static_cast<char>(0xE0U | (letter >> 12));
        *out++ = static_cast<char>(0x80U | ((letter >> 6) & 0x3FU));
        *out++ = static_cast<char>(0x80U | (letter & 0x3FU));
    }
    return out;
}

constexpr char ascii_upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

template <char (*ascii)(char) noexcept, char32_t (*other)(char32_t) noexcept>
std::string_view convert(std::string_view text, Arena& arena) {
    char* const start = arena.allocate(text.size());
    unsigned char all =
        0;  // No early way out: most texts are short, and whole ones are done many bytes at a time.
    for (std::size_t i = 0; i < text.size(); ++i) {
        all |= static_cast<unsigned char>(text[i]);
        start[i] = ascii(text[i]);
    }
    if (all < 0x80) return {start, text.size()};
    char* out = start;
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view character = text.substr(i, character_size(text[i]));
        i += character.size();
        if (character.size() == 1) {
            *out++ = ascii(character[0]);
        } else if (character.size() > 3) {
            out = std::ranges::copy(character, out).out;
        } else if (const char32_t letter = decode(character); letter >= kEndOfCases) {
            out = std::ranges::copy(character, out).out;
        } else {
            out = encode(out, other(letter));
        }
    }
    const auto size = static_cast<std::size_t>(out - start);
    arena.shrink_last(text.size() - size);
    return {start, size};
}

}  // namespace

std::string_view upper_case(std::string_view text, Arena& arena) {
    return convert<ascii_upper, upper_of>(text, arena);
}
std::string_view lower_case(std::string_view text, Arena& arena) {
    return convert<ascii_lower, lower_of>(text, arena);
}

}  // namespace velo::engine
