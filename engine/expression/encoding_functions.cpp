// Bytes as text and back: hexadecimal digits, base64, parts of URLs.
#include <bit>

#include "engine/expression/functions.hpp"
#include "engine/expression/hex.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/expression/utf8.hpp"
#include "engine/format/base64.hpp"

namespace velo::engine {

namespace {

using Texts = Reader<std::string_view>;

void hex_of_bytes(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(call, [&](std::string_view bytes) {
        return write_text(call.arena, 2 * bytes.size(),
                          [&](char* out) { return write_hex(out, bytes); });
    });
}

void hex_of_bigint(const KernelCall& call) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    map_unary<std::int64_t, std::string_view>(call, [&](std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        const int digits = bits == 0 ? 1 : (static_cast<int>(std::bit_width(bits)) + 3) / 4;
        return write_text(call.arena, static_cast<std::size_t>(digits), [&](char* out) {
            for (int digit = digits - 1; digit >= 0; --digit)
                *out++ = kDigits[bits >> (4 * digit) & 15U];
            return out;
        });
    });
}

// A kernel for `char* read(text, out)` that needs at most as much room as the text has.
template <auto read>
void read_bytes(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        const std::string_view text = texts.at(row);
        char* const start = call.arena.allocate(text.size() + 1);
        const char* const end = read(text, start);
        if (end == nullptr) {
            call.arena.shrink_last(text.size() + 1);
            call.faults.add(row, FaultCode::BadArgument);
            return;
        }
        const auto size = static_cast<std::size_t>(end - start);
        call.arena.shrink_last(text.size() + 1 - size);
        out[row] = {start, size};
    });
}

void to_base64(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(call, [&](std::string_view bytes) {
        return write_text(call.arena, base64_size(bytes.size()),
                          [&](char* out) { return write_base64(out, bytes); });
    });
}

// What RFC 3986 calls unreserved.
bool is_plain(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void url_encode(const KernelCall& call) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    map_unary<std::string_view, std::string_view>(call, [&](std::string_view text) {
        return write_text(call.arena, 3 * text.size(), [&](char* out) {
            for (const char c : text) {
                if (is_plain(c)) {
                    *out++ = c;
                    continue;
                }
                const auto byte = static_cast<unsigned char>(c);
                *out++ = '%';
                *out++ = kDigits[byte >> 4U];
                *out++ = kDigits[byte & 15U];
            }
            return out;
        });
    });
}

void url_decode(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const std::string_view in = texts.at(row);
        for (std::size_t i = 0; i < in.size(); ++i) {
            if (in[i] != '%') {
                text += in[i] == '+' ? ' ' : in[i];
                continue;
            }
            char byte = 0;
            if (i + 2 >= in.size() || read_hex(in.substr(i + 1, 2), &byte) == nullptr)
                return Built::BadArgument;
            text += byte;
            i += 2;
        }
        return is_utf8(text) ? Built::Text : Built::BadArgument;
    });
}

}  // namespace

Resolved resolve_to_hex(Types types, Literals) {
    if (types.size() == 1 && types[0] == kBigint)
        return resolve_fixed(types, {kBigint}, kString, hex_of_bigint);
    if (types.size() == 1 && types[0] == kBytes)
        return resolve_fixed(types, {kBytes}, kString, hex_of_bytes);
    return resolve_fixed(types, {kString}, kString, hex_of_bytes);
}
Resolved resolve_from_hex(Types types, Literals) {
    return resolve_fixed(types, {kString}, kBytes, read_bytes<read_hex>);
}
Resolved resolve_to_base64(Types types, Literals) {
    if (types.size() == 1 && types[0] == kBytes)
        return resolve_fixed(types, {kBytes}, kString, to_base64);
    return resolve_fixed(types, {kString}, kString, to_base64);
}
Resolved resolve_from_base64(Types types, Literals) {
    return resolve_fixed(types, {kString}, kBytes, read_bytes<read_base64>);
}
Resolved resolve_url_encode(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, url_encode);
}
Resolved resolve_url_decode(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, url_decode);
}

}  // namespace velo::engine
