// Functions that count in characters: case, length, substrings, trimming, padding, reversal.
#include <algorithm>
#include <limits>

#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/letter_case.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMaxCharacters =
    1'048'576;  // Of a padded text: a wrong length must not fill the memory.

void upper(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(
        call, [&](std::string_view text) { return upper_case(text, call.arena); });
}

void lower(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(
        call, [&](std::string_view text) { return lower_case(text, call.arena); });
}

void length_in_characters(const KernelCall& call) {
    map_unary<std::string_view, std::int64_t>(call, [](std::string_view text) {
        return static_cast<std::int64_t>(count_characters(text));
    });
}

void length_in_bytes(const KernelCall& call) {
    map_unary<std::string_view, std::int64_t>(
        call, [](std::string_view bytes) { return static_cast<std::int64_t>(bytes.size()); });
}

// At most `count` characters from character `start` (from 0). No text has more characters than bytes.
std::string_view characters(std::string_view text, std::int64_t start,
                            std::int64_t count) noexcept {
    if (start >= static_cast<std::int64_t>(text.size()) || count <= 0) return {"", 0};
    text.remove_prefix(byte_position(text, static_cast<std::size_t>(start)));
    if (count >= static_cast<std::int64_t>(text.size())) return text;
    return text.substr(0, byte_position(text, static_cast<std::size_t>(count)));
}

// Counts from 1; from the end where `start` is negative, where what lies before the text is cut off the count.
std::string_view substring(std::string_view text, std::int64_t start, std::int64_t count) noexcept {
    if (start > 0) return characters(text, start - 1, count);
    if (start == 0) return characters(text, 0, count);
    const auto length = static_cast<std::int64_t>(count_characters(text));
    if (start >= -length) return characters(text, start + length, count);
    return count > -(start + length) ? characters(text, 0, count + (start + length))
                                     : std::string_view("", 0);
}

void substring_kernel(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    const Reader<std::int64_t> starts(*call.args[1]);
    auto* out = call.out.values<std::string_view>();
    const Column* const counts = call.args.size() == 3 ? call.args[2] : nullptr;
    constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
    call.rows.each([&](std::uint32_t row) {
        const std::int64_t count = counts == nullptr ? kAll : Reader<std::int64_t>(*counts).at(row);
        if (count < 0) {
            call.faults.add(row, FaultCode::BadArgument);
        } else {
            out[row] = substring(texts.at(row), std::max(starts.at(row), -kAll), count);
        }
    });
}

// A negative count leaves that many characters out at the other end.
std::int64_t kept(std::string_view text, std::int64_t count) noexcept {
    if (count >= 0) return count;
    const auto length = static_cast<std::int64_t>(count_characters(text));
    return count <= -length ? 0 : length + count;
}

void left(const KernelCall& call) {
    map_binary<std::string_view, std::int64_t, std::string_view>(
        call, [](std::string_view text, std::int64_t count) {
            return characters(text, 0, kept(text, count));
        });
}

void right(const KernelCall& call) {
    map_binary<std::string_view, std::int64_t, std::string_view>(
        call, [](std::string_view text, std::int64_t count) {
            const auto length = static_cast<std::int64_t>(count_characters(text));
            const std::int64_t taken = std::min(kept(text, count), length);
            return characters(text, length - taken, taken);
        });
}

// Whether the character that starts `text` is one of `set`.
std::size_t size_in_set(std::string_view text, std::string_view set) noexcept {
    const std::size_t size = character_size(text.front());
    return set.find(text.substr(0, size)) == std::string_view::npos ? 0 : size;
}

std::string_view trim_start(std::string_view text, std::string_view set) noexcept {
    while (!text.empty()) {
        const std::size_t size = size_in_set(text, set);
        if (size == 0) break;
        text.remove_prefix(size);
    }
    return text;
}

std::string_view trim_end(std::string_view text, std::string_view set) noexcept {
    while (!text.empty()) {
        std::size_t start = text.size() - 1;
        while (start > 0 && is_continuation(text[start])) --start;
        if (size_in_set(text.substr(start), set) == 0) break;
        text = text.substr(0, start);
    }
    return text;
}

enum class Side { Start, End, Both };

