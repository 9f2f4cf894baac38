// The structure of a JSON text: where strings, values and their brackets end, and whether they may stand so.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/expression/fault.hpp"
#include "engine/format/byte_block.hpp"

namespace velo::engine {

inline constexpr unsigned kMaxJsonDepth = 64;

/// What is wrong with a text, and where.
struct JsonFault {
    FaultCode code = FaultCode::Malformed;
    const char* at = nullptr;
    std::string_view expected;  // Malformed: `',' or '}'`.
};

/// Walks one text. Positions are pointers into it; a function returns where what it read ends, or null pointer after a
/// fault, which fault() then tells.
/// Shape:   at least kBlockSize bytes before the end are readable, so that blocks never reach behind the text.
/// Checks:  strings (escapes, control characters, UTF-8), brackets and depth everywhere; the grammar of numbers and words
///          only where a value is asked for by check_value.
class JsonScanner {
public:
    JsonScanner() = default;
    JsonScanner(const char* begin, const char* end) noexcept : begin_(begin), end_(end) {}

    [[nodiscard]] const char* begin() const noexcept { return begin_; }
    [[nodiscard]] const char* end() const noexcept { return end_; }
    [[nodiscard]] const JsonFault& fault() const noexcept { return fault_; }

    const char* fail(FaultCode code, const char* at, std::string_view expected = {}) noexcept {
        fault_ = {code, at, expected};
        return nullptr;
    }

    [[nodiscard]] const char* skip_space(const char* at) const noexcept {
        while (at != end_ && is_space(*at)) ++at;
        return at;
    }

    /// `at` is behind an opening quote; returns the closing one. `escaped` is set when there is a backslash between.
    [[nodiscard]] const char* string_end(const char* at, bool& escaped) noexcept {
        if (end_ - at >= static_cast<std::ptrdiff_t>(kBlockSize)) {
            const std::uint32_t stops = string_stops(load_block(at));
            if (stops != 0 && at[std::countr_zero(stops)] == '"')
                return at + std::countr_zero(stops);
        }
        return string_end_by_steps(at, escaped);
    }

    /// Any value that nobody reads; `depth` containers are open around it.
    [[nodiscard]] const char* skip_value(const char* at, unsigned depth) noexcept {
        if (at == end_) return fail(FaultCode::Malformed, at, "a value");
        if (*at == '"') {
            bool escaped = false;
            const char* const quote = string_end(at + 1, escaped);
            return quote == nullptr ? nullptr : quote + 1;
        }
        if (*at == '{' || *at == '[') return skip_container(at, depth);
        return skip_word(at);
    }

    /// As skip_value, and numbers and words must be what JSON knows.
    [[nodiscard]] const char* check_value(const char* at, unsigned depth) noexcept;

private:
    [[nodiscard]] static bool is_space(char c) noexcept {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }
    [[nodiscard]] const char* string_end_by_steps(const char* at, bool& escaped) noexcept;
    [[nodiscard]] const char* escape_end(const char* at) noexcept;
    [[nodiscard]] const char* skip_container(const char* at, unsigned depth) noexcept;
    [[nodiscard]] const char* skip_word(const char* at) noexcept;

    const char* begin_ = nullptr;
    const char* end_ = nullptr;
    JsonFault fault_;
};

/// The text between the quotes of a checked string without its escapes, written to `out` (never longer than it is with
/// them). Returns the end; null pointer for half a surrogate pair, which no text is.
[[nodiscard]] char* unescape_json(std::string_view escaped, char* out) noexcept;

}  // namespace velo::engine
