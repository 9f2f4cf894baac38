// JSON inside a text: whether it is some, and the value at a path.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace velo::engine {

/// The value that a text holds, without the white space around it, checked through and through (RFC 8259; brackets at most
/// 64 deep); nullopt when it is no JSON. The text is valid UTF-8.
[[nodiscard]] std::optional<std::string_view> json_value(std::string_view text) noexcept;

enum class JsonKind : std::uint8_t { Object, Array, String, Number, Boolean, Null };
/// Of a checked value.
[[nodiscard]] JsonKind json_kind(std::string_view value) noexcept;

/// The elements of an array or the members of an object: `next` goes on until it returns false.
class JsonItems {
public:
    /// `container` is a checked object or array.
    explicit JsonItems(std::string_view container) noexcept
        : rest_(container.substr(1)), has_names_(container.front() == '{') {}
    [[nodiscard]] bool next() noexcept;
    [[nodiscard]] std::string_view name() const noexcept { return name_; }  // With its quotes.
    [[nodiscard]] std::string_view value() const noexcept { return value_; }

private:
    std::string_view rest_;
    bool has_names_;
    std::string_view name_;
    std::string_view value_;
};

/// `$.a["b c"][0][-1]`; `lax` before it is taken and changes nothing.
class JsonPath {
public:
    /// The error says what is wrong.
    [[nodiscard]] static std::expected<JsonPath, std::string> compile(std::string_view path);

    /// The value at the path inside a checked value; nullopt when there is none. Of members of one name the first counts.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view value) const;

private:
    using Step = std::variant<std::string, std::int64_t>;
    std::vector<Step> steps_;
};

/// The text a checked JSON string stands for, appended to `out`; false for half a surrogate pair, which no text is.
[[nodiscard]] bool append_json_text(std::string_view string, std::string& out);

}  // namespace velo::engine
