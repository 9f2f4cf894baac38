// One value of an argument that a state keeps: MIN, MAX, FIRST, LAST.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "engine/aggregate/exact_sum.hpp"
#include "engine/aggregate/owned_text.hpp"
#include "engine/aggregate/state_bytes.hpp"
#include "engine/base/int128.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/type.hpp"

namespace velo::engine {

/// A value of physical type T or none, in as few bytes as T allows.
template <class T>
class
    KeptValue {  // BIGINT, BOOLEAN and the like: every bit pattern is a value, so "none" needs a byte of its own.
public:
    [[nodiscard]] bool has_value() const noexcept { return present_; }
    [[nodiscard]] T value() const noexcept { return value_; }
    void set(T value) noexcept {
        value_ = value;
        present_ = true;
    }
    void put(std::string& out) const { put_signed(out, value_); }
    bool take(std::string_view& bytes) {
        std::int64_t value = 0;
        if (!take_signed(bytes, value)) return false;
        set(static_cast<T>(value));
        return value_ == value && (sizeof(T) > 1 || value <= 1);  // One byte: BOOLEAN.
    }

private:
    T value_ = 0;
    bool present_ = false;
};

template <>
class KeptValue<double> {  // Doubles are never NaN.
public:
    [[nodiscard]] bool has_value() const noexcept { return !std::isnan(value_); }
    [[nodiscard]] double value() const noexcept { return value_; }
    void set(double value) noexcept { value_ = value; }
    void put(std::string& out) const { put_double(out, value_); }
    bool take(std::string_view& bytes) {
        return take_double(bytes, value_) && std::isfinite(value_);
    }

private:
    double value_ = std::numeric_limits<double>::quiet_NaN();
};

template <>
class KeptValue<Int128> {  // Decimals have at most 38 digits, so the least Int128 is free.
public:
    [[nodiscard]] bool has_value() const noexcept {
        return value_.high != kNone || value_.low != 0;
    }
    [[nodiscard]] Int128 value() const noexcept { return value_.value(); }
    void set(Int128 value) noexcept { value_ = Words128{value}; }
    void put(std::string& out) const { put_signed(out, value_.value()); }
    bool take(std::string_view& bytes) {
        Int128 value = 0;
        if (!take_signed(bytes, value) || !fits_precision(value, kMaxDecimalDigits)) return false;
        set(value);
        return true;
    }

private:
    static constexpr std::uint64_t kNone = std::uint64_t{1} << 63U;
    Words128 value_{static_cast<Int128>(static_cast<UInt128>(kNone) << 64U)};
};

template <>
class KeptValue<std::string_view> {
public:
    [[nodiscard]] bool has_value() const noexcept { return text_.has_value(); }
    [[nodiscard]] std::string_view value() const noexcept { return text_.view(); }
    void set(std::string_view value) { text_.assign(value); }
    void put(std::string& out) const { put_text(out, text_.view()); }
    bool take(std::string_view& bytes) {
        std::string_view text;
        if (!take_text(bytes, text)) return false;
        set(text);
        return true;
    }
    [[nodiscard]] std::size_t heap_bytes() const noexcept { return text_.heap_bytes(); }

private:
    OwnedText text_;
};

}  // namespace velo::engine
