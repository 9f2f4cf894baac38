// One SQL value on its own: literals, defaults, tests. Rows never hold these; they live in columns.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/base/int128.hpp"
#include "engine/data/column.hpp"
#include "engine/data/type.hpp"

namespace velo::engine {

/// A value and its type; NULL is std::monostate of any type.
/// Shape: Boolean as bool; Bigint and all times as int64; String, Bytes as std::string, nested values packed in one.
struct Value {
    Type type;
    std::variant<std::monostate, bool, std::int64_t, double, Int128, std::string> data;

    [[nodiscard]] bool is_null() const noexcept { return data.index() == 0; }
    [[nodiscard]] bool operator==(const Value&) const = default;
    /// As SQL would write the literal: `'it''s'`, `12.50`, `NULL`, `TIMESTAMP '2024-…'`.
    [[nodiscard]] std::string sql() const;
};

/// The value of one row. Text is copied.
[[nodiscard]] Value value_at(const Column& column, std::uint32_t row);

/// A constant column of `rows` rows; its text points into `value`, which must outlive it.
void fill_constant(Column& column, const Value& value, std::uint32_t rows);

}  // namespace velo::engine