template <Side side>
std::string_view trimmed(std::string_view text, std::string_view set) noexcept {
    if constexpr (side != Side::End) text = trim_start(text, set);
    if constexpr (side != Side::Start) text = trim_end(text, set);
    return text;
}

template <Side side>
void trim(const KernelCall& call) {
    if (call.args.size() == 1) {
        map_unary<std::string_view, std::string_view>(
            call, [](std::string_view text) { return trimmed<side>(text, " "); });
    } else {
        map_binary<std::string_view, std::string_view, std::string_view>(call, trimmed<side>);
    }
}

void reverse(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(call, [&](std::string_view text) {
        char* const start = call.arena.allocate(text.size());
        char* out = start + text.size();
        for (std::size_t i = 0; i < text.size();) {
            const std::string_view character = text.substr(i, character_size(text[i]));
            i += character.size();
            out -= character.size();
            std::ranges::copy(character, out);
        }
        return std::string_view(start, text.size());
    });
}

// `count` characters of `fill` over and over.
char* write_fill(char* out, std::string_view fill, std::size_t count) noexcept {
    std::size_t at = 0;
    for (; count > 0; --count) {
        if (at == fill.size()) at = 0;
        const std::size_t size = character_size(fill[at]);
        out = std::copy_n(fill.data() + at, size, out);
        at += size;
    }
    return out;
}

template <Side side>
std::string_view pad(std::string_view text, std::size_t length, std::string_view fill,
                     Arena& arena) {
    const std::size_t count = count_characters(text);
    if (count >= length || fill.empty())
        return characters(text, 0, static_cast<std::int64_t>(length));
    constexpr std::size_t kMaxCharacterSize = 4;
    const std::size_t missing = length - count;
    return write_text(arena, text.size() + missing * std::min(fill.size(), kMaxCharacterSize),
                      [&](char* out) {
                          if constexpr (side == Side::Start) out = write_fill(out, fill, missing);
                          out = std::ranges::copy(text, out).out;
                          return side == Side::End ? write_fill(out, fill, missing) : out;
                      });
}

template <Side side>
void pad_kernel(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    const Reader<std::int64_t> lengths(*call.args[1]);
    const Column* const fills = call.args.size() == 3 ? call.args[2] : nullptr;
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        const std::int64_t length = std::max(lengths.at(row), std::int64_t{0});
        if (length > kMaxCharacters) {
            call.faults.add(row, FaultCode::BadArgument);
        } else {
            const std::string_view fill =
                fills == nullptr ? " " : Reader<std::string_view>(*fills).at(row);
            out[row] = pad<side>(texts.at(row), static_cast<std::size_t>(length), fill, call.arena);
        }
    });
}

}  // namespace

Resolved resolve_upper(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, upper);
}
Resolved resolve_lower(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, lower);
}

Resolved resolve_length(Types types, Literals) {
    if (types.size() == 1 && types[0] == kBytes)
        return resolve_fixed(types, {kBytes}, kBigint, length_in_bytes);
    return resolve_fixed(types, {kString}, kBigint, length_in_characters);
}

Resolved resolve_substring(Types types, Literals) {
    return resolve_optional(types, {kString, kBigint, kBigint}, 1, kString, substring_kernel);
}

Resolved resolve_left(Types types, Literals) {
    return resolve_fixed(types, {kString, kBigint}, kString, left);
}
Resolved resolve_right(Types types, Literals) {
    return resolve_fixed(types, {kString, kBigint}, kString, right);
}
Resolved resolve_trim(Types types, Literals) {
    return resolve_optional(types, {kString, kString}, 1, kString, trim<Side::Both>);
}
Resolved resolve_ltrim(Types types, Literals) {
    return resolve_optional(types, {kString, kString}, 1, kString, trim<Side::Start>);
}
Resolved resolve_rtrim(Types types, Literals) {
    return resolve_optional(types, {kString, kString}, 1, kString, trim<Side::End>);
}
Resolved resolve_reverse(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, reverse);
}
Resolved resolve_lpad(Types types, Literals) {
    return resolve_optional(types, {kString, kBigint, kString}, 1, kString,
                            pad_kernel<Side::Start>);
}
Resolved resolve_rpad(Types types, Literals) {
    return resolve_optional(types, {kString, kBigint, kString}, 1, kString, pad_kernel<Side::End>);
}

}  // namespace velo::engine
