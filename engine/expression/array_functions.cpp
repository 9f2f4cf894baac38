// Functions of one array: what is in it, with less or more in it, in another order, from a text and to one.
#include <algorithm>
#include <vector>

#include "engine/expression/array_builder.hpp"
#include "engine/expression/collection_functions.hpp"
#include "engine/expression/nested_types.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

TypeKind element_kind(const KernelCall& call) { return call.args[0]->type().element().kind; }

// A NULL among the elements leaves open whether it is the one, unless another one is.
void contains(const KernelCall& call) {
    const Reader<std::string_view> arrays(*call.args[0]);
    auto* out = call.out.values<std::uint8_t>();
    call.rows.each([&](std::uint32_t row) {
        const Element wanted = element_at(*call.args[1], row);
        bool found = false;
        bool unknown = false;
        each_element(arrays.at(row), element_kind(call), [&](const Element& element) {
            found = found || element == wanted;
            unknown = unknown || !element;
        });
        out[row] = found ? 1 : 0;
        if (!found && unknown) call.out.set_null(row);
    });
}

void position(const KernelCall& call) {
    const Reader<std::string_view> arrays(*call.args[0]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) {
        const Element wanted = element_at(*call.args[1], row);
        std::int64_t number = 0;
        out[row] = 0;
        each_element(arrays.at(row), element_kind(call), [&](const Element& element) {
            ++number;
            if (out[row] == 0 && element == wanted) out[row] = number;
        });
    });
}

void remove(const KernelCall& call) {
    const Column& arrays = *call.args[0];
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        const Element array = element_at(arrays, row);
        if (!array) return Built::Null;
        const Element unwanted = element_at(*call.args[1], row);
        each_element(*array, element_kind(call), [&](const Element& element) {
            if (element != unwanted) out.add(element);
        });
        return Built::Text;
    });
}

template <bool in_front>
void add_one(const KernelCall& call) {
    const Column& arrays = *call.args[0];
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        const Element array = element_at(arrays, row);
        if (!array) return Built::Null;
        if (in_front) out.add(element_at(*call.args[1], row));
        each_element(*array, element_kind(call), [&](const Element& element) { out.add(element); });
        if (!in_front) out.add(element_at(*call.args[1], row));
        return Built::Text;
    });
}

// From one number to another, both included; below zero they count from the end.
void slice(const KernelCall& call) {
    const Reader<std::string_view> arrays(*call.args[0]);
    const Reader<std::int64_t> from(*call.args[1]);
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        const std::int64_t count = element_count(arrays.at(row));
        const auto counted = [count](std::int64_t number) {
            return number < 0 ? std::max(number, -count - 1) + count + 1 : number;
        };
        const std::int64_t first = counted(from.at(row));
        const std::int64_t last =
            call.args.size() == 2 ? count : counted(Reader<std::int64_t>(*call.args[2]).at(row));
        std::int64_t number = 0;
        each_element(arrays.at(row), element_kind(call), [&](const Element& element) {
            ++number;
            if (number >= first && number <= last) out.add(element);
        });
        return Built::Text;
    });
}

void reverse(const KernelCall& call) {
    const Reader<std::string_view> arrays(*call.args[0]);
    std::vector<Element> elements;
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        elements.clear();
        each_element(arrays.at(row), element_kind(call),
                     [&](const Element& element) { elements.push_back(element); });
        for (std::size_t i = elements.size(); i-- > 0;) out.add(elements[i]);
        return Built::Text;
    });
}

// The third argument stands for NULLs, which are left out without it.
void join(const KernelCall& call) {
    const Reader<std::string_view> arrays(*call.args[0]);
    const Reader<std::string_view> separators(*call.args[1]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        Element in_place;
        if (call.args.size() == 3) in_place = element_at(*call.args[2], row);
        bool first = true;
        each_element(arrays.at(row), TypeKind::String, [&](const Element& element) {
            const Element shown = element ? element : in_place;
            if (!shown) return;
            if (!first) text += separators.at(row);
            first = false;
            text += *shown;
        });
        return Built::Text;
    });
}

