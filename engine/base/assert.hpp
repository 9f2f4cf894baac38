// What happens when the program itself is wrong, and nothing else: a user's mistake is an Error, weather is a value.
#pragma once

namespace velo {

/// Writes the failed expression, its place and `text` to standard error, then aborts. Async-signal-safe.
[[noreturn]] void assertion_failed(const char* expression, const char* text, const char* file,
                                   int line) noexcept;

}  // namespace velo

/// Our bugs stop the process, in every build: a wrong answer must not outlive the moment it was noticed.
#define VELO_ASSERT(condition, text)    \
    ((condition) ? static_cast<void>(0) \
                 : ::velo::assertion_failed(#condition, text, __FILE__, __LINE__))
