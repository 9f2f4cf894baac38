// Functions that make a new text of old ones: joining, repeating, replacing by character or by place, masking.
#include <algorithm>
#include <limits>
#include <vector>

#include "engine/expression/functions.hpp"
#include "engine/expression/letter_case.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

// Of what REPEAT and SPACE make: a wrong count must not fill the memory.
constexpr std::size_t kMostRepeated = 1'048'576;

using Texts = Reader<std::string_view>;
using Bigints = Reader<std::int64_t>;

// Calls `visit(character)` for one character after another.
template <class Visit>
void each_character(std::string_view text, Visit&& visit) {
    while (!text.empty()) {
        const std::size_t size = character_size(text.front());
        visit(text.substr(0, size));
        text.remove_prefix(size);
    }
}

void concat_ws(const KernelCall& call) {
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        if (call.args[0]->is_null(row)) return Built::Null;
        const std::string_view separator = Texts(*call.args[0]).at(row);
        bool is_first = true;
        for (const Column* arg : call.args.subspan(1)) {
            if (arg->is_null(row)) continue;
            if (!is_first) text += separator;
            is_first = false;
            text += Texts(*arg).at(row);
        }
        return Built::Text;
    });
}

Built repeat_text(std::string_view part, std::int64_t count, std::string& text) {
    if (count <= 0 || part.empty()) return Built::Text;
    if (static_cast<std::uint64_t>(count) > kMostRepeated / part.size()) return Built::TooLarge;
    for (; count > 0; --count) text += part;
    return Built::Text;
}

void repeat(const KernelCall& call) {
    const Texts parts(*call.args[0]);
    const Bigints counts(*call.args[1]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        return repeat_text(parts.at(row), counts.at(row), text);
    });
}

void space(const KernelCall& call) {
    const Bigints counts(*call.args[0]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        return repeat_text(" ", counts.at(row), text);
    });
}

void translate(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    const Texts froms(*call.args[1]);
    const Texts tos(*call.args[2]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const std::string_view from = froms.at(row);
        const std::string_view to = tos.at(row);
        each_character(texts.at(row), [&](std::string_view character) {
            const std::size_t at = from.find(character);
            if (at == std::string_view::npos) {
                text += character;
                return;
            }
            const std::size_t start = byte_position(to, count_characters(from.substr(0, at)));
            if (start < to.size()) text += to.substr(start, character_size(to[start]));
        });
        return Built::Text;
    });
}

// The start in characters from 1; the count that is not written is the length of what comes in.
void overlay(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    const Texts bys(*call.args[1]);
    const Bigints starts(*call.args[2]);
    const Column* const counts = call.args.size() == 4 ? call.args[3] : nullptr;
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const std::string_view old = texts.at(row);
        const std::string_view by = bys.at(row);
        const std::int64_t start = starts.at(row);
        const std::int64_t count = counts == nullptr
                                       ? static_cast<std::int64_t>(count_characters(by))
                                       : Bigints(*counts).at(row);
        if (start < 1 || count < 0) return Built::BadArgument;
        const std::size_t from = byte_position(old, static_cast<std::size_t>(start - 1));
        const std::string_view rest = old.substr(from);
        text += old.substr(0, from);
        text += by;
        text += rest.substr(byte_position(rest, static_cast<std::size_t>(count)));
        return Built::Text;
    });
}

// Words are runs of letters and digits; all beyond ASCII counts as a letter.
bool is_word_character(char lead) noexcept {
    return (lead >= '0' && lead <= '9') || (lead >= 'a' && lead <= 'z') ||
           (lead >= 'A' && lead <= 'Z') || (static_cast<unsigned char>(lead) & 0x80U) != 0;
}

void initcap(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        std::string_view rest = texts.at(row);
        while (!rest.empty()) {
            std::size_t size = 0;
            while (size < rest.size() && !is_word_character(rest[size])) ++size;
            text += rest.substr(0, size);
            rest.remove_prefix(size);
            if (rest.empty()) break;
            const std::size_t first = character_size(rest.front());
            size = first;
            while (size < rest.size() && is_word_character(rest[size])) ++size;
            text += upper_case(rest.substr(0, first), call.arena);
            text += lower_case(rest.substr(first, size - first), call.arena);
            rest.remove_prefix(size);
        }
        return Built::Text;
    });
}

void mask(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        each_character(texts.at(row), [&](std::string_view character) {
            const bool is_digit = character.front() >= '0' && character.front() <= '9';
            if (is_digit) {
                text += 'n';
            } else if (lower_case(character, call.arena) != character) {
                text += 'X';
            } else {
                text += upper_case(character, call.arena) != character ? 'x' : '-';
            }
        });
        return Built::Text;
    });
}

// What stands before the count-th delimiter, or after the one that is count-th from the end.
std::string_view substring_index(std::string_view text, std::string_view delimiter,
                                 std::int64_t count) noexcept {
    if (delimiter.empty() || count == 0) return {"", 0};
    if (count > 0) {
        std::size_t at = text.find(delimiter);
        for (; --count > 0 && at != std::string_view::npos;)
            at = text.find(delimiter, at + delimiter.size());
        return text.substr(0, at);
    }
    std::size_t end = text.size();
    while (true) {
        const std::size_t at = end < delimiter.size()
                                   ? std::string_view::npos
                                   : text.rfind(delimiter, end - delimiter.size());
        if (at == std::string_view::npos) return text;
        if (++count == 0) return text.substr(at + delimiter.size());
        end = at;
    }
}

void substring_index_kernel(const KernelCall& call) {
    const Texts texts(*call.args[0]);
    const Texts delimiters(*call.args[1]);
    const Bigints counts(*call.args[2]);
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        out[row] = substring_index(texts.at(row), delimiters.at(row), counts.at(row));
    });
}

}  // namespace

Resolved resolve_concat_ws(Types types, Literals) {
    if (types.empty()) return std::unexpected(std::string("needs a separator and texts"));
    const bool are_texts = std::ranges::all_of(
        types, [](Type type) { return type == kString || type.kind == TypeKind::Null; });
    if (!are_texts) return std::unexpected(wrong_types("texts", types) + "; CAST them to STRING");
    return Signature{.args = std::vector<Type>(types.size(), kString),
                     .result = kString,
                     .kernel = concat_ws,
                     .nulls = NullRule::Own};
}

Resolved resolve_repeat(Types types, Literals) {
    return resolve_fixed(types, {kString, kBigint}, kString, repeat);
}
Resolved resolve_space(Types types, Literals) {
    return resolve_fixed(types, {kBigint}, kString, space);
}
Resolved resolve_translate(Types types, Literals) {
    return resolve_fixed(types, {kString, kString, kString}, kString, translate);
}
Resolved resolve_overlay(Types types, Literals) {
    return resolve_optional(types, {kString, kString, kBigint, kBigint}, 1, kString, overlay);
}
Resolved resolve_initcap(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, initcap);
}
Resolved resolve_mask(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, mask);
}
Resolved resolve_substring_index(Types types, Literals) {
    return resolve_fixed(types, {kString, kString, kBigint}, kString, substring_index_kernel);
}

}  // namespace velo::engine
