// What arrays, maps and structs have in common: making them, looking into them, and their JSON.
#include <algorithm>
#include <array>

#include "engine/data/nested.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/nested_types.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/format/json_value_writer.hpp"

namespace velo::engine {

namespace {

struct PreparedField : Prepared {
    explicit PreparedField(std::size_t number) : index(number) {}
    std::size_t index;
};

void make_array(const KernelCall& call) {
    const TypeKind kind = call.out.type().element().kind;
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        NestedWriter writer(bytes);
        const std::size_t start = writer.begin();
        for (const Column* arg : call.args) writer.add(kind, element_at(*arg, row));
        writer.end(start, call.args.size());
        return Built::Text;
    });
}

// Keys and values take turns.
void make_map(const KernelCall& call) {
    const TypeKind kind = call.out.type().element().kind;
    MapWriter entries;
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        entries.clear();
        for (std::size_t i = 0; i < call.args.size(); i += 2) {
            const Element key = element_at(*call.args[i], row);
            if (!key) return Built::BadArgument;
            entries.add(*key, kind, element_at(*call.args[i + 1], row));
        }
        return entries.finish(bytes) ? Built::Text : Built::BadArgument;
    });
}

// Names and values take turns; the names are in the type.
void make_struct(const KernelCall& call) {
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        NestedWriter writer(bytes);
        for (std::size_t i = 1; i < call.args.size(); i += 2)
            writer.add(call.args[i]->type().kind, element_at(*call.args[i], row));
        return Built::Text;
    });
}

void field(const KernelCall& call) {
    const Reader<std::string_view> values(*call.args[0]);
    const auto fields = call.args[0]->type().parts.all();
    const std::size_t index = static_cast<const PreparedField&>(*call.prepared).index;
    call.rows.each([&](std::uint32_t row) {
        ElementReader reader(values.at(row));
        for (std::size_t i = 0; i < index; ++i) static_cast<void>(reader.next(fields[i].type.kind));
        put_element(call.out, row, reader.next(fields[index].type.kind));
    });
}

// Element `n` of an array, counted from 1 and, where `from_end`, from -1 backwards.
template <bool from_end>
void element_of_array(const KernelCall& call) {
    const TypeKind kind = call.args[0]->type().element().kind;
    const Reader<std::string_view> arrays(*call.args[0]);
    const Reader<std::int64_t> numbers(*call.args[1]);
    call.rows.each([&](std::uint32_t row) {
        std::uint32_t count = 0;
        ElementReader reader(arrays.at(row), count);
        std::int64_t number = numbers.at(row);
        if (from_end && number < 0) number += std::int64_t{count} + 1;
        Element element;
        if (number >= 1 && number <= std::int64_t{count}) {
            for (; number > 1; --number) static_cast<void>(reader.next(kind));
            element = reader.next(kind);
        }
        put_element(call.out, row, element);
    });
}

void value_of_key(const KernelCall& call) {
    const TypeKind kind = call.args[0]->type().element().kind;
    const Reader<std::string_view> maps(*call.args[0]);
    const Reader<std::string_view> keys(*call.args[1]);
    call.rows.each([&](std::uint32_t row) {
        Element found;
        const std::string_view wanted = keys.at(row);
        each_entry(maps.at(row), kind, [&](std::string_view key, const Element& value) {
            if (key == wanted) found = value;
        });
        put_element(call.out, row, found);
    });
}

void cardinality(const KernelCall& call) {
    const Reader<std::string_view> values(*call.args[0]);
    auto* out = call.out.values<std::int64_t>();
    call.rows.each([&](std::uint32_t row) { out[row] = element_count(values.at(row)); });
}

void to_json(const KernelCall& call) {
    const Column& column = *call.args[0];
    JsonValueWriter writer(TimestampStyle::Rfc3339);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const Element value = element_at(column, row);
        const Type& type = column.type();
        const bool is_text = type.is_text() || type.is_nested();
        text.resize(kJsonValueSize + (is_text ? JsonValueWriter::text_size(type, *value) : 0));
        const char* const end = writer.write(text.data(), ElementCell(type, *value));
        text.resize(static_cast<std::size_t>(end - text.data()));
        return Built::Text;
    });
}

template <bool from_end>
Resolved resolve_into(Types types) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const Type& nested = types[0];
    if (nested.kind == TypeKind::Map && (types[1] == kString || types[1].kind == TypeKind::Null)) {
        return Signature{
            .args = {nested, kString}, .result = nested.element(), .kernel = value_of_key};
    }
    const Type array = nested.kind == TypeKind::Null ? array_type(kNullType) : nested;
    if (array.kind == TypeKind::Array && (types[1] == kBigint || types[1].kind == TypeKind::Null)) {
        return Signature{.args = {array, kBigint},
                         .result = array.element(),
                         .kernel = element_of_array<from_end>};
    }
    return std::unexpected(wrong_types("an ARRAY and a BIGINT, or a MAP and a STRING", types));
}

const std::string* text_of(const Value* literal) noexcept {
    return literal == nullptr ? nullptr : std::get_if<std::string>(&literal->data);
}

}  // namespace

