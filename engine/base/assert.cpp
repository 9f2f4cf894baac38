#include "engine/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace velo {

void assertion_failed(const char* expression, const char* text, const char* file,
                      int line) noexcept {
    std::fprintf(stderr, "velostream: bug at %s:%d: %s (%s)\n", file, line, text, expression);
    std::abort();
}

}  // namespace velo
