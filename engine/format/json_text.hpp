// SQL values as JSON writes them, into room that the caller has made. All return the end of what they wrote.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/base/time.hpp"

namespace velo::engine {

/// Room for any integer, double or duration.
inline constexpr std::size_t kNumberSize = 40;

/// Room for `text` with quotes and escapes.
[[nodiscard]] std::size_t json_string_size(std::string_view text) noexcept;
/// `text` in quotes; quotes, backslashes and control characters escaped, all else as it is.
char* write_json_string(char* out, std::string_view text) noexcept;

char* write_integer(char* out, std::int64_t value) noexcept;

/// The shortest digits that read back as the same double, without an exponent from 0.000001 up to 9007199254740992:
/// `20`, `0.1`, `1e+20`, `-0.0`. The value must be finite.
char* write_double(char* out, double value) noexcept;

/// `1m30s`, as parse_duration reads it; `-1m30s` below zero.
char* write_interval(char* out, std::int64_t micros) noexcept;

/// Times as RFC 3339 in UTC, into room for kRfc3339Size bytes, with milliseconds, or microseconds where there are some: what write_rfc3339 writes.
/// Rows of one window have one time, and other neighbours one day: the last text is remembered.
class TimeWriter {
public:
    char* write(char* out, std::int64_t micros) noexcept {
        if (micros != micros_ || size_ == 0) remember(micros);
        std::memcpy(out, text_.data(), kRfc3339Size);  // Its size is known: no call.
        return out + size_;
    }

private:
    void remember(std::int64_t micros) noexcept;

    std::int64_t micros_ = 0;
    std::size_t size_ = 0;  // Of the text; 0: there is none yet.
    std::int64_t day_ = 0;
    std::size_t day_size_ = 0;  // Of the text up to the `T`; 0: there is none yet.
    std::array<char, kRfc3339Size> text_{};
};

}  // namespace velo::engine
