// Functions that look into JSON texts. What is no JSON, or not there, is NULL.
#include <algorithm>

#include "engine/expression/functions.hpp"
#include "engine/expression/json_value.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/format/json_text.hpp"

namespace velo::engine {

namespace {

struct PreparedPath : Prepared {
    explicit PreparedPath(JsonPath compiled) : path(std::move(compiled)) {}
    JsonPath path;
};

using Found = std::optional<std::string_view>;

// What stands at the path of the call in row `row`; without a path the whole value.
class Finder {
public:
    explicit Finder(const KernelCall& call)
        : texts_(*call.args[0]),
          path_(call.prepared == nullptr ? nullptr
                                         : &static_cast<const PreparedPath&>(*call.prepared).path) {
    }

    [[nodiscard]] Found at(std::uint32_t row) const {
        const Found value = json_value(texts_.at(row));
        return value && path_ != nullptr ? path_->find(*value) : value;
    }

private:
    Reader<std::string_view> texts_;
    const JsonPath* path_;
};

// out = f(what was found), NULL where f has nothing.
template <class R, class F>
void map_found(const KernelCall& call, F f) {
    const Finder finder(call);
    R* out = call.out.values<R>();
    call.rows.each([&](std::uint32_t row) {
        const Found found = finder.at(row);
        const std::optional<R> result = found ? f(*found) : std::nullopt;
        out[row] = result.value_or(R{});
        if (!result) call.out.set_null(row);
    });
}

Built plain_text(std::string_view value, std::string& text) {
    switch (json_kind(value)) {
        case JsonKind::String:
            return append_json_text(value, text) ? Built::Text : Built::Null;
        case JsonKind::Number:
        case JsonKind::Boolean:
            text = value;
            return Built::Text;
        default:
            return Built::Null;
    }
}

void value_at_path(const KernelCall& call) {
    const Finder finder(call);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const Found found = finder.at(row);
        return found ? plain_text(*found, text) : Built::Null;
    });
}

void query_at_path(const KernelCall& call) {
    map_found<std::string_view>(
        call, [](std::string_view value) { return std::optional<std::string_view>(value); });
}

// A text that is no JSON has no value, and so no answer.
void exists(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    const JsonPath& path = static_cast<const PreparedPath&>(*call.prepared).path;
    auto* out = call.out.values<std::uint8_t>();
    call.rows.each([&](std::uint32_t row) {
        const Found value = json_value(texts.at(row));
        out[row] = value && path.find(*value) ? 1 : 0;
        if (!value) call.out.set_null(row);
    });
}

std::string_view kind_name(JsonKind kind) noexcept {
    switch (kind) {
        case JsonKind::Object:
            return "object";
        case JsonKind::Array:
            return "array";
        case JsonKind::String:
            return "string";
        case JsonKind::Number:
            return "number";
        case JsonKind::Boolean:
            return "boolean";
        case JsonKind::Null:
            return "null";
    }
    std::unreachable();
}

void type(const KernelCall& call) {
    map_found<std::string_view>(call, [](std::string_view value) {
        return std::optional<std::string_view>(kind_name(json_kind(value)));
    });
}

bool is_container(std::string_view value) noexcept {
    return json_kind(value) == JsonKind::Object || json_kind(value) == JsonKind::Array;
}

void length(const KernelCall& call) {
    map_found<std::int64_t>(call, [](std::string_view value) {
        std::optional<std::int64_t> count;
        if (!is_container(value)) return count;
        count = 0;
        for (JsonItems items(value); items.next();) ++*count;
        return count;
    });
}

void keys(const KernelCall& call) {
    const Finder finder(call);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const Found found = finder.at(row);
        if (!found || json_kind(*found) != JsonKind::Object) return Built::Null;
        text += '[';
        for (JsonItems items(*found); items.next();) {
            if (text.size() > 1) text += ',';
            text += items.name();
        }
        text += ']';
        return Built::Text;
    });
}

void is_json(const KernelCall& call) {
    map_unary<std::string_view, std::uint8_t>(call, [](std::string_view text) {
        return static_cast<std::uint8_t>(json_value(text).has_value());
    });
}

void quote(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(call, [&](std::string_view text) {
        return write_text(call.arena, json_string_size(text),
                          [&](char* out) { return write_json_string(out, text); });
    });
}

void unquote(const KernelCall& call) {
    const Finder finder(call);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const Found found = finder.at(row);
        const bool is_text =
            found && json_kind(*found) == JsonKind::String && append_json_text(*found, text);
        return is_text ? Built::Text : Built::Null;
    });
}

Resolved resolve_path(Types types, Literals literals, std::size_t optional, Type result,
                      Kernel kernel) {
    auto signature = resolve_optional(types, {kString, kString}, optional, result, kernel);
    if (signature && types.size() == 2 && literals[1] == nullptr)
        return std::unexpected(std::string("wants its path as a literal; write '$.a.b[0]'"));
    return signature;
}

}  // namespace

Resolved resolve_json_value(Types types, Literals literals) {
    return resolve_path(types, literals, 0, kString, value_at_path);
}
Resolved resolve_json_query(Types types, Literals literals) {
    return resolve_path(types, literals, 0, kString, query_at_path);
}
Resolved resolve_json_exists(Types types, Literals literals) {
    return resolve_path(types, literals, 0, kBoolean, exists);
}
Resolved resolve_json_type(Types types, Literals literals) {
    return resolve_path(types, literals, 1, kString, type);
}
Resolved resolve_json_length(Types types, Literals literals) {
    return resolve_path(types, literals, 1, kBigint, length);
}
Resolved resolve_json_keys(Types types, Literals literals) {
    return resolve_path(types, literals, 1, kString, keys);
}
Resolved resolve_is_json(Types types, Literals) {
    return resolve_fixed(types, {kString}, kBoolean, is_json);
}
Resolved resolve_json_quote(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, quote);
}
Resolved resolve_json_unquote(Types types, Literals) {
    return resolve_fixed(types, {kString}, kString, unquote);
}

PreparedResult prepare_json_path(Types, Literals literals) {
    if (literals.size() < 2 || literals[1]->is_null()) return nullptr;
    auto path = JsonPath::compile(std::get<std::string>(literals[1]->data));
    if (!path) return std::unexpected(path.error());
    return std::make_shared<const PreparedPath>(std::move(*path));
}

}  // namespace velo::engine
