// Values of ARRAY, MAP and STRUCT: the bytes of one value, equal exactly when the values are.
//
// An array is its count (4 bytes) and its elements; a map its count and for each entry a key and a value, in the order of
// the keys' bytes; a struct its fields, as many as its type has. An element is a tag byte, 0 for NULL or 1, and its bytes:
// as they lie in memory (little-endian, -0.0 as 0.0), texts and nested values after their size (4 bytes). So group keys,
// equality, the exchange and aggregate states treat a nested value as they treat a text. Written into Kafka with group
// keys and states, so the form must never change.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/column.hpp"
#include "engine/data/type.hpp"
#include "engine/data/value.hpp"

namespace velo::engine {

inline constexpr std::size_t kMaxNestedBytes = std::size_t{16} * 1024 * 1024;  // As of one record.

/// The bytes of an element without tag and size; nullopt: NULL.
using Element = std::optional<std::string_view>;

/// The element as the physical type of its column.
template <class T>
[[nodiscard]] T element_as(std::string_view bytes) noexcept {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return bytes;
    } else {
        T value{};
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
}

/// Walks the elements of one value, which packed() has written or is_packed() has seen.
class ElementReader {
public:
    ElementReader() = default;
    /// Of a struct.
    explicit ElementReader(std::string_view bytes) noexcept : rest_(bytes) {}
    /// Of an array or a map: what comes first is `count`.
    ElementReader(std::string_view bytes, std::uint32_t& count) noexcept : rest_(bytes) {
        count = take_size();
    }

    [[nodiscard]] Element next(TypeKind kind) noexcept;
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    [[nodiscard]] std::uint32_t take_size() noexcept;
    [[nodiscard]] std::string_view take(std::size_t size) noexcept;

    std::string_view rest_;
};

/// How many elements an array or entries a map has.
[[nodiscard]] std::uint32_t element_count(std::string_view bytes) noexcept;

/// Calls `visit(element)` for the elements of an array, in order.
template <class Visit>
void each_element(std::string_view array, TypeKind kind, Visit&& visit) {
    std::uint32_t count = 0;
    ElementReader reader(array, count);
    for (; count > 0; --count) visit(reader.next(kind));
}

/// Calls `visit(key, value)` for the entries of a map, in the order of their keys.
template <class Visit>
void each_entry(std::string_view map, TypeKind value_kind, Visit&& visit) {
    std::uint32_t count = 0;
    ElementReader reader(map, count);
    for (; count > 0; --count) {
        const Element key = reader.next(TypeKind::String);
        visit(*key, reader.next(value_kind));
    }
}

/// Appends one value to a text, element by element.
class NestedWriter {
public:
    explicit NestedWriter(std::string& out) : out_(out) {}

    /// Before the elements of an array or the entries of a map; `end` wants what it returns, and how many came.
    [[nodiscard]] std::size_t begin();
    void end(std::size_t start, std::size_t count);
    void add(TypeKind kind, const Element& element);
    /// A nested element in the making: what is appended between `open` and `close` is its bytes.
    [[nodiscard]] std::size_t open();
    void close(std::size_t start);

private:
    std::string& out_;
};

/// The entries of a map, which may come in any order.
class MapWriter {
public:
    void clear() noexcept;
    void add(std::string_view key, TypeKind kind, const Element& value);
    /// Appends the map; false: a key came twice, and the first one counts.
    bool finish(std::string& out);

private:
    struct Entry {
        std::size_t start = 0;  // In bytes_: the key as an element, and …
        std::size_t key_size = 0;
        std::size_t end = 0;  // … the value after it.
    };
    [[nodiscard]] std::string_view key_of(const Entry& entry) const noexcept;

    std::string bytes_;
    std::vector<Entry> entries_;
};

/// Row `row` of a column as an element; its bytes stay where they are.
[[nodiscard]] Element element_at(const Column& column, std::uint32_t row) noexcept;
/// `element` into row `row` of a column of its type; text stays where it is.
void put_element(Column& column, std::uint32_t row, const Element& element);
/// The element as a value of its own.
[[nodiscard]] Value element_value(const Type& type, const Element& element);

/// Whether `bytes` are a value of the nested `type`: for what comes from outside.
[[nodiscard]] bool is_packed(const Type& type, std::string_view bytes) noexcept;

/// As SQL writes it: `ARRAY[1, 2]`, `MAP('k', 1)`, `STRUCT(a := 1)`.
[[nodiscard]] std::string nested_sql(const Type& type, std::string_view bytes);

}  // namespace velo::engine
