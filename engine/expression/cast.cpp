#include "engine/expression/cast.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/base/time.hpp"
#include "engine/data/calendar.hpp"
#include "engine/data/date.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/time_of_day.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMicrosPerMilli = 1'000;

template <class T>
bool store(const std::optional<T>& value, T& out) {
    if (value) out = *value;
    return value.has_value();
}

// Numbers.

bool fits_bigint(Int128 value) noexcept {
    return value >= std::numeric_limits<std::int64_t>::min() &&
           value <= std::numeric_limits<std::int64_t>::max();
}

void bigint_to_boolean(const KernelCall& call) {
    map_unary<std::int64_t, std::uint8_t>(
        call, [](std::int64_t value) { return static_cast<std::uint8_t>(value != 0); });
}

void boolean_to_bigint(const KernelCall& call) {
    map_unary<std::uint8_t, std::int64_t>(call,
                                          [](std::uint8_t value) { return std::int64_t{value}; });
}

void bigint_to_double(const KernelCall& call) {
    map_unary<std::int64_t, double>(call,
                                    [](std::int64_t value) { return static_cast<double>(value); });
}

void double_to_bigint(const KernelCall& call) {
    check_unary<double, std::int64_t>(call, FaultCode::BadCast,
                                      [](double value, std::int64_t& out) {
                                          constexpr double kEnd = 9223372036854775808.0;  // 2^63
                                          const double rounded = std::round(value);
                                          if (rounded < -kEnd || rounded >= kEnd) return false;
                                          out = static_cast<std::int64_t>(rounded);
                                          return true;
                                      });
}

void bigint_to_decimal(const KernelCall& call) {
    const Type to = call.out.type();
    check_unary<std::int64_t, Int128>(
        call, FaultCode::BadCast, [to](std::int64_t value, Int128& out) {
            return store(rescale(value, 0, to.scale), out) && fits_precision(out, to.precision);
        });
}

void decimal_to_bigint(const KernelCall& call) {
    const int scale = call.args[0]->type().scale;
    check_unary<Int128, std::int64_t>(call, FaultCode::BadCast,
                                      [scale](Int128 value, std::int64_t& out) {
                                          const auto rounded = rescale(value, scale, 0);
                                          if (!rounded || !fits_bigint(*rounded)) return false;
                                          out = static_cast<std::int64_t>(*rounded);
                                          return true;
                                      });
}

void decimal_to_decimal(const KernelCall& call) {
    const int from = call.args[0]->type().scale;
    const Type to = call.out.type();
    check_unary<Int128, Int128>(call, FaultCode::BadCast, [from, to](Int128 value, Int128& out) {
        return store(rescale(value, from, to.scale), out) && fits_precision(out, to.precision);
    });
}

void decimal_to_double_kernel(const KernelCall& call) {
    const int scale = call.args[0]->type().scale;
    map_unary<Int128, double>(call,
                              [scale](Int128 value) { return decimal_to_double(value, scale); });
}

void double_to_decimal_kernel(const KernelCall& call) {
    const Type to = call.out.type();
    check_unary<double, Int128>(call, FaultCode::BadCast, [to](double value, Int128& out) {
        return store(double_to_decimal(value, to.scale), out) && fits_precision(out, to.precision);
    });
}

// Text to the others.

