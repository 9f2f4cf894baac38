#include "engine/format/json_fault_text.hpp"

#include <utility>

#include <fmt/format.h>

namespace velo::engine {

namespace {

constexpr std::size_t kShownBytes = 40;

// The front of a valid text, cut between characters.
std::string shortened(std::string_view text) {
    if (text.size() <= kShownBytes) return std::string(text);
    std::size_t size = kShownBytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    return std::string(text.substr(0, size)) + "…";
}

std::string found_byte_text(const char* at, const char* end) {
    if (at == end) return "the end";
    if (*at > ' ' && *at < 0x7F) return fmt::format("'{}'", *at);
    return fmt::format("byte 0x{:02x}", static_cast<unsigned char>(*at));
}

}  // namespace

std::string structure_fault_text(const JsonScanner& scanner) {
    const JsonFault& fault = scanner.fault();
    const auto byte = fault.at - scanner.begin();
    if (fault.code == FaultCode::InvalidUtf8)
        return fmt::format("not UTF-8: byte 0x{:02x} at byte {}",
                           static_cast<unsigned char>(*fault.at), byte);
    if (fault.code == FaultCode::TooDeep)
        return fmt::format("nested deeper than {} levels at byte {}", kMaxJsonDepth, byte);
    return fmt::format("not JSON: expected {}, found {} at byte {}", fault.expected,
                       found_byte_text(fault.at, scanner.end()), byte);
}

std::string found_value_text(const JsonScanner& scanner, const char* at, const char* end) {
    const auto byte = at - scanner.begin();
    const std::string_view value(at, static_cast<std::size_t>(end - at));
    switch (*at) {
        case '"':
            return fmt::format("a string \"{}\" at byte {}",
                               shortened(value.substr(1, value.size() - 2)), byte);
        case '{':
            return fmt::format("an object at byte {}", byte);
        case '[':
            return fmt::format("an array at byte {}", byte);
        case 't':
        case 'f':
        case 'n':
            return fmt::format("{} at byte {}", value, byte);
        default:
            return fmt::format("a number {} at byte {}", shortened(value), byte);
    }
}

std::string_view wanted_text(const Type& type) noexcept {
    switch (type.kind) {
        case TypeKind::Boolean:
            return "true or false";
        case TypeKind::Bigint:
            return "a whole number";
        case TypeKind::Double:
            return "a number";
        case TypeKind::Decimal:
            return "a number, or a string that holds one";
        case TypeKind::String:
            return "a string";
        case TypeKind::Bytes:
            return "a base64 string";
        case TypeKind::Timestamp:
            return "a time: a whole number, or a string as 2024-01-15T10:00:00Z";
        case TypeKind::Date:
            return "a date: a string as 2024-01-15";
        case TypeKind::Interval:
            return "a duration: a string as 1m30s";
        case TypeKind::Time:
            return "a time of day: a string as 12:34:56";
        case TypeKind::Array:
            return "an array";
        case TypeKind::Map:
        case TypeKind::Struct:
            return "an object";
        case TypeKind::Null:
            return "null";
    }
    std::unreachable();
}

}  // namespace velo::engine
