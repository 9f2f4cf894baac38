// Values that collections inside a state keep: of physical types, texts on their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/aggregate/state_bytes.hpp"
#include "engine/base/hash.hpp"

namespace velo::engine {

template <class T>
using Stored = std::conditional_t<std::is_same_v<T, std::string_view>, std::string, T>;

/// -0.0 and 0.0 are one value.
template <class T>
[[nodiscard]] T normal_value(T value) noexcept {
    if constexpr (std::is_same_v<T, double>) return value + 0.0;
    return value;
}

template <class T>
[[nodiscard]] std::uint64_t value_hash(T value) noexcept {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return hash_bytes(value);
    } else {
        const T normal = normal_value(value);
        return hash_bytes({reinterpret_cast<const char*>(&normal), sizeof normal});
    }
}

template <class T>
void put_value(std::string& out, T value) {
    if constexpr (std::is_same_v<T, std::string_view>) {
        put_text(out, value);
    } else if constexpr (std::is_same_v<T, double>) {
        put_double(out, value);
    } else {
        put_signed(out, value);
    }
}

template <class T>
[[nodiscard]] bool take_value(std::string_view& bytes, T& value) {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return take_text(bytes, value);
    } else if constexpr (std::is_same_v<T, double>) {
        return take_double(bytes, value);
    } else {
        Int128 wide = 0;
        if (!take_signed(bytes, wide)) return false;
        value = static_cast<T>(wide);
        return wide == value;
    }
}

/// For sets and maps of stored values that are looked up by value.
template <class T>
struct ValueHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(const T& value) const noexcept { return value_hash<T>(value); }
    std::size_t operator()(const std::string& value) const noexcept
    requires std::is_same_v<T, std::string_view>
    {
        return value_hash<std::string_view>(value);
    }
};
struct ValueEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
        return a == b;
    }
};

/// A T of its own on the heap or none, copied with its owner: states that mostly stay empty are small.
template <class T>
class Boxed {
public:
    Boxed() = default;
    Boxed(const Boxed& other) : value_(other.value_ ? new T(*other.value_) : nullptr) {}
    Boxed(Boxed&& other) noexcept : value_(other.value_) { other.value_ = nullptr; }
    Boxed& operator=(Boxed other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Boxed() { delete value_; }

    /// Null pointer: none.
    [[nodiscard]] T* get() const noexcept { return value_; }
    [[nodiscard]] T& make() {
        if (value_ == nullptr) value_ = new T();
        return *value_;
    }

private:
    T* value_ = nullptr;
};

}  // namespace velo::engine
