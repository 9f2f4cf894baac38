// The SQL types and how a value of each lies in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/int128.hpp"

namespace velo::engine {

enum class TypeKind : std::uint8_t {
    Null,       // The type of a bare NULL; every type takes it.
    Boolean,    // std::uint8_t, 0 or 1
    Bigint,     // std::int64_t
    Double,     // double, never NaN or infinite
    Decimal,    // Int128: the number times 10^scale
    String,     // std::string_view, valid UTF-8
    Bytes,      // std::string_view
    Timestamp,  // std::int64_t, microseconds since 1970 UTC
    Date,       // std::int64_t, days since 1970-01-01
    Interval,   // std::int64_t, microseconds
    Time,       // std::int64_t, microseconds since midnight, less than a day
    Array,      // std::string_view: packed elements (nested.hpp), as are …
    Map,        // … entries, their keys STRINGs, and …
    Struct,     // … fields.
};

inline constexpr int kMaxDecimalDigits = 38;
inline constexpr int kDeepestType = 32;  // Levels of nested types in one another.

struct TypePart;

/// What a nested type is made of: constant, and shared by all copies of the type, so that copying one costs no more than
/// copying a scalar type and a test.
class TypeParts {
public:
    constexpr TypeParts() noexcept = default;
    explicit TypeParts(std::vector<TypePart> parts);
    constexpr TypeParts(const TypeParts& other) noexcept : shared_(other.shared_) {
        if (shared_ != nullptr) retain();
    }
    constexpr TypeParts(TypeParts&& other) noexcept
        : shared_(std::exchange(other.shared_, nullptr)) {}
    constexpr TypeParts& operator=(TypeParts other) noexcept {
        std::swap(shared_, other.shared_);
        return *this;
    }
    constexpr ~TypeParts() {
        if (shared_ != nullptr) release();
    }
    [[nodiscard]] std::span<const TypePart> all() const noexcept;
    [[nodiscard]] constexpr bool operator==(const TypeParts& other) const noexcept {
        return shared_ == other.shared_ ||
               (shared_ != nullptr && other.shared_ != nullptr && same(other));
    }

private:
    struct Shared;
    void retain() const noexcept;
    void release() const noexcept;
    [[nodiscard]] bool same(const TypeParts& other) const noexcept;

    Shared* shared_ = nullptr;
};

struct Type {
    TypeKind kind = TypeKind::Null;
    std::uint8_t precision = 0;  // Decimal only: 1 to 38 digits in all …
    std::uint8_t scale = 0;      // … of which this many stand after the point.
    /// Array: its element. Map: the value of an entry. Struct: its fields.
    TypeParts parts{};

    [[nodiscard]] constexpr bool operator==(const Type&) const = default;
    [[nodiscard]] constexpr bool is_numeric() const noexcept {
        return kind == TypeKind::Bigint || kind == TypeKind::Double || kind == TypeKind::Decimal;
    }
    [[nodiscard]] constexpr bool is_text() const noexcept {
        return kind == TypeKind::String || kind == TypeKind::Bytes;
    }
    [[nodiscard]] constexpr bool is_nested() const noexcept {
        return kind == TypeKind::Array || kind == TypeKind::Map || kind == TypeKind::Struct;
    }
    /// Array and Map: what its elements or values are.
    [[nodiscard]] const Type& element() const noexcept;
    /// As it is written in SQL: `BIGINT`, `DECIMAL(10,2)`, `ARRAY<STRING>`.
    [[nodiscard]] std::string text() const;
};

/// An element, a value of entries, or a field of a nested type; only fields have names.
struct TypePart {
    std::string name;
    Type type;

    [[nodiscard]] bool operator==(const TypePart&) const = default;
};

inline constexpr Type kNullType{TypeKind::Null};
inline constexpr Type kBoolean{TypeKind::Boolean};
inline constexpr Type kBigint{TypeKind::Bigint};
inline constexpr Type kDouble{TypeKind::Double};
inline constexpr Type kString{TypeKind::String};
inline constexpr Type kBytes{TypeKind::Bytes};
inline constexpr Type kTimestamp{TypeKind::Timestamp};
inline constexpr Type kDate{TypeKind::Date};
inline constexpr Type kInterval{TypeKind::Interval};
inline constexpr Type kTime{TypeKind::Time};
[[nodiscard]] constexpr Type decimal_type(int precision, int scale) noexcept {
    return {TypeKind::Decimal, static_cast<std::uint8_t>(precision),
            static_cast<std::uint8_t>(scale)};
}
[[nodiscard]] Type array_type(Type element);
[[nodiscard]] Type map_type(Type value);
[[nodiscard]] Type struct_type(std::vector<TypePart> fields);

/// Calls `visit(std::type_identity<T>)` with the C++ type that values of `kind` lie in memory as (see TypeKind).
/// Null lies as a Bigint that is never read.
template <class Visit>
constexpr decltype(auto) visit_physical(TypeKind kind, Visit&& visit) {
    switch (kind) {
        case TypeKind::Boolean:
            return visit(std::type_identity<std::uint8_t>{});
        case TypeKind::Double:
            return visit(std::type_identity<double>{});
        case TypeKind::Decimal:
            return visit(std::type_identity<Int128>{});
        case TypeKind::String:
        case TypeKind::Bytes:
        case TypeKind::Array:
        case TypeKind::Map:
        case TypeKind::Struct:
            return visit(std::type_identity<std::string_view>{});
        case TypeKind::Null:
        case TypeKind::Bigint:
        case TypeKind::Timestamp:
        case TypeKind::Date:
        case TypeKind::Interval:
        case TypeKind::Time:
            return visit(std::type_identity<std::int64_t>{});
    }
    std::unreachable();
}

}  // namespace velo::engine
