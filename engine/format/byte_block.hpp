// Sixteen bytes of text at a time. GCC's and Clang's vector types, so that the same lines serve every processor.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace velo::engine {

inline constexpr std::size_t kBlockSize = 16;

/// Sixteen bytes as signed numbers: bytes beyond ASCII are below zero, so `block < 0x20` finds them together with the
/// control characters. Comparisons give -1 in each byte where they hold.
using ByteBlock [[gnu::vector_size(16)]] = signed char;

[[nodiscard]] inline ByteBlock load_block(const char* from) noexcept {
    ByteBlock block;
    std::memcpy(&block, from, kBlockSize);
    return block;
}

inline void store_block(char* to, ByteBlock block) noexcept { std::memcpy(to, &block, kBlockSize); }

/// Bit i is set where byte i of a comparison holds.
[[nodiscard]] inline std::uint32_t lanes(ByteBlock comparison) noexcept {
#if defined(__SSE2__)
    return static_cast<std::uint32_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(comparison)));
#else
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < kBlockSize; ++i) bits |= (comparison[i] != 0 ? 1U : 0U) << i;
    return bits;
#endif
}

/// All sixteen bytes `c`.
[[nodiscard]] inline ByteBlock block_of(char c) noexcept {
    return ByteBlock{} + static_cast<signed char>(c);
}

/// Where a JSON string does not simply go on: quotes, backslashes, control characters and bytes beyond ASCII.
[[nodiscard]] inline std::uint32_t string_stops(ByteBlock block) noexcept {
    return lanes((block == block_of('"')) | (block == block_of('\\')) | (block < block_of(' ')));
}

}  // namespace velo::engine
