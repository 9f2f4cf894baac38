#include "engine/data/row_bytes.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/nested.hpp"

namespace velo::engine {

namespace {

static_assert(std::endian::native == std::endian::little,
              "values are written as they lie in memory");

constexpr char kNull = 0;
constexpr char kValue = 1;
constexpr std::size_t kTagSize = 1;
constexpr std::size_t kLengthSize = sizeof(std::uint32_t);

template <class T>
inline constexpr bool kIsText = std::is_same_v<T, std::string_view>;

template <class T>
T value_of(const Column& column, std::uint32_t row) noexcept {
    return column.values<T>()[column.slot(row)];
}

/// A T from the front of `bytes`, which are long enough.
template <class T>
T take(std::string_view& bytes) noexcept {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
}

template <class T>
bool is_value(T value) noexcept {
    if constexpr (std::is_same_v<T, std::uint8_t>) return value <= 1;
    if constexpr (std::is_same_v<T, double>) return std::isfinite(value);
    if constexpr (std::is_same_v<T, Int128>) return fits_precision(value, kMaxDecimalDigits);
    return true;
}

// Whether a value of `type` stands at the front of `bytes`, which are then shortened.
bool skip_value(std::string_view& bytes, const Type& type) noexcept {
    if (bytes.empty() || (bytes.front() != kNull && bytes.front() != kValue)) return false;
    if (take<char>(bytes) == kNull) return true;
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        if constexpr (kIsText<T>) {
            if (bytes.size() < kLengthSize) return false;
            const auto size = take<std::uint32_t>(bytes);
            if (bytes.size() < size) return false;
            const std::string_view text = bytes.substr(0, size);
            bytes.remove_prefix(size);
            return !type.is_nested() || is_packed(type, text);
        } else {
            return bytes.size() >= sizeof(T) && is_value(take<T>(bytes));
        }
    });
}

}  // namespace

std::size_t RowBytes::size(std::span<const Column* const> columns, std::uint32_t row) const {
    std::size_t sum = 0;
    for (const Column* const column : columns) {
        sum += kTagSize;
        if (column->is_null(row)) continue;
        sum += visit_physical(column->type().kind, [&]<class T>(std::type_identity<T>) {
            if constexpr (kIsText<T>) return kLengthSize + value_of<T>(*column, row).size();
            return sizeof(T);
        });
    }
    return sum;
}

void RowBytes::write(std::span<const Column* const> columns, std::uint32_t row, char* out) const {
    const auto put = [&out](const void* bytes, std::size_t size) {
        if (size != 0) std::memcpy(out, bytes, size);
        out += size;
    };
    for (const Column* const column : columns) {
        const bool is_null = column->is_null(row);
        *out++ = is_null ? kNull : kValue;
        if (is_null) continue;
        visit_physical(column->type().kind, [&]<class T>(std::type_identity<T>) {
            const T value = value_of<T>(*column, row);
            if constexpr (kIsText<T>) {
                const auto size = static_cast<std::uint32_t>(value.size());
                put(&size, sizeof size);
                put(value.data(), size);
            } else {
                put(&value, sizeof value);
            }
        });
    }
}

void RowBytes::read(std::span<const std::string_view> rows,
                    std::span<Column* const> columns) const {
    VELO_ASSERT(columns.size() == types_.size(), "a row has a value for every column");
    const auto count = static_cast<std::uint32_t>(rows.size());
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i]->reset(types_[i], count);
    for (std::uint32_t row = 0; row < count; ++row) {
        std::string_view bytes = rows[row];
        for (Column* const column : columns) {
            const bool is_null = take<char>(bytes) == kNull;
            visit_physical(column->type().kind, [&]<class T>(std::type_identity<T>) {
                T& value = column->values<T>()[row];
                if (is_null) {
                    value = T{};
                    column->set_null(row);
                } else if constexpr (kIsText<T>) {
                    const auto size = take<std::uint32_t>(bytes);
                    value = bytes.substr(0, size);
                    bytes.remove_prefix(size);
                } else {
                    value = take<T>(bytes);
                }
            });
        }
        VELO_ASSERT(bytes.empty(), "a row ends with its last value");
    }
}

bool RowBytes::is_row(std::string_view bytes) const noexcept {
    for (const Type& type : types_) {
        if (!skip_value(bytes, type)) return false;
    }
    return bytes.empty();
}

}  // namespace velo::engine
