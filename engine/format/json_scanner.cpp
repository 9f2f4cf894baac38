#include "engine/format/json_scanner.hpp"

#include "engine/format/json_number.hpp"

namespace velo::engine {

namespace {

bool is_continuation_byte(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Behind the character beyond ASCII at `at`; null pointer when it is none (RFC 3629).
const char* character_end(const char* at, const char* end) noexcept {
    const auto lead = static_cast<unsigned char>(*at);
    if (lead < 0xC2U || lead > 0xF4U) return nullptr;
    const std::ptrdiff_t size = lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    if (end - at < size) return nullptr;
    for (std::ptrdiff_t i = 1; i < size; ++i) {
        if (!is_continuation_byte(at[i])) return nullptr;
    }
    const auto second = static_cast<unsigned char>(at[1]);
    if (lead == 0xE0U && second < 0xA0U) return nullptr;  // Overlong.
    if (lead == 0xEDU && second > 0x9FU) return nullptr;  // A surrogate.
    if (lead == 0xF0U && second < 0x90U) return nullptr;  // Overlong.
    if (lead == 0xF4U && second > 0x8FU) return nullptr;  // Beyond U+10FFFF.
    return at + size;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const auto lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::uint32_t hex_value(const char* at) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 4 | static_cast<std::uint32_t>(hex_digit(at[i]));
    return value;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return (unit & 0xFC00U) == 0xD800U; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return (unit & 0xFC00U) == 0xDC00U; }

char* write_utf8(char* out, std::uint32_t point) noexcept {
    const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
    if (point < 0x80U) {
        put(point);
    } else if (point < 0x800U) {
        put(0xC0U | point >> 6);
        put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000U) {
        put(0xE0U | point >> 12);
        put(0x80U | (point >> 6 & 0x3FU));
        put(0x80U | (point & 0x3FU));
    } else {
        put(0xF0U | point >> 18);
        put(0x80U | (point >> 12 & 0x3FU));
        put(0x80U | (point >> 6 & 0x3FU));
        put(0x80U | (point & 0x3FU));
    }
    return out;
}

char plain_escape(char c) noexcept {
    switch (c) {
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return c;  // The quote, the backslash and the slash.
    }
}

// What a value that nobody reads may hold besides brackets and strings; found where it stops.
std::uint32_t word_stops(ByteBlock block) noexcept {
    const ByteBlock inside = (block > block_of('*')) & (block < block_of('{'));  // + to z
    const ByteBlock outside = (block == block_of(',')) | (block == block_of(':')) |
                              ((block > block_of('Z')) & (block < block_of('^')));
    return ~lanes(inside & ~outside) & 0xFFFFU;
}

// Where a container's text does not simply go on: strings, brackets, control characters (spaces are none) and what is
// beyond ASCII.
std::uint32_t container_stops(ByteBlock block) noexcept {
    const ByteBlock folded = block | block_of(' ');  // [ becomes {, ] becomes }.
    return lanes((block == block_of('"')) | (folded == block_of('{')) | (folded == block_of('}')) |
                 (block < block_of(' ')));
}

// The stops of up to sixteen bytes from `at` on, none behind the end.
template <class Stops>
std::uint32_t stops_before(const char* at, const char* end, Stops stops) noexcept {
    const auto left = end - at;
    if (left >= static_cast<std::ptrdiff_t>(kBlockSize)) return stops(load_block(at));
    return stops(load_block(end - kBlockSize)) >> (static_cast<std::ptrdiff_t>(kBlockSize) - left);
}

// The first stop from `at` on, or the end.
template <class Stops>
const char* find_stop(const char* at, const char* end, Stops stops) noexcept {
    while (at != end) {
        const std::uint32_t found = stops_before(at, end, stops);
        if (found != 0) return at + std::countr_zero(found);
        if (end - at < static_cast<std::ptrdiff_t>(kBlockSize)) return end;
        at += kBlockSize;
    }
    return end;
}

}  // namespace

const char* JsonScanner::string_end_by_steps(const char* at, bool& escaped) noexcept {
    for (;;) {
        at = find_stop(at, end_, string_stops);
        if (at == end_) return fail(FaultCode::Malformed, at, "a closing '\"'");
        if (*at == '"') return at;
        if (*at == '\\') {
            escaped = true;
            at = escape_end(at);
            if (at == nullptr) return nullptr;
        } else if (static_cast<signed char>(*at) < 0) {
            while (at != end_ && static_cast<signed char>(*at) < 0) {
                const char* const next = character_end(at, end_);
                if (next == nullptr) return fail(FaultCode::InvalidUtf8, at);
                at = next;
            }
        } else {
            return fail(FaultCode::Malformed, at, "no control character in a string");
        }
    }
}

const char* JsonScanner::escape_end(const char* at) noexcept {
    constexpr std::string_view kEscapes = "\"\\/bfnrtu";
    constexpr int kHexDigits = 4;
    const char* const kind = at + 1;
    if (kind == end_ || kEscapes.find(*kind) == std::string_view::npos)
        return fail(FaultCode::Malformed, at, "an escape that JSON knows");
    if (*kind != 'u') return kind + 1;
    for (const char* digit = kind + 1; digit != kind + 1 + kHexDigits; ++digit) {
        if (digit == end_ || hex_digit(*digit) < 0)
            return fail(FaultCode::Malformed, at, "four hexadecimal digits after \\u");
    }
    return kind + 1 + kHexDigits;
}

// Open containers are the bits of one word: 1 an object, 0 an array.
const char* JsonScanner::skip_container(const char* at, unsigned depth) noexcept {
    std::uint64_t objects = 0;
    unsigned open = 0;
    for (;;) {
        const char c = *at;
        if (c == '"') {
            bool escaped = false;
            at = string_end(at + 1, escaped);
            if (at == nullptr) return nullptr;
        } else if (c == '{' || c == '[') {
            if (depth + ++open > kMaxJsonDepth) return fail(FaultCode::TooDeep, at);
            objects = objects << 1 | (c == '{' ? 1U : 0U);
        } else if (c == '}' || c == ']') {
            if (((objects & 1U) != 0) != (c == '}'))
                return fail(FaultCode::Malformed, at, c == '}' ? "']'" : "'}'");
            objects >>= 1;
            if (--open == 0) return at + 1;
        } else if (!is_space(c)) {
            if (static_cast<signed char>(c) < 0 || c < ' ')
                return fail(FaultCode::Malformed, at, "a value");
        }
        at = find_stop(at + 1, end_, container_stops);
        if (at == end_) return fail(FaultCode::Malformed, at, (objects & 1U) != 0 ? "'}'" : "']'");
    }
}

const char* JsonScanner::skip_word(const char* at) noexcept {
    const char* const stop = find_stop(at, end_, word_stops);
    return stop == at ? fail(FaultCode::Malformed, at, "a value") : stop;
}

const char* JsonScanner::check_value(const char* at, unsigned depth) noexcept {
    if (at == end_) return fail(FaultCode::Malformed, at, "a value");
    if (*at == '"' || *at == '{' || *at == '[') return skip_value(at, depth);
    if (*at == '-' || detail::is_digit(*at)) {
        const char* const stop = detail::scan_any_number(at, end_).end;
        return stop == nullptr ? fail(FaultCode::Malformed, at, "a number") : stop;
    }
    const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
    for (const std::string_view word : {"true", "false", "null"}) {
        if (rest.starts_with(word)) return at + word.size();
    }
    return fail(FaultCode::Malformed, at, "a value");
}

char* unescape_json(std::string_view escaped, char* out) noexcept {
    const char* at = escaped.data();
    const char* const end = at + escaped.size();
    while (at != end) {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        const char kind = at[1];
        at += 2;
        if (kind != 'u') {
            *out++ = plain_escape(kind);
            continue;
        }
        std::uint32_t point = hex_value(at);
        at += 4;
        if (is_high_surrogate(point)) {
            if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return nullptr;
            const std::uint32_t low = hex_value(at + 2);
            if (!is_low_surrogate(low)) return nullptr;
            point = 0x10000U + ((point & 0x3FFU) << 10) + (low & 0x3FFU);
            at += 6;
        } else if (is_low_surrogate(point)) {
            return nullptr;
        }
        out = write_utf8(out, point);
    }
    return out;
}

}  // namespace velo::engine
