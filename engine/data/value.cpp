#include "engine/data/value.hpp"

#include <array>
#include <charconv>

#include "engine/base/time.hpp"
#include "engine/data/date.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/nested.hpp"
#include "engine/data/time_of_day.hpp"

namespace velo::engine {

namespace {

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + "'";
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "X'";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15U];
    }
    return out + "'";
}

std::string double_text(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace

std::string Value::sql() const {
    if (is_null()) return "NULL";
    switch (type.kind) {
        case TypeKind::Null:
            return "NULL";
        case TypeKind::Boolean:
            return std::get<bool>(data) ? "TRUE" : "FALSE";
        case TypeKind::Bigint:
            return std::to_string(std::get<std::int64_t>(data));
        case TypeKind::Double:
            return double_text(std::get<double>(data));
        case TypeKind::Decimal:
            return decimal_text(std::get<Int128>(data), type.scale);
        case TypeKind::String:
            return in_quotes(std::get<std::string>(data));
        case TypeKind::Bytes:
            return hex(std::get<std::string>(data));
        case TypeKind::Timestamp:
            return "TIMESTAMP '" + rfc3339_text(EventTime{Duration{std::get<std::int64_t>(data)}}) +
                   "'";
        case TypeKind::Date:
            return "DATE '" + date_text(std::get<std::int64_t>(data)) + "'";
        case TypeKind::Time:
            return "TIME '" + time_of_day_text(std::get<std::int64_t>(data)) + "'";
        case TypeKind::Array:
        case TypeKind::Map:
        case TypeKind::Struct:
            return nested_sql(type, std::get<std::string>(data));
        case TypeKind::Interval: {
            const std::string text = duration_text(Duration{std::get<std::int64_t>(data)});
            return text.starts_with('-') ? "-INTERVAL '" + text.substr(1) + "'"
                                         : "INTERVAL '" + text + "'";
        }
    }
    std::unreachable();
}

Value value_at(const Column& column, std::uint32_t row) {
    Value value{column.type(), {}};
    if (column.type().kind == TypeKind::Null || column.is_null(row)) return value;
    const std::uint32_t slot = column.slot(row);
    visit_physical(column.type().kind, [&]<class T>(std::type_identity<T>) {
        const T& item = column.values<T>()[slot];
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            value.data = item != 0;
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            value.data = std::string(item);
        } else {
            value.data = item;
        }
    });
    return value;
}

void fill_constant(Column& column, const Value& value, std::uint32_t rows) {
    column.reset_constant(value.type, rows);
    if (value.is_null()) {
        column.set_all_null();
        return;
    }
    visit_physical(value.type.kind, [&]<class T>(std::type_identity<T>) {
        T& slot = *column.values<T>();
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            slot = std::get<bool>(value.data) ? 1 : 0;
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            slot = std::get<std::string>(value.data);
        } else {
            slot = std::get<T>(value.data);
        }
    });
}

}  // namespace velo::engine
