// One value of any type as JSON.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/data/column.hpp"
#include "engine/data/date.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/nested.hpp"
#include "engine/data/text_room.hpp"
#include "engine/data/time_of_day.hpp"
#include "engine/format/base64.hpp"
#include "engine/format/json_text.hpp"
#include "engine/format/output.hpp"

namespace velo::engine {

/// Room for a value of any type but text, with its quotes.
inline constexpr std::size_t kJsonValueSize = 96;
static_assert(kJsonValueSize >= kDecimalSize + 2 && kJsonValueSize >= kRfc3339Size + 2 &&
              kJsonValueSize >= 2 * kNumberSize + 2);

/// One value to be written, of a column …
class ColumnCell {
public:
    ColumnCell(const Column& column, std::uint32_t slot) noexcept : column_(column), slot_(slot) {}
    [[nodiscard]] const Type& type() const noexcept { return column_.type(); }
    template <class T>
    [[nodiscard]] T as() const noexcept {
        return column_.values<T>()[slot_];
    }

private:
    const Column& column_;
    std::uint32_t slot_;
};

/// … or inside a nested value.
class ElementCell {
public:
    ElementCell(const Type& type, std::string_view bytes) noexcept : type_(type), bytes_(bytes) {}
    [[nodiscard]] const Type& type() const noexcept { return type_; }
    template <class T>
    [[nodiscard]] T as() const noexcept {
        return element_as<T>(bytes_);
    }

private:
    const Type& type_;
    std::string_view bytes_;
};

/// How values of one encoder are written, whatever stands around them: none of them is NULL.
class JsonValueWriter {
public:
    explicit JsonValueWriter(TimestampStyle timestamps) : timestamps_(timestamps) {}

    /// As JSON, into room for kJsonValueSize bytes and text_size.
    template <class Cell>
    char* write(char* out, const Cell& cell) {
        switch (cell.type().kind) {
            case TypeKind::Bigint:
                return write_integer(out, cell.template as<std::int64_t>());
            case TypeKind::Double:
                return write_double(out, cell.template as<double>());
            case TypeKind::String:
                return write_json_string(out, cell.template as<std::string_view>());
            case TypeKind::Timestamp:
                if (timestamps_ == TimestampStyle::EpochMs) break;
                [[fallthrough]];
            case TypeKind::Bytes:
            case TypeKind::Date:
            case TypeKind::Interval:
            case TypeKind::Time: {
                *out = '"';
                char* const end = write_text(out + 1, cell);
                *end = '"';
                return end + 1;
            }
            default:
                break;
        }
        return write_text(out, cell);
    }

    /// The same without quotes and escapes; nested values are JSON always.
    template <class Cell>
    char* write_text(char* out, const Cell& cell) {
        switch (cell.type().kind) {
            case TypeKind::Null:
                return copy_text(out, "null");
            case TypeKind::Boolean:
                return copy_text(out, cell.template as<std::uint8_t>() != 0 ? "true" : "false");
            case TypeKind::Bigint:
                return write_integer(out, cell.template as<std::int64_t>());
            case TypeKind::Double:
                return write_double(out, cell.template as<double>());
            case TypeKind::Decimal:
                return write_decimal(out, cell.template as<Int128>(), cell.type().scale);
            case TypeKind::String:
                return copy_text(out, cell.template as<std::string_view>());
            case TypeKind::Bytes:
                return write_base64(out, cell.template as<std::string_view>());
            case TypeKind::Timestamp:
                return write_time(out, cell.template as<std::int64_t>());
            case TypeKind::Date:
                return write_date(out, cell.template as<std::int64_t>());
            case TypeKind::Interval:
                return write_interval(out, cell.template as<std::int64_t>());
            case TypeKind::Time:
                return write_time_of_day(out, cell.template as<std::int64_t>());
            case TypeKind::Array:
            case TypeKind::Map:
            case TypeKind::Struct:
                return write_nested(out, cell.type(), cell.template as<std::string_view>());
        }
        std::unreachable();
    }

    /// Room for a text or nested value besides kJsonValueSize.
    [[nodiscard]] static std::size_t text_size(const Type& type, std::string_view text) noexcept {
        if (type.is_nested()) return nested_size(type, text);
        return type.kind == TypeKind::Bytes ? base64_size(text.size()) : json_string_size(text);
    }

private:
    char* write_time(char* out, std::int64_t micros) noexcept {
        if (timestamps_ == TimestampStyle::Rfc3339) return times_.write(out, micros);
        constexpr std::int64_t kMicrosPerMilli = 1'000;
        const std::int64_t millis = micros / kMicrosPerMilli;
        return write_integer(out, micros % kMicrosPerMilli < 0 ? millis - 1 : millis);
    }

    char* write_element(char* out, const Type& type, const Element& element) {
        return element ? write(out, ElementCell(type, *element)) : copy_text(out, "null");
    }

    // Arrays as arrays, maps and structs as objects.
    [[gnu::noinline]] char* write_nested(char* out, const Type& type, std::string_view bytes) {
        const bool is_array = type.kind == TypeKind::Array;
        const char* const first = out;
        const auto separate = [&] {
            *out = out != first ? ',' : is_array ? '[' : '{';
            ++out;
        };
        const auto member = [&](std::string_view name, const Type& of, const Element& value) {
            separate();
            out = write_json_string(out, name);
            *out++ = ':';
            out = write_element(out, of, value);
        };
        if (is_array) {
            each_element(bytes, type.element().kind, [&](const Element& element) {
                separate();
                out = write_element(out, type.element(), element);
            });
        } else if (type.kind == TypeKind::Map) {
            each_entry(bytes, type.element().kind, [&](std::string_view key, const Element& value) {
                member(key, type.element(), value);
            });
        } else {
            ElementReader fields(bytes);
            for (const TypePart& field : type.parts.all())
                member(field.name, field.type, fields.next(field.type.kind));
        }
        if (out == first) separate();
        *out++ = is_array ? ']' : '}';
        return out;
    }

    [[nodiscard]] static std::size_t element_size(const Type& type,
                                                  const Element& element) noexcept {
        const bool has_text = element && (type.is_text() || type.is_nested());
        return kJsonValueSize + (has_text ? text_size(type, *element) : 0);
    }

    [[nodiscard]] static std::size_t nested_size(const Type& type,
                                                 std::string_view bytes) noexcept {
        constexpr std::size_t kMarks = 4;  // Brackets, a comma, a colon.
        std::size_t sum = kMarks;
        if (type.kind == TypeKind::Array) {
            each_element(bytes, type.element().kind, [&](const Element& element) {
                sum += kMarks + element_size(type.element(), element);
            });
        } else if (type.kind == TypeKind::Map) {
            each_entry(bytes, type.element().kind, [&](std::string_view key, const Element& value) {
                sum += kMarks + json_string_size(key) + element_size(type.element(), value);
            });
        } else {
            ElementReader fields(bytes);
            for (const TypePart& field : type.parts.all()) {
                sum += kMarks + json_string_size(field.name) +
                       element_size(field.type, fields.next(field.type.kind));
            }
        }
        return sum;
    }

    TimestampStyle timestamps_;
    TimeWriter times_;
};

}  // namespace velo::engine