// Between the delimiters; an empty one parts the characters.
void split(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    const Reader<std::string_view> delimiters(*call.args[1]);
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        std::string_view rest = texts.at(row);
        const std::string_view delimiter = delimiters.at(row);
        if (delimiter.empty()) {
            while (!rest.empty()) {
                std::size_t size = 1;
                while (size < rest.size() &&
                       (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U)
                    ++size;
                out.add(rest.substr(0, size));
                rest.remove_prefix(size);
            }
            return Built::Text;
        }
        for (std::size_t end = rest.find(delimiter); end != std::string_view::npos;
             end = rest.find(delimiter)) {
            out.add(rest.substr(0, end));
            rest.remove_prefix(end + delimiter.size());
        }
        out.add(rest);
        return Built::Text;
    });
}

constexpr std::int64_t kLongestSequence = 1'000'000;

void sequence(const KernelCall& call) {
    const Reader<std::int64_t> from(*call.args[0]);
    const Reader<std::int64_t> to(*call.args[1]);
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        const std::int64_t step =
            call.args.size() == 3 ? Reader<std::int64_t>(*call.args[2]).at(row) : 1;
        if (step == 0) return Built::BadArgument;
        std::int64_t count = 0;
        for (std::int64_t value = from.at(row);
             step > 0 ? value <= to.at(row) : value >= to.at(row);) {
            if (++count > kLongestSequence) return Built::TooLarge;
            out.add(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
            if (__builtin_add_overflow(value, step, &value)) break;
        }
        return Built::Text;
    });
}

// Of an array and a value of its elements' type.
Resolved resolve_with_element(Types types, Literals literals, Kernel kernel, NullRule nulls,
                              std::optional<Type> result) {
    const auto both = array_and_element(types, literals);
    if (!both) return std::unexpected(both.error());
    return Signature{.args = {both->array, both->element},
                     .result = result.value_or(both->array),
                     .kernel = kernel,
                     .nulls = nulls};
}

}  // namespace

Resolved resolve_array_contains(Types types, Literals literals) {
    return resolve_with_element(types, literals, contains, NullRule::Strict, kBoolean);
}
Resolved resolve_array_position(Types types, Literals literals) {
    return resolve_with_element(types, literals, position, NullRule::Strict, kBigint);
}
Resolved resolve_array_remove(Types types, Literals literals) {
    return resolve_with_element(types, literals, remove, NullRule::Own, std::nullopt);
}
Resolved resolve_array_append(Types types, Literals literals) {
    return resolve_with_element(types, literals, add_one<false>, NullRule::Own, std::nullopt);
}
Resolved resolve_array_prepend(Types types, Literals literals) {
    return resolve_with_element(types, literals, add_one<true>, NullRule::Own, std::nullopt);
}

Resolved resolve_array_slice(Types types, Literals) {
    const auto array = types.empty() ? std::nullopt : as_array(types[0]);
    if (!array) return std::unexpected(wrong_types("an ARRAY and one or two BIGINT", types));
    return resolve_optional(types, {*array, kBigint, kBigint}, 1, *array, slice);
}

Resolved resolve_array_reverse(Types types, Literals) {
    const auto array = types.empty() ? std::nullopt : as_array(types[0]);
    if (!array) return std::unexpected(wrong_types("an ARRAY", types));
    return resolve_fixed(types, {*array}, *array, reverse);
}

Resolved resolve_array_join(Types types, Literals) {
    if (types.size() != 2 && types.size() != 3)
        return std::unexpected(wrong_count(2, 3, types.size()));
    const auto array = as_array(types[0]);
    const Type texts = array_type(kString);
    if (!array || !can_cast(*array, texts))
        return std::unexpected(wrong_types("an ARRAY and a STRING", types));
    std::vector<Type> args(types.begin(), types.end());
    args[0] = texts;
    return resolve_optional(args, {texts, kString, kString}, 1, kString, join);
}

Resolved resolve_split(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, array_type(kString), split);
}

Resolved resolve_sequence(Types types, Literals) {
    return resolve_optional(types, {kBigint, kBigint, kBigint}, 1, array_type(kBigint), sequence);
}

}  // namespace velo::engine
