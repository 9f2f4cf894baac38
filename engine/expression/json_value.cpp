#include "engine/expression/json_value.hpp"

#include <algorithm>
#include <charconv>

#include "engine/expression/hex.hpp"
#include "engine/expression/signature.hpp"
#include "engine/format/json_scanner.hpp"

namespace velo::engine {

namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Reads forward through one text.
class Cursor {
public:
    explicit Cursor(std::string_view text) noexcept : at_(text.data()), end_(at_ + text.size()) {}

    [[nodiscard]] const char* at() const noexcept { return at_; }
    [[nodiscard]] bool is_done() const noexcept { return at_ == end_; }
    [[nodiscard]] bool is(char c) const noexcept { return at_ != end_ && *at_ == c; }
    bool take(char c) noexcept {
        if (!is(c)) return false;
        ++at_;
        return true;
    }
    void skip_space() noexcept {
        while (at_ != end_ && is_space(*at_)) ++at_;
    }

    /// Past one value; false when there is none.
    bool take_value(unsigned depth) noexcept {
        if (is_done()) return false;
        switch (*at_) {
            case '{':
                return take_container(depth, '}', true);
            case '[':
                return take_container(depth, ']', false);
            case '"':
                return take_string();
            case 't':
                return take_word("true");
            case 'f':
                return take_word("false");
            case 'n':
                return take_word("null");
            default:
                return take_number();
        }
    }

