#include "engine/data/type.hpp"

#include <algorithm>
#include <atomic>

#include "engine/base/assert.hpp"

namespace velo::engine {

struct TypeParts::Shared {
    std::vector<TypePart> parts;
    std::atomic<std::uint32_t> holders{1};
};

TypeParts::TypeParts(std::vector<TypePart> parts) : shared_(new Shared{std::move(parts), {1}}) {}

void TypeParts::retain() const noexcept {
    shared_->holders.fetch_add(1, std::memory_order_relaxed);
}

void TypeParts::release() const noexcept {
    if (shared_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
}

std::span<const TypePart> TypeParts::all() const noexcept {
    return shared_ == nullptr ? std::span<const TypePart>{} : shared_->parts;
}

bool TypeParts::same(const TypeParts& other) const noexcept {
    return std::ranges::equal(all(), other.all());
}

Type array_type(Type element) {
    return {TypeKind::Array, 0, 0, TypeParts({{{}, std::move(element)}})};
}

Type map_type(Type value) { return {TypeKind::Map, 0, 0, TypeParts({{{}, std::move(value)}})}; }

Type struct_type(std::vector<TypePart> fields) {
    return {TypeKind::Struct, 0, 0, TypeParts(std::move(fields))};
}

const Type& Type::element() const noexcept {
    VELO_ASSERT(parts.all().size() == 1, "arrays and maps have one part");
    return parts.all().front().type;
}

namespace {

bool is_plain_name(std::string_view name) noexcept {
    const auto is_letter = [](char c) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9');
    });
}

std::string field_text(const TypePart& field) {
    if (is_plain_name(field.name)) return field.name + " " + field.type.text();
    std::string name = "\"";
    for (const char c : field.name) name += c == '"' ? "\"\"" : std::string(1, c);
    return name + "\" " + field.type.text();
}

}  // namespace

std::string Type::text() const {
    switch (kind) {
        case TypeKind::Null:
            return "NULL";
        case TypeKind::Boolean:
            return "BOOLEAN";
        case TypeKind::Bigint:
            return "BIGINT";
        case TypeKind::Double:
            return "DOUBLE";
        case TypeKind::Decimal:
            return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
        case TypeKind::String:
            return "STRING";
        case TypeKind::Bytes:
            return "BYTES";
        case TypeKind::Timestamp:
            return "TIMESTAMP";
        case TypeKind::Date:
            return "DATE";
        case TypeKind::Interval:
            return "INTERVAL";
        case TypeKind::Time:
            return "TIME";
        case TypeKind::Array:
            return "ARRAY<" + element().text() + ">";
        case TypeKind::Map:
            return "MAP<STRING, " + element().text() + ">";
        case TypeKind::Struct: {
            std::string fields;
            for (const TypePart& field : parts.all())
                fields += (fields.empty() ? "" : ", ") + field_text(field);
            return "STRUCT<" + fields + ">";
        }
    }
    std::unreachable();
}

}  // namespace velo::engine
