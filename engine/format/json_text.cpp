#include "engine/format/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "engine/data/calendar.hpp"
#include "engine/data/text_room.hpp"
#include "engine/format/byte_block.hpp"

namespace velo::engine {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool needs_escape(char c) noexcept {
    return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\';
}

// Whether a byte of the word needs an escape. (S. E. Anderson, "Bit twiddling hacks": bytes that are zero, or less.)
bool word_needs_escape(std::uint64_t word) noexcept {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const std::uint64_t quote = word ^ ('"' * kEach);
    const std::uint64_t backslash = word ^ ('\\' * kEach);
    const std::uint64_t found = ((word - ' ' * kEach) & ~word) | ((quote - kEach) & ~quote) |
                                ((backslash - kEach) & ~backslash);
    return (found & (0x80 * kEach)) != 0;
}

template <class Word>
Word load(const char* from) noexcept {
    Word word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

bool is_plain(std::string_view text) noexcept {
    const char* const end = text.data() + text.size();
    if (text.size() >= sizeof(std::uint64_t)) {
        for (const char* at = text.data();
             end - at > static_cast<std::ptrdiff_t>(sizeof(std::uint64_t));
             at += sizeof(std::uint64_t)) {
            if (word_needs_escape(load<std::uint64_t>(at))) return false;
        }
        return !word_needs_escape(load<std::uint64_t>(end - sizeof(std::uint64_t)));
    }
    if (text.size() >= sizeof(std::uint32_t)) {
        const std::uint64_t first = load<std::uint32_t>(text.data());
        const std::uint64_t last = load<std::uint32_t>(end - sizeof(std::uint32_t));
        return !word_needs_escape(first << 32 | last);
    }
    for (const char c : text) {
        if (needs_escape(c)) return false;
    }
    return true;
}

char short_escape(char c) noexcept {
    switch (c) {
        case '\b':
            return 'b';
        case '\f':
            return 'f';
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        case '"':
        case '\\':
            return c;
        default:
            return 0;
    }
}

char* write_escaped(char* out, char c) noexcept {
    *out++ = '\\';
    if (const char kind = short_escape(c)) {
        *out++ = kind;
        return out;
    }
    std::memcpy(out, "u00", 3);
    out[3] = kHexDigits[static_cast<std::size_t>(c) >> 4];
    out[4] = kHexDigits[static_cast<std::size_t>(c) & 0xFU];
    return out + 5;
}

char* write_two(char* out, std::int64_t value) noexcept {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
    return out + 2;
}

char* write_three(char* out, std::int64_t value) noexcept {
    *out = static_cast<char>('0' + value / 100);
    return write_two(out + 1, value % 100);
}

}  // namespace

std::size_t json_string_size(std::string_view text) noexcept {
    constexpr std::size_t kEscaped = 6;
    constexpr std::size_t kShort =
        128;  // Room for escapes that are not there costs less than counting them.
    if (text.size() <= kShort) return text.size() * kEscaped + 2;
    std::size_t size = text.size() + 2;
    for (const char c : text) size += needs_escape(c) ? kEscaped - 1 : 0;
    return size;
}

char* write_json_string(char* out, std::string_view text) noexcept {
    *out++ = '"';
    if (is_plain(text)) {
        out = copy_text(out, text);
    } else {
        for (const char c : text) {
            if (needs_escape(c)) {
                out = write_escaped(out, c);
            } else {
                *out++ = c;
            }
        }
    }
    *out++ = '"';
    return out;
}

char* write_integer(char* out, std::int64_t value) noexcept {
    return std::to_chars(out, out + kNumberSize, value).ptr;
}

char* write_interval(char* out, std::int64_t micros) noexcept {
    struct Unit {
        std::string_view name;
        std::uint64_t micros;
    };
    constexpr std::array<Unit, 6> kUnits{{{"d", 86'400'000'000},
                                          {"h", 3'600'000'000},
                                          {"m", 60'000'000},
                                          {"s", 1'000'000},
                                          {"ms", 1'000},
                                          {"us", 1}}};
    if (micros == 0) return copy_text(out, "0s");
    if (micros < 0) *out++ = '-';
    std::uint64_t rest = micros < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(micros)
                                    : static_cast<std::uint64_t>(micros);
    for (const Unit& unit : kUnits) {
        if (rest < unit.micros) continue;
        out = std::to_chars(out, out + kNumberSize, rest / unit.micros).ptr;
        out = copy_text(out, unit.name);
        rest %= unit.micros;
    }
    return out;
}

void TimeWriter::remember(std::int64_t micros) noexcept {
    micros_ = micros;
    const std::int64_t day = floor_divide(micros, kMicrosPerDay);
    if (day != day_ || day_size_ == 0) {
        day_ = day;
        const char* const end = write_rfc3339(text_.data(), EventTime{Duration{micros}});
        day_size_ = static_cast<std::size_t>(std::find(std::as_const(text_).data(), end, 'T') -
                                             text_.data()) +
                    1;
    }
    char* out = text_.data() + day_size_;
    std::int64_t of_day =
        micros % kMicrosPerDay;  // Not by way of the day, whose start 64 bits may not reach.
    if (of_day < 0) of_day += kMicrosPerDay;
    const std::int64_t second = of_day / kMicrosPerSecond;
    out = write_two(out, second / 3'600);
    *out++ = ':';
    out = write_two(out, second / 60 % 60);
    *out++ = ':';
    out = write_two(out, second % 60);
    *out++ = '.';
    const std::int64_t fraction = of_day % kMicrosPerSecond;
    out = write_three(out, fraction / 1'000);
    if (fraction % 1'000 != 0) out = write_three(out, fraction % 1'000);
    *out++ = 'Z';
    size_ = static_cast<std::size_t>(out - text_.data());
}

}  // namespace velo::engine
