// The numbers and texts of an aggregate's state as bytes and back. Small numbers take few bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/int128.hpp"

namespace velo::engine {

/// Appends. Written into Kafka by the state log, so the forms must never change.
inline void put_unsigned(std::string& out, UInt128 value) {  // Seven bits a byte, least first.
    while (value >= 0x80) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(value) | 0x80U));
        value >>= 7U;
    }
    out.push_back(static_cast<char>(value));
}
inline void put_signed(std::string& out, Int128 value) {  // 0, -1, 1, -2 … as 0, 1, 2, 3 …
    put_unsigned(out, (static_cast<UInt128>(value) << 1U) ^ static_cast<UInt128>(value >> 127));
}
inline void put_double(std::string& out, double value) {  // 8 bytes, little-endian.
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<char>(bits >> shift));
}
inline void put_text(std::string& out, std::string_view text) {
    put_unsigned(out, text.size());
    out.append(text);
}

/// Takes from the front of `bytes`; false when they end too soon or hold no such thing.
[[nodiscard]] inline bool take_unsigned(std::string_view& bytes, UInt128& value) {
    value = 0;
    for (unsigned shift = 0; shift < 128; shift += 7) {
        if (bytes.empty()) return false;
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= static_cast<UInt128>(byte & 0x7FU) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}
[[nodiscard]] inline bool take_signed(std::string_view& bytes, Int128& value) {
    UInt128 folded = 0;
    if (!take_unsigned(bytes, folded)) return false;
    value = static_cast<Int128>(folded >> 1U) ^ -static_cast<Int128>(folded & 1U);
    return true;
}
[[nodiscard]] inline bool take_signed(std::string_view& bytes, std::int64_t& value) {
    Int128 wide = 0;
    if (!take_signed(bytes, wide)) return false;
    value = static_cast<std::int64_t>(wide);
    return wide == value;
}
/// A number of rows. More than these cannot have been, and they leave room for all that may be added to them.
inline constexpr std::int64_t kMostRows = std::int64_t{1} << 53U;
[[nodiscard]] inline bool take_count(std::string_view& bytes, std::int64_t& count) {
    return take_signed(bytes, count) && count >= 0 && count <= kMostRows;
}
[[nodiscard]] inline bool take_double(std::string_view& bytes, double& value) {
    if (bytes.size() < sizeof value) return false;
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 8; ++i)
        bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    bytes.remove_prefix(sizeof value);
    value = std::bit_cast<double>(bits);
    return true;
}
[[nodiscard]] inline bool take_text(std::string_view& bytes, std::string_view& text) {
    UInt128 size = 0;
    if (!take_unsigned(bytes, size) || size > bytes.size()) return false;
    text = bytes.substr(0, static_cast<std::size_t>(size));
    bytes.remove_prefix(text.size());
    return true;
}

}  // namespace velo::engine
