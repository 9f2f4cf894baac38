// The SQL types and how a value of each lies in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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
};

inline constexpr int kMaxDecimalDigits = 38;

struct Type {
    TypeKind kind = TypeKind::Null;
    std::uint8_t precision = 0;  // Decimal only: 1 to 38 digits in all …
    std::uint8_t scale = 0;      // … of which this many stand after the point.

    [[nodiscard]] constexpr bool operator==(const Type&) const = default;
    [[nodiscard]] constexpr bool is_numeric() const noexcept {
        return kind == TypeKind::Bigint || kind == TypeKind::Double || kind == TypeKind::Decimal;
    }
    [[nodiscard]] constexpr bool is_text() const noexcept {
        return kind == TypeKind::String || kind == TypeKind::Bytes;
    }
    /// As it is written in SQL: `BIGINT`, `DECIMAL(10,2)`.
    [[nodiscard]] std::string text() const;
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
[[nodiscard]] constexpr Type decimal_type(int precision, int scale) noexcept {
    return {TypeKind::Decimal, static_cast<std::uint8_t>(precision),
            static_cast<std::uint8_t>(scale)};
}

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
            return visit(std::type_identity<std::string_view>{});
        case TypeKind::Null:
        case TypeKind::Bigint:
        case TypeKind::Timestamp:
        case TypeKind::Date:
        case TypeKind::Interval:
            return visit(std::type_identity<std::int64_t>{});
    }
    std::unreachable();
}

}  // namespace velo::engine
