// The values of one row as bytes, exactly as they are: what an operator keeps of rows until it answers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/data/column.hpp"

namespace velo::engine {

/// Value after value. Written into Kafka (state log), so the layout must never change: per value one tag byte (0 NULL,
/// 1 value), then fixed-width little-endian bytes (BOOLEAN 1, DECIMAL 16, else 8), or for text and nested values a 4-byte
/// length and the bytes. Group keys look the same but for zeros, of which they have only one.
class RowBytes {
public:
    explicit RowBytes(std::vector<Type> types) : types_(std::move(types)) {}

    [[nodiscard]] std::size_t size(std::span<const Column* const> columns, std::uint32_t row) const;
    /// Writes size() bytes to `out`.
    void write(std::span<const Column* const> columns, std::uint32_t row, char* out) const;
    /// Row i to row i of `columns`, one for each type (reset here to rows.size() rows); text points into the rows.
    void read(std::span<const std::string_view> rows, std::span<Column* const> columns) const;
    /// Whether `bytes` are such a row: what read() may be given from outside.
    [[nodiscard]] bool is_row(std::string_view bytes) const noexcept;

    [[nodiscard]] const std::vector<Type>& types() const noexcept { return types_; }

private:
    std::vector<Type> types_;
};

}  // namespace velo::engine