Resolved resolve_array(Types types, Literals literals) {
    const auto common = common_element(types, literals);
    if (!common) return std::unexpected(common.error());
    auto result = nested_result(array_type(*common));
    if (!result) return std::unexpected(result.error());
    return Signature{.args = std::vector<Type>(types.size(), *common),
                     .result = *std::move(result),
                     .kernel = make_array,
                     .nulls = NullRule::Own};
}

Resolved resolve_map(Types types, Literals literals) {
    if (types.size() % 2 != 0)
        return std::unexpected(std::string("has a key without a value; write MAP(key, value, …)"));
    std::vector<Type> values;
    std::vector<const Value*> value_literals;
    for (std::size_t i = 0; i < types.size(); i += 2) {
        if (types[i] != kString && types[i].kind != TypeKind::Null)
            return std::unexpected("takes keys of type STRING, not " + types[i].text() +
                                   "; CAST them");
        values.push_back(types[i + 1]);
        value_literals.push_back(literals[i + 1]);
    }
    const auto common = common_element(values, value_literals);
    if (!common) return std::unexpected(common.error());
    auto result = nested_result(map_type(*common));
    if (!result) return std::unexpected(result.error());
    Signature signature{
        .args = {}, .result = *std::move(result), .kernel = make_map, .nulls = NullRule::Own};
    for (std::size_t i = 0; i < values.size(); ++i) {
        signature.args.push_back(kString);
        signature.args.push_back(*common);
    }
    return signature;
}

Resolved resolve_struct(Types types, Literals literals) {
    if (types.empty() || types.size() % 2 != 0)
        return std::unexpected(
            std::string("takes names and values; write STRUCT(name := value, …)"));
    std::vector<TypePart> fields;
    Signature signature{.args = {}, .result = {}, .kernel = make_struct, .nulls = NullRule::Own};
    for (std::size_t i = 0; i < types.size(); i += 2) {
        const std::string* const name = text_of(literals[i]);
        if (name == nullptr)
            return std::unexpected(
                std::string("wants its names as literals; write STRUCT(name := value, …)"));
        if (std::ranges::find(fields, *name, &TypePart::name) != fields.end())
            return std::unexpected("has two fields '" + *name + "'; give each a name of its own");
        const Type type = types[i + 1].kind == TypeKind::Null ? kString : types[i + 1];
        fields.push_back({*name, type});
        signature.args.push_back(kString);
        signature.args.push_back(type);
    }
    auto result = nested_result(struct_type(std::move(fields)));
    if (!result) return std::unexpected(result.error());
    signature.result = *std::move(result);
    return signature;
}

std::expected<std::size_t, std::string> find_field(const Type& type, std::string_view name,
                                                   bool exactly) {
    if (type.kind != TypeKind::Struct)
        return std::unexpected("finds no field '" + std::string(name) + "' in " + type.text() +
                               (type.kind == TypeKind::Map
                                    ? "; write m['" + std::string(name) + "']"
                                    : "; only a STRUCT has fields"));
    const auto fields = type.parts.all();
    std::vector<std::string_view> known;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        known.push_back(fields[i].name);
        if (fields[i].name == name) return i;
        if (!exactly && equals_ignoring_case(fields[i].name, name)) found.push_back(i);
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1)
        return std::unexpected("finds more than one field '" + std::string(name) +
                               "'; quote the one you mean: \"" + fields[found.front()].name + "\"");
    const std::string hint = did_you_mean(name, known);
    std::string text = "finds no field '" + shortened(name) + "'";
    if (!hint.empty()) return std::unexpected(text + hint);
    text += "; the fields are";
    for (std::size_t i = 0; i < known.size() && i < 10; ++i)
        text += (i == 0 ? " '" : ", '") + std::string(known[i]) + "'";
    return std::unexpected(text);
}

Resolved resolve_field(Types types, Literals literals) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    const std::string* const name = text_of(literals[1]);
    if (name == nullptr) return std::unexpected(std::string("wants the field's name as a literal"));
    const auto index = find_field(types[0], *name, true);
    if (!index) return std::unexpected(index.error());
    return Signature{
        .args = {types[0], kString}, .result = types[0].parts.all()[*index].type, .kernel = field};
}

PreparedResult prepare_field(Types types, Literals literals) {
    return std::make_shared<const PreparedField>(
        *find_field(types[0], *text_of(literals[1]), true));
}

Resolved resolve_subscript(Types types, Literals) { return resolve_into<false>(types); }
Resolved resolve_element_at(Types types, Literals) { return resolve_into<true>(types); }

Resolved resolve_cardinality(Types types, Literals) {
    if (types.size() != 1) return std::unexpected(wrong_count(1, 1, types.size()));
    const Type type = types[0].kind == TypeKind::Null ? array_type(kNullType) : types[0];
    if (type.kind != TypeKind::Array && type.kind != TypeKind::Map)
        return std::unexpected(wrong_types("an ARRAY or a MAP", types));
    return Signature{.args = {type}, .result = kBigint, .kernel = cardinality};
}

Resolved resolve_to_json(Types types, Literals) {
    if (types.size() != 1) return std::unexpected(wrong_count(1, 1, types.size()));
    const Type type = types[0].kind == TypeKind::Null ? kString : types[0];
    return Signature{.args = {type}, .result = kString, .kernel = to_json};
}

}  // namespace velo::engine
