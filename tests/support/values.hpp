// Columns from values, for tests that need a few rows.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "engine/data/column.hpp"
#include "engine/data/nested.hpp"
#include "engine/data/value.hpp"

namespace velo::engine {

inline Value null_of(Type type) { return {type, {}}; }
inline Value bigint(std::int64_t value) { return {kBigint, value}; }
inline Value real(double value) { return {kDouble, value}; }
inline Value text(std::string value) { return {kString, std::move(value)}; }
inline Value boolean(bool value) { return {kBoolean, value}; }
inline Value decimal(Int128 value, int precision, int scale) {
    return {decimal_type(precision, scale), value};
}
inline Value interval(std::int64_t microseconds) { return {kInterval, microseconds}; }

/// Row i of `column` becomes values[i], all of one type; text points into the values.
inline void fill(Column& column, const Type& type, const std::vector<Value>& values) {
    column.reset(type, static_cast<std::uint32_t>(values.size()));
    for (std::uint32_t row = 0; row < values.size(); ++row) {
        const Value& value = values[row];
        if (value.is_null()) {
            column.set_null(row);
            continue;
        }
        switch (type.kind) {
            case TypeKind::Boolean:
                column.values<std::uint8_t>()[row] = std::get<bool>(value.data) ? 1 : 0;
                break;
            case TypeKind::Double:
                column.values<double>()[row] = std::get<double>(value.data);
                break;
            case TypeKind::Decimal:
                column.values<Int128>()[row] = std::get<Int128>(value.data);
                break;
            case TypeKind::String:
            case TypeKind::Bytes:
            case TypeKind::Array:
            case TypeKind::Map:
            case TypeKind::Struct:
                column.values<std::string_view>()[row] = std::get<std::string>(value.data);
                break;
            default:
                column.values<std::int64_t>()[row] = std::get<std::int64_t>(value.data);
                break;
        }
    }
}

/// An array of values of `element`.
inline Value array(const Type& element, const std::vector<Value>& values) {
    Column column;
    fill(column, element, values);
    std::string bytes;
    NestedWriter writer(bytes);
    const std::size_t start = writer.begin();
    for (std::uint32_t row = 0; row < values.size(); ++row)
        writer.add(element.kind, element_at(column, row));
    writer.end(start, values.size());
    return {array_type(element), std::move(bytes)};
}

}  // namespace velo::engine
