// JSON read back: answers of a daemon, rows of a test. Writing is engine/format/json_writer's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace velo::server {

/// One value. Numbers keep their digits: a DECIMAL of 38 digits is as exact as it was written.
struct JsonValue {
    enum class Kind : std::uint8_t { Null, False, True, Number, String, Array, Object };
    Kind kind = Kind::Null;
    std::string text;                                       // Of a string or a number.
    std::vector<JsonValue> items;                           // Of an array.
    std::vector<std::pair<std::string, JsonValue>> fields;  // Of an object, as they stood.

    /// The first field of this name; null pointer when there is none, or this is no object.
    [[nodiscard]] const JsonValue* find(std::string_view name) const noexcept;
    /// The field's text, or nothing.
    [[nodiscard]] std::string text_of(std::string_view name) const;
    /// The field as a number; 0 when it is none.
    [[nodiscard]] double number_of(std::string_view name) const;
};

/// One value and nothing after it, nested at most 64 deep; nullopt when it is not JSON.
[[nodiscard]] std::optional<JsonValue> parse_json(std::string_view text);

/// Whether they say the same: 20 and 20.0 and 2e1 do; the order of an object's fields does not count.
[[nodiscard]] bool same_json(const JsonValue& a, const JsonValue& b);

}  // namespace velo::server