    bool take_string() noexcept {
        if (!take('"')) return false;
        while (at_ != end_) {
            const char c = *at_++;
            if (c == '"') return true;
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c == '\\' && !take_escape()) return false;
        }
        return false;
    }

private:
    bool take_word(std::string_view word) noexcept {
        if (!std::string_view(at_, end_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    bool take_escape() noexcept {
        if (is_done()) return false;
        const char c = *at_++;
        if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
        if (end_ - at_ < 4) return false;
        for (int i = 0; i < 4; ++i) {
            if (hex_digit(*at_++) < 0) return false;
        }
        return true;
    }

    bool take_digits() noexcept {
        const char* const start = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return at_ != start;
    }

    bool take_number() noexcept {
        take('-');
        const bool zero = is('0');
        const char* const start = at_;
        if (!take_digits() || (zero && at_ - start > 1)) return false;
        if (take('.') && !take_digits()) return false;
        if (!take('e') && !take('E')) return true;
        if (!take('+')) take('-');
        return take_digits();
    }

    bool take_container(unsigned depth, char close, bool named) noexcept {
        if (depth >= kMaxJsonDepth) return false;
        ++at_;
        skip_space();
        if (take(close)) return true;
        while (true) {
            if (named) {
                if (!take_string()) return false;
                skip_space();
                if (!take(':')) return false;
                skip_space();
            }
            if (!take_value(depth + 1)) return false;
            skip_space();
            if (take(close)) return true;
            if (!take(',')) return false;
            skip_space();
        }
    }

    const char* at_;
    const char* end_;
};

// Whether a member's name, with its quotes, is `wanted`.
bool is_named(std::string_view name, std::string_view wanted) {
    const std::string_view inside = name.substr(1, name.size() - 2);
    if (inside.find('\\') == std::string_view::npos) return inside == wanted;
    std::string text;
    return append_json_text(name, text) && text == wanted;
}

std::optional<std::string_view> member(std::string_view value, std::string_view name) {
    if (json_kind(value) != JsonKind::Object) return std::nullopt;
    JsonItems items(value);
    while (items.next()) {
        if (is_named(items.name(), name)) return items.value();
    }
    return std::nullopt;
}

std::optional<std::string_view> element(std::string_view value, std::int64_t index) {
    if (json_kind(value) != JsonKind::Array) return std::nullopt;
    if (index < 0) {  // From the end: once all are counted, from the start.
        JsonItems all(value);
        while (all.next()) ++index;
        if (index < 0) return std::nullopt;
    }
    JsonItems items(value);
    while (items.next()) {
        if (index-- == 0) return items.value();
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> json_value(std::string_view text) noexcept {
    Cursor cursor(text);
    cursor.skip_space();
    const char* const start = cursor.at();
    if (!cursor.take_value(0)) return std::nullopt;
    const std::string_view value(start, cursor.at());
    cursor.skip_space();
    return cursor.is_done() ? std::optional(value) : std::nullopt;
}

JsonKind json_kind(std::string_view value) noexcept {
    switch (value.front()) {
        case '{':
            return JsonKind::Object;
        case '[':
            return JsonKind::Array;
        case '"':
            return JsonKind::String;
        case 't':
        case 'f':
            return JsonKind::Boolean;
        case 'n':
            return JsonKind::Null;
        default:
            return JsonKind::Number;
    }
}

bool JsonItems::next() noexcept {
    Cursor cursor(rest_);
    cursor.skip_space();
    if (cursor.is('}') || cursor.is(']')) return false;
    cursor.take(',');
    cursor.skip_space();
    if (has_names_) {
        const char* const start = cursor.at();
        cursor.take_string();
        name_ = {start, cursor.at()};
        cursor.skip_space();
        cursor.take(':');
        cursor.skip_space();
    }
    const char* const start = cursor.at();
    cursor.take_value(0);  // It has been checked, with its depth.
    value_ = {start, cursor.at()};
    rest_.remove_prefix(static_cast<std::size_t>(cursor.at() - rest_.data()));
    return true;
}

std::expected<JsonPath, std::string> JsonPath::compile(std::string_view path) {
    const std::string wrong = "has a path that is none: '" + shortened(path) +
                              "'; write $.name[0][\"any name\"], elements from 0, or -1 for the "
                              "last one";
    JsonPath compiled;
    std::string_view rest = path;
    if (rest.starts_with("lax ")) rest.remove_prefix(4);
    if (!rest.starts_with('$')) return std::unexpected(wrong);
    rest.remove_prefix(1);
    while (!rest.empty()) {
        if (rest.starts_with('.')) {
            rest.remove_prefix(1);
            const std::string_view name = rest.substr(0, rest.find_first_of(".[]\"'* "));
            if (name.empty()) return std::unexpected(wrong);
            compiled.steps_.emplace_back(std::string(name));
            rest.remove_prefix(name.size());
            continue;
        }
        if (rest.size() < 3 || rest.front() != '[') return std::unexpected(wrong);
        rest.remove_prefix(1);
        const char quote = rest.front();
        if (quote == '"' || quote == '\'') {
            const std::size_t close = rest.find(quote, 1);
            if (close == std::string_view::npos) return std::unexpected(wrong);
            compiled.steps_.emplace_back(std::string(rest.substr(1, close - 1)));
            rest.remove_prefix(close + 1);
        } else {
            std::int64_t index = 0;
            const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), index);
            if (read.ec != std::errc{}) return std::unexpected(wrong);
            compiled.steps_.emplace_back(index);
            rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
        }
        if (!rest.starts_with(']')) return std::unexpected(wrong);
        rest.remove_prefix(1);
    }
    if (compiled.steps_.size() > kMaxJsonDepth) return std::unexpected(wrong);
    return compiled;
}

std::optional<std::string_view> JsonPath::find(std::string_view value) const {
    std::optional<std::string_view> found = value;
    for (const Step& step : steps_) {
        found = std::holds_alternative<std::string>(step)
                    ? member(*found, std::get<std::string>(step))
                    : element(*found, std::get<std::int64_t>(step));
        if (!found) return std::nullopt;
    }
    return found;
}

bool append_json_text(std::string_view string, std::string& out) {
    const std::string_view inside = string.substr(1, string.size() - 2);
    const std::size_t before = out.size();
    out.resize(before + inside.size());
    const char* const end = unescape_json(inside, out.data() + before);
    if (end == nullptr) return false;
    out.resize(static_cast<std::size_t>(end - out.data()));
    return true;
}

}  // namespace velo::engine