std::string_view without_blanks(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::optional<std::uint8_t> parse_boolean(std::string_view text) noexcept {
    const auto is_one_of = [text](std::initializer_list<std::string_view> words) {
        return std::ranges::any_of(
            words, [text](std::string_view word) { return equals_ignoring_case(text, word); });
    };
    if (is_one_of({"true", "t", "yes", "y", "1"})) return std::uint8_t{1};
    if (is_one_of({"false", "f", "no", "n", "0"})) return std::uint8_t{0};
    return std::nullopt;
}

std::optional<std::int64_t> parse_bigint(std::string_view text) noexcept {
    constexpr int kDigits = 19;
    const auto value = parse_decimal(text, kDigits, 0);
    if (!value || !fits_bigint(*value)) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

std::optional<double> parse_double(std::string_view text) noexcept {
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

// `2024-01-15T10:00:00.5` without a zone, too, and `2024-01-15` alone.
std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept {
    constexpr std::string_view kUtc = "Z";
    constexpr std::string_view kMidnight = "T00:00:00Z";
    std::array<char, 64> buffer{};
    const auto with = [&](std::string_view rest) -> std::optional<EventTime> {
        if (text.size() + rest.size() > buffer.size()) return std::nullopt;
        std::memcpy(buffer.data(), text.data(), text.size());
        std::memcpy(buffer.data() + text.size(), rest.data(), rest.size());
        return parse_rfc3339({buffer.data(), text.size() + rest.size()});
    };
    auto time = parse_rfc3339(text);
    if (!time && !text.empty()) time = with(kUtc);
    if (!time && !text.empty()) time = with(kMidnight);
    if (!time) return std::nullopt;
    return time->time_since_epoch().count();
}

std::optional<std::int64_t> parse_interval(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    const auto duration = parse_duration(text);
    if (!duration) return std::nullopt;
    return negative ? -duration->count() : duration->count();
}

template <class R, auto parse>
void parse_text(const KernelCall& call) {
    check_unary<std::string_view, R>(call, FaultCode::BadCast, [](std::string_view text, R& out) {
        return store(parse(without_blanks(text)), out);
    });
}

void string_to_decimal(const KernelCall& call) {
    const Type to = call.out.type();
    check_unary<std::string_view, Int128>(
        call, FaultCode::BadCast, [to](std::string_view text, Int128& out) {
            return store(parse_decimal_rounded(without_blanks(text), to.precision, to.scale), out);
        });
}

void same_text(const KernelCall& call) {
    map_unary<std::string_view, std::string_view>(call, [](std::string_view text) { return text; });
}

void bytes_to_string(const KernelCall& call) {
    check_unary<std::string_view, std::string_view>(
        call, FaultCode::BadCast, [](std::string_view bytes, std::string_view& out) {
            out = bytes;
            return is_utf8(bytes);
        });
}

// The others to text.

template <class A, std::size_t size, class Write>
void print(const KernelCall& call, Write write) {
    map_unary<A, std::string_view>(call, [&](A value) {
        return write_text(call.arena, size, [&](char* out) { return write(out, value); });
    });
}

void boolean_to_string(const KernelCall& call) {
    map_unary<std::uint8_t, std::string_view>(call, [](std::uint8_t value) {
        return value != 0 ? std::string_view("true") : std::string_view("false");
    });
}

void bigint_to_string(const KernelCall& call) {
    constexpr std::size_t kSize = 24;
    print<std::int64_t, kSize>(call, [](char* out, std::int64_t value) {
        return std::to_chars(out, out + kSize, value).ptr;
    });
}

void double_to_string(const KernelCall& call) {
    constexpr std::size_t kSize = 32;
    print<double, kSize>(
        call, [](char* out, double value) { return std::to_chars(out, out + kSize, value).ptr; });
}

void decimal_to_string(const KernelCall& call) {
    const int scale = call.args[0]->type().scale;
    print<Int128, kDecimalSize>(
        call, [scale](char* out, Int128 value) { return write_decimal(out, value, scale); });
}

void timestamp_to_string(const KernelCall& call) {
    print<std::int64_t, kRfc3339Size>(call, [](char* out, std::int64_t value) {
        return write_rfc3339(out, EventTime{Duration{value}});
    });
}

void date_to_string(const KernelCall& call) {
    print<std::int64_t, kDateSize>(
        call, [](char* out, std::int64_t value) { return write_date(out, value); });
}

void interval_to_string(const KernelCall& call) {
    map_unary<std::int64_t, std::string_view>(
        call, [&](std::int64_t value) { return call.arena.copy(duration_text(Duration{value})); });
}

// Times.

void from_millis(const KernelCall& call) {
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::BadCast, [](std::int64_t value, std::int64_t& out) {
            return !__builtin_mul_overflow(value, kMicrosPerMilli, &out);
        });
}

void to_millis(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(
        call, [](std::int64_t value) { return floor_divide(value, kMicrosPerMilli); });
}

void timestamp_to_date(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(
        call, [](std::int64_t value) { return floor_divide(value, kMicrosPerDay); });
}

void to_time_of_day(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(
        call, [](std::int64_t value) { return floor_modulo(value, kMicrosPerDay); });
}

void time_to_string(const KernelCall& call) {
    print<std::int64_t, kTimeOfDaySize>(
        call, [](char* out, std::int64_t value) { return write_time_of_day(out, value); });
}

void same_integer(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(call, [](std::int64_t value) { return value; });
}

void date_to_timestamp(const KernelCall& call) {
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::BadCast, [](std::int64_t value, std::int64_t& out) {
            return !__builtin_mul_overflow(value, kMicrosPerDay, &out);
        });
}

// Of a bare NULL there is never a row to convert.
void from_null(const KernelCall&) {}

Kernel from_boolean(TypeKind to) noexcept {
    if (to == TypeKind::Bigint) return boolean_to_bigint;
    return to == TypeKind::String ? boolean_to_string : nullptr;
}

Kernel from_bigint(TypeKind to) noexcept {
    switch (to) {
        case TypeKind::Boolean:
            return bigint_to_boolean;
        case TypeKind::Double:
            return bigint_to_double;
        case TypeKind::Decimal:
            return bigint_to_decimal;
        case TypeKind::String:
            return bigint_to_string;
        case TypeKind::Timestamp:
        case TypeKind::Interval:
            return from_millis;
        default:
            return nullptr;
    }
}

Kernel from_double(TypeKind to) noexcept {
    switch (to) {
        case TypeKind::Bigint:
            return double_to_bigint;
        case TypeKind::Decimal:
            return double_to_decimal_kernel;
        case TypeKind::String:
            return double_to_string;
        default:
            return nullptr;
    }
}

Kernel from_decimal(TypeKind to) noexcept {
    switch (to) {
        case TypeKind::Bigint:
            return decimal_to_bigint;
        case TypeKind::Double:
            return decimal_to_double_kernel;
        case TypeKind::Decimal:
            return decimal_to_decimal;
        case TypeKind::String:
            return decimal_to_string;
        default:
            return nullptr;
    }
}

Kernel from_string(TypeKind to) noexcept {
    switch (to) {
        case TypeKind::Boolean:
            return parse_text<std::uint8_t, parse_boolean>;
        case TypeKind::Bigint:
            return parse_text<std::int64_t, parse_bigint>;
        case TypeKind::Double:
            return parse_text<double, parse_double>;
        case TypeKind::Decimal:
            return string_to_decimal;
        case TypeKind::Bytes:
            return same_text;
        case TypeKind::Timestamp:
            return parse_text<std::int64_t, parse_timestamp>;
        case TypeKind::Date:
            return parse_text<std::int64_t, parse_date>;
        case TypeKind::Interval:
            return parse_text<std::int64_t, parse_interval>;
        case TypeKind::Time:
            return parse_text<std::int64_t, parse_time_of_day>;
        default:
            return nullptr;
    }
}

Kernel from_timestamp(TypeKind to) noexcept {
    switch (to) {
        case TypeKind::Bigint:
            return to_millis;
        case TypeKind::String:
            return timestamp_to_string;
        case TypeKind::Date:
            return timestamp_to_date;
        case TypeKind::Time:
            return to_time_of_day;
        default:
            return nullptr;
    }
}

Kernel from_date(TypeKind to) noexcept {
    if (to == TypeKind::Timestamp) return date_to_timestamp;
    return to == TypeKind::String ? date_to_string : nullptr;
}

Kernel from_interval(TypeKind to) noexcept {
    if (to == TypeKind::Bigint) return to_millis;
    if (to == TypeKind::Time) return to_time_of_day;
    return to == TypeKind::String ? interval_to_string : nullptr;
}

Kernel from_time(TypeKind to) noexcept {
    if (to == TypeKind::Interval) return same_integer;
    return to == TypeKind::String ? time_to_string : nullptr;
}

}  // namespace

Kernel cast_kernel(const Type& from, const Type& to) noexcept {
    if (to.is_nested() && from.kind != TypeKind::Null) return nested_cast_kernel(from, to);
    switch (from.kind) {
        case TypeKind::Null:
            return from_null;
        case TypeKind::Boolean:
            return from_boolean(to.kind);
        case TypeKind::Bigint:
            return from_bigint(to.kind);
        case TypeKind::Double:
            return from_double(to.kind);
        case TypeKind::Decimal:
            return from_decimal(to.kind);
        case TypeKind::String:
            return from_string(to.kind);
        case TypeKind::Bytes:
            return to.kind == TypeKind::String ? bytes_to_string : nullptr;
        case TypeKind::Timestamp:
            return from_timestamp(to.kind);
        case TypeKind::Date:
            return from_date(to.kind);
        case TypeKind::Interval:
            return from_interval(to.kind);
        case TypeKind::Time:
            return from_time(to.kind);
        case TypeKind::Array:
        case TypeKind::Map:
        case TypeKind::Struct:
            return nested_cast_kernel(from, to);
    }
    std::unreachable();
}

}  // namespace velo::engine
