// Functions of characters as numbers: code points, sizes in bytes, edit distance.
#include <algorithm>
#include <vector>

#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

// LEVENSHTEIN takes time as the product of both lengths.
constexpr std::size_t kMostCompared = 1'000;

std::int64_t code_point(std::string_view character) noexcept {
    const auto byte = [&](std::size_t i) {
        return std::int64_t{static_cast<unsigned char>(character[i])};
    };
    switch (character.size()) {
        case 1:
            return byte(0);
        case 2:
            return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
        case 3:
            return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
        default:
            return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
                   (byte(3) & 0x3F);
    }
}

std::int64_t first_code_point(std::string_view text) noexcept {
    return text.empty() ? 0 : code_point(text.substr(0, character_size(text.front())));
}

void ascii(const KernelCall& call) {
    map_unary<std::string_view, std::int64_t>(call, first_code_point);
}

char* write_character(char* out, std::int64_t code) noexcept {
    const auto put = [&](std::int64_t byte) { *out++ = static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    }
    return out;
}

void chr(const KernelCall& call) {
    const Reader<std::int64_t> codes(*call.args[0]);
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        const std::int64_t code = codes.at(row);
        const bool is_character = code >= 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        if (!is_character) {
            call.faults.add(row, FaultCode::BadArgument);
        } else {
            out[row] =
                write_text(call.arena, 4, [&](char* to) { return write_character(to, code); });
        }
    });
}

void octet_length(const KernelCall& call) {
    map_unary<std::string_view, std::int64_t>(
        call, [](std::string_view text) { return static_cast<std::int64_t>(text.size()); });
}

void read_code_points(std::string_view text, std::vector<std::int64_t>& out) {
    out.clear();
    while (!text.empty()) {
        const std::size_t size = character_size(text.front());
        out.push_back(code_point(text.substr(0, size)));
        text.remove_prefix(size);
    }
}

/// The rows of the table of distances between the starts of two texts, one at a time (Wagner and Fischer, 1974).
class EditDistance {
public:
    std::int64_t between(std::string_view a, std::string_view b) {
        read_code_points(a, a_);
        read_code_points(b, b_);
        row_.resize(b_.size() + 1);
        for (std::size_t j = 0; j <= b_.size(); ++j) row_[j] = static_cast<std::int64_t>(j);
        for (std::size_t i = 0; i < a_.size(); ++i) {
            std::int64_t diagonal = row_[0];
            row_[0] = static_cast<std::int64_t>(i) + 1;
            for (std::size_t j = 0; j < b_.size(); ++j) {
                const std::int64_t changed = diagonal + (a_[i] == b_[j] ? 0 : 1);
                diagonal = row_[j + 1];
                row_[j + 1] = std::min({changed, row_[j] + 1, diagonal + 1});
            }
        }
        return row_.back();
    }

private:
    std::vector<std::int64_t> a_, b_, row_;
};

void levenshtein(const KernelCall& call) {
    const Reader<std::string_view> as(*call.args[0]);
    const Reader<std::string_view> bs(*call.args[1]);
    auto* out = call.out.values<std::int64_t>();
    EditDistance distance;
    call.rows.each([&](std::uint32_t row) {
        if (count_characters(as.at(row)) > kMostCompared ||
            count_characters(bs.at(row)) > kMostCompared) {
            call.faults.add(row, FaultCode::BadArgument);
        } else {
            out[row] = distance.between(as.at(row), bs.at(row));
        }
    });
}

}  // namespace

Resolved resolve_ascii(Types types, Literals) {
    return resolve_fixed(types, {kString}, kBigint, ascii);
}
Resolved resolve_chr(Types types, Literals) {
    return resolve_fixed(types, {kBigint}, kString, chr);
}
Resolved resolve_octet_length(Types types, Literals) {
    if (types.size() == 1 && types[0] == kBytes)
        return resolve_fixed(types, {kBytes}, kBigint, octet_length);
    return resolve_fixed(types, {kString}, kBigint, octet_length);
}
Resolved resolve_levenshtein(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kBigint, levenshtein);
}

}  // namespace velo::engine
