// One column of a batch: values side by side, and which of them are NULL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/data/type.hpp"

namespace velo::engine {

/// Raw storage that grows and is kept for the next batch; contents are not initialised.
class Buffer {
public:
    /// Room for `size` bytes; what was there is lost when it has to grow.
    [[nodiscard]] std::byte* reserve(std::size_t size) {
        if (size > capacity_) grow(size);
        return bytes_.get();
    }
    [[nodiscard]] std::byte* data() const noexcept { return bytes_.get(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

private:
    void grow(std::size_t size) {
        capacity_ = size + size / 2 + 64;
        bytes_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    }
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t capacity_ = 0;
};

/// Values of one type, one per row; rows that a selection leaves out hold anything.
/// Shape:   `rows` slots, or one slot that stands for every row when constant (a literal).
///          validity()[r] == 0 means NULL; without has_nulls() no value is NULL and the bytes are not read.
/// Thread:  owned by one thread at a time; read by several once its batch is shared.
/// Invariants: (1) T in values<T>() is the type's physical type. (2) Text lives in the batch's arena, the raw
///          record it came from, or the plan: as long as the batch.
class Column {
public:
    Column() = default;
    explicit Column(Type type) : type_(std::move(type)) {}

    [[nodiscard]] const Type& type() const noexcept { return type_; }
    [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
    [[nodiscard]] bool is_constant() const noexcept { return constant_; }
    [[nodiscard]] bool has_nulls() const noexcept { return has_nulls_; }

    /// Makes room for `rows` values of `type`, none of them NULL so far, and forgets the old ones.
    void reset(const Type& type, std::uint32_t rows);
    /// As reset, with one slot that stands for all `rows` rows.
    void reset_constant(const Type& type, std::uint32_t rows);

    template <class T>
    [[nodiscard]] T* values() noexcept {
        return reinterpret_cast<T*>(values_.data());
    }
    template <class T>
    [[nodiscard]] const T* values() const noexcept {
        return reinterpret_cast<const T*>(values_.data());
    }

    /// Which slot holds row `row`.
    [[nodiscard]] std::uint32_t slot(std::uint32_t row) const noexcept {
        return constant_ ? 0 : row;
    }
    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept {
        return has_nulls_ && valid_.data()[slot(row)] == std::byte{0};
    }

    /// Marks one row NULL; the first call of a round sets all other rows valid.
    void set_null(std::uint32_t row) {
        if (!has_nulls_) static_cast<void>(track_nulls());
        valid_.data()[slot(row)] = std::byte{0};
    }
    void set_valid(std::uint32_t row) noexcept {
        if (has_nulls_) valid_.data()[slot(row)] = std::byte{1};
    }
    /// The validity bytes (1 = valid), made if there were none: for kernels that write them all themselves.
    [[nodiscard]] std::uint8_t* track_nulls();
    /// The validity bytes, or null pointer when no value is NULL.
    [[nodiscard]] const std::uint8_t* validity() const noexcept {
        return has_nulls_ ? reinterpret_cast<const std::uint8_t*>(valid_.data()) : nullptr;
    }
    void set_all_null();

    /// Bytes of memory held.
    [[nodiscard]] std::size_t capacity_bytes() const noexcept {
        return values_.capacity() + valid_.capacity();
    }

private:
    Type type_;
    std::uint32_t rows_ = 0;
    bool constant_ = false;
    bool has_nulls_ = false;
    Buffer values_;
    Buffer valid_;
};

/// How kernels read a column: `at(row)` works for constants too; `is_null` is one test when there are none.
template <class T>
class Reader {
public:
    explicit Reader(const Column& column) noexcept
        : values_(column.values<T>()),
          valid_(column.validity()),
          mask_(column.is_constant() ? 0U : ~0U) {}
    [[nodiscard]] T at(std::uint32_t row) const noexcept { return values_[row & mask_]; }
    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept {
        return valid_ != nullptr && valid_[row & mask_] == 0;
    }
    [[nodiscard]] bool has_nulls() const noexcept { return valid_ != nullptr; }

private:
    const T* values_;
    const std::uint8_t* valid_;
    std::uint32_t mask_;
};

}  // namespace velo::engine
