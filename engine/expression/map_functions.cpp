// Functions of maps. Entries come in the order of their keys' bytes.
#include "engine/expression/array_builder.hpp"
#include "engine/expression/collection_functions.hpp"
#include "engine/expression/nested_types.hpp"
#include "engine/expression/signature.hpp"
#include "engine/plan/common_type.hpp"

namespace velo::engine {

namespace {

TypeKind value_kind(const KernelCall& call) { return call.args[0]->type().element().kind; }

void keys(const KernelCall& call) {
    const Reader<std::string_view> maps(*call.args[0]);
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        each_entry(maps.at(row), value_kind(call),
                   [&](std::string_view key, const Element&) { out.add(key); });
        return Built::Text;
    });
}

void values(const KernelCall& call) {
    const Reader<std::string_view> maps(*call.args[0]);
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        each_entry(maps.at(row), value_kind(call),
                   [&](std::string_view, const Element& value) { out.add(value); });
        return Built::Text;
    });
}

void entries(const KernelCall& call) {
    const Reader<std::string_view> maps(*call.args[0]);
    std::string bytes;
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        each_entry(maps.at(row), value_kind(call), [&](std::string_view key, const Element& value) {
            bytes.clear();
            NestedWriter entry(bytes);
            entry.add(TypeKind::String, key);
            entry.add(value_kind(call), value);
            out.add(bytes);
        });
        return Built::Text;
    });
}

void contains_key(const KernelCall& call) {
    const Reader<std::string_view> maps(*call.args[0]);
    const Reader<std::string_view> wanted(*call.args[1]);
    auto* out = call.out.values<std::uint8_t>();
    call.rows.each([&](std::uint32_t row) {
        out[row] = 0;
        each_entry(maps.at(row), value_kind(call), [&](std::string_view key, const Element&) {
            if (key == wanted.at(row)) out[row] = 1;
        });
    });
}

// Of a key in several maps the last one counts.
void concat(const KernelCall& call) {
    MapWriter map;
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        map.clear();
        for (std::size_t i = call.args.size(); i-- > 0;) {
            each_entry(*element_at(*call.args[i], row), value_kind(call),
                       [&](std::string_view key, const Element& value) {
                           map.add(key, value_kind(call), value);
                       });
        }
        static_cast<void>(map.finish(bytes));
        return Built::Text;
    });
}

// A key for each value, no key NULL or twice.
void from_arrays(const KernelCall& call) {
    const Reader<std::string_view> key_arrays(*call.args[0]);
    const Reader<std::string_view> value_arrays(*call.args[1]);
    const TypeKind kind = call.out.type().element().kind;
    MapWriter map;
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        std::uint32_t key_count = 0;
        std::uint32_t value_count = 0;
        ElementReader key_reader(key_arrays.at(row), key_count);
        ElementReader value_reader(value_arrays.at(row), value_count);
        if (key_count != value_count) return Built::BadArgument;
        map.clear();
        for (; key_count > 0; --key_count) {
            const Element key = key_reader.next(TypeKind::String);
            if (!key) return Built::BadArgument;
            map.add(*key, kind, value_reader.next(kind));
        }
        return map.finish(bytes) ? Built::Text : Built::BadArgument;
    });
}

std::expected<Type, std::string> map_of(Types types, std::size_t count, std::string_view wanted) {
    if (types.size() != count) return std::unexpected(wrong_count(count, count, types.size()));
    auto map = as_map(types[0]);
    if (!map) return std::unexpected(wrong_types(wanted, types));
    return *std::move(map);
}

}  // namespace

Resolved resolve_map_keys(Types types, Literals) {
    const auto map = map_of(types, 1, "a MAP");
    if (!map) return std::unexpected(map.error());
    return Signature{.args = {*map}, .result = array_type(kString), .kernel = keys};
}

Resolved resolve_map_values(Types types, Literals) {
    const auto map = map_of(types, 1, "a MAP");
    if (!map) return std::unexpected(map.error());
    return Signature{.args = {*map}, .result = array_type(map->element()), .kernel = values};
}

Resolved resolve_map_entries(Types types, Literals) {
    const auto map = map_of(types, 1, "a MAP");
    if (!map) return std::unexpected(map.error());
    auto result =
        nested_result(array_type(struct_type({{"key", kString}, {"value", map->element()}})));
    if (!result) return std::unexpected(result.error());
    return Signature{.args = {*map}, .result = *std::move(result), .kernel = entries};
}

Resolved resolve_map_contains_key(Types types, Literals) {
    const auto map = map_of(types, 2, "a MAP and a STRING");
    if (!map) return std::unexpected(map.error());
    return resolve_fixed(types, {*map, kString}, kBoolean, contains_key);
}

Resolved resolve_map_concat(Types types, Literals) {
    if (types.empty()) return std::unexpected(std::string("needs at least one MAP"));
    Type common = kNullType;
    for (const Type& type : types) {
        const auto map = as_map(type);
        if (!map) return std::unexpected(wrong_types("MAPs", types));
        const auto next = common_type(common, *map);
        if (!next) return std::unexpected(wrong_types("MAPs with values of one type", types));
        common = *next;
    }
    return Signature{
        .args = std::vector<Type>(types.size(), common), .result = common, .kernel = concat};
}

Resolved resolve_map_from_arrays(Types types, Literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const auto value_array = as_array(types[1]);
    const Type key_array = array_type(kString);
    const bool keys_fit = types[0] == key_array || types[0] == array_type(kNullType) ||
                          types[0].kind == TypeKind::Null;
    if (!keys_fit || !value_array)
        return std::unexpected(wrong_types("an ARRAY<STRING> and an ARRAY", types));
    return Signature{.args = {key_array, *value_array},
                     .result = map_type(value_array->element()),
                     .kernel = from_arrays};
}

}  // namespace velo::engine
