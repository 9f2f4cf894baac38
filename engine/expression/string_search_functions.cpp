// Functions that put texts together and look into them: concatenation, replacement, positions, parts.
#include <algorithm>
#include <cstring>

#include "engine/expression/collection_functions.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;  // Of one result, as of one record.

// All arguments that are not NULL, one after another. Under NullRule::Strict (`||`) none is.
void concat(const KernelCall& call) {
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        std::size_t size = 0;
        for (const Column* arg : call.args)
            size += arg->is_null(row) ? 0 : Reader<std::string_view>(*arg).at(row).size();
        if (size > kMaxBytes) {
            call.faults.add(row, FaultCode::Overflow);
            return;
        }
        out[row] = write_text(call.arena, size, [&](char* to) {
            for (const Column* arg : call.args) {
                if (!arg->is_null(row))
                    to = std::ranges::copy(Reader<std::string_view>(*arg).at(row), to).out;
            }
            return to;
        });
    });
}

std::size_t count_matches(std::string_view text, std::string_view sought) noexcept {
    std::size_t count = 0;
    for (std::size_t at = text.find(sought); at != std::string_view::npos;
         at = text.find(sought, at + sought.size()))
        ++count;
    return count;
}

std::string_view replaced(std::string_view text, std::string_view sought, std::string_view by,
                          std::size_t matches, Arena& arena) {
    return write_text(arena, text.size() - matches * sought.size() + matches * by.size(),
                      [&](char* out) {
                          while (true) {
                              const std::size_t at = text.find(sought);
                              out = std::ranges::copy(text.substr(0, at), out).out;
                              if (at == std::string_view::npos) return out;
                              out = std::ranges::copy(by, out).out;
                              text.remove_prefix(at + sought.size());
                          }
                      });
}

void replace(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    const Reader<std::string_view> soughts(*call.args[1]);
    const Reader<std::string_view> bys(*call.args[2]);
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        const std::string_view text = texts.at(row);
        const std::string_view sought = soughts.at(row);
        const std::size_t matches = sought.empty() ? 0 : count_matches(text, sought);
        if (matches == 0) {
            out[row] = text;
        } else if (matches * bys.at(row).size() > kMaxBytes) {
            call.faults.add(row, FaultCode::Overflow);
        } else {
            out[row] = replaced(text, sought, bys.at(row), matches, call.arena);
        }
    });
}

// The position of `sought` in characters from 1; 0 when it is not there.
std::int64_t position(std::string_view sought, std::string_view text) noexcept {
    const std::size_t at = text.find(sought);
    return at == std::string_view::npos
               ? 0
               : static_cast<std::int64_t>(count_characters(text.substr(0, at))) + 1;
}

void position_kernel(const KernelCall& call) {
    map_binary<std::string_view, std::string_view, std::int64_t>(call, position);
}

void strpos(const KernelCall& call) {
    map_binary<std::string_view, std::string_view, std::int64_t>(
        call,
        [](std::string_view text, std::string_view sought) { return position(sought, text); });
}

void starts_with(const KernelCall& call) {
    map_binary<std::string_view, std::string_view, std::uint8_t>(
        call, [](std::string_view text, std::string_view start) {
            return static_cast<std::uint8_t>(text.starts_with(start));
        });
}

void ends_with(const KernelCall& call) {
    map_binary<std::string_view, std::string_view, std::uint8_t>(
        call, [](std::string_view text, std::string_view end) {
            return static_cast<std::uint8_t>(text.ends_with(end));
        });
}

void contains(const KernelCall& call) {
    map_binary<std::string_view, std::string_view, std::uint8_t>(
        call, [](std::string_view text, std::string_view part) {
            return static_cast<std::uint8_t>(text.find(part) != std::string_view::npos);
        });
}

// Part `number` (from 1, or from the end where negative) of a text split at a delimiter; empty when there are fewer.
std::string_view split_part(std::string_view text, std::string_view delimiter,
                            std::int64_t number) noexcept {
    if (delimiter.empty()) return number == 1 || number == -1 ? text : std::string_view("", 0);
    const auto parts = static_cast<std::int64_t>(count_matches(text, delimiter)) + 1;
    if (number < 0) number = number < -parts ? 0 : parts + number + 1;
    if (number == 0 || number > parts) return {"", 0};
    for (; number > 1; --number) text.remove_prefix(text.find(delimiter) + delimiter.size());
    return text.substr(0, text.find(delimiter));
}

void split_part_kernel(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    const Reader<std::string_view> delimiters(*call.args[1]);
    const Reader<std::int64_t> numbers(*call.args[2]);
    auto* out = call.out.values<std::string_view>();
    call.rows.each([&](std::uint32_t row) {
        if (numbers.at(row) == 0) {
            call.faults.add(row, FaultCode::BadArgument);
        } else {
            out[row] = split_part(texts.at(row), delimiters.at(row), numbers.at(row));
        }
    });
}

// Everything that has a text is taken as text; BYTES stay BYTES among themselves.
Resolved resolve_concatenation(Types types, std::size_t least, NullRule nulls) {
    if (types.size() < least) return std::unexpected(wrong_count(least, least + 2, types.size()));
    const auto is_bytes = [](Type type) { return type == kBytes; };
    const bool all_bytes = std::ranges::all_of(
        types, [](Type type) { return type == kBytes || type.kind == TypeKind::Null; });
    const bool any_bytes = std::ranges::any_of(types, is_bytes);
    if (any_bytes && !all_bytes)
        return std::unexpected("does not mix BYTES with others; CAST them to STRING");
    const Type type = any_bytes ? kBytes : kString;
    return Signature{.args = std::vector<Type>(types.size(), type),
                     .result = type,
                     .kernel = concat,
                     .nulls = nulls};
}

bool has_nested(Types types) noexcept {
    return std::ranges::any_of(types, [](const Type& type) { return type.is_nested(); });
}

// Arrays one after the other; beside a text it would be their JSON, which nobody means.
Resolved resolve_nested(Types types, Literals literals) {
    const bool are_arrays = std::ranges::all_of(types, [](const Type& type) {
        return type.kind == TypeKind::Array || type.kind == TypeKind::Null;
    });
    if (are_arrays) return resolve_array_concat(types, literals);
    return std::unexpected(wrong_types("texts or ARRAYs", types) +
                           "; write ARRAY_APPEND(array, x), or TO_JSON(x) for a text");
}

}  // namespace

Resolved resolve_concat_operator(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    if (has_nested(types)) return resolve_nested(types, literals);
    return resolve_concatenation(types, 2, NullRule::Strict);
}

Resolved resolve_concat(Types types, Literals literals) {
    if (has_nested(types)) return resolve_nested(types, literals);
    return resolve_concatenation(types, 1, NullRule::Own);
}
Resolved resolve_replace(Types types, Literals) {
    return resolve_fixed(types, {kString, kString, kString}, kString, replace);
}
Resolved resolve_position(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kBigint, position_kernel);
}
Resolved resolve_strpos(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kBigint, strpos);
}
Resolved resolve_starts_with(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kBoolean, starts_with);
}
Resolved resolve_ends_with(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kBoolean, ends_with);
}
Resolved resolve_contains(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kBoolean, contains);
}
Resolved resolve_split_part(Types types, Literals) {
    return resolve_fixed(types, {kString, kString, kBigint}, kString, split_part_kernel);
}

}  // namespace velo::engine
