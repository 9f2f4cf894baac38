#include "server/json_value.hpp"

#include <algorithm>
#include <charconv>

namespace velo::server {

namespace {

constexpr int kMostDeep = 64;

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) {
        out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
    };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// Reads one text from front to back.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool value(JsonValue& into, int depth) {
        skip_space();
        if (rest_.empty()) return false;
        switch (rest_.front()) {
            case '{':
                return object(into, depth);
            case '[':
                return array(into, depth);
            case '"':
                into.kind = JsonValue::Kind::String;
                return string(into.text);
            case 't':
                return word("true", JsonValue::Kind::True, into);
            case 'f':
                return word("false", JsonValue::Kind::False, into);
            case 'n':
                return word("null", JsonValue::Kind::Null, into);
            default:
                return number(into);
        }
    }

    [[nodiscard]] bool at_end() {
        skip_space();
        return rest_.empty();
    }

private:
    void skip_space() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    }
    bool take(char c) {
        skip_space();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool word(std::string_view word, JsonValue::Kind kind, JsonValue& into) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        into.kind = kind;
        return true;
    }

    bool number(JsonValue& into) {
        const std::size_t size = std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size());
        into.kind = JsonValue::Kind::Number;
        into.text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        double ignored = 0;
        const char* end = into.text.data() + into.text.size();
        const auto [stop, problem] = std::from_chars(into.text.data(), end, ignored);
        return size > 0 && stop == end && problem != std::errc::invalid_argument;
    }

    bool hex4(std::uint32_t& code) {
        if (rest_.size() < 4) return false;
        const auto [stop, problem] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
        const bool whole = problem == std::errc{} && stop == rest_.data() + 4;
        rest_.remove_prefix(4);
        return whole;
    }

    bool escape(std::string& into) {
        static constexpr std::string_view kNames = "\"\\/bfnrt";
        static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        if (rest_.empty()) return false;
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
            into += kMeanings[at];
            return true;
        }
        std::uint32_t code = 0;
        if (c != 'u' || !hex4(code)) return false;
        if (code >= 0xD800 && code < 0xDC00 && rest_.starts_with("\\u")) {
            rest_.remove_prefix(2);
            std::uint32_t low = 0;
            if (!hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        }
        append_utf8(into, code);
        return true;
    }

    bool string(std::string& into) {
        rest_.remove_prefix(1);
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return true;
            if (c != '\\') {
                into += c;
            } else if (!escape(into)) {
                return false;
            }
        }
        return false;
    }

    bool array(JsonValue& into, int depth) {
        if (depth == kMostDeep) return false;
        into.kind = JsonValue::Kind::Array;
        take('[');
        if (take(']')) return true;
        do {
            if (!value(into.items.emplace_back(), depth + 1)) return false;
        } while (take(','));
        return take(']');
    }

    bool object(JsonValue& into, int depth) {
        if (depth == kMostDeep) return false;
        into.kind = JsonValue::Kind::Object;
        take('{');
        if (take('}')) return true;
        do {
            skip_space();
            auto& [name, field] = into.fields.emplace_back();
            if (!rest_.starts_with('"') || !string(name) || !take(':') || !value(field, depth + 1))
                return false;
        } while (take(','));
        return take('}');
    }

    std::string_view rest_;
};

/// A number as digits and the power of ten behind the last of them: equal numbers have equal ones.
struct Exact {
    bool negative = false;
    std::string digits;  // Without zeros at either end; empty: 0.
    long long exponent = 0;

    [[nodiscard]] bool operator==(const Exact&) const = default;
};

Exact exact(std::string_view text) {
    Exact number;
    if (text.starts_with('-') || text.starts_with('+')) {
        number.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view power = text.substr(e + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        std::from_chars(power.data(), power.data() + power.size(), number.exponent);
    }
    bool fraction = false;
    for (const char c : text.substr(0, e)) {
        if (c == '.') {
            fraction = true;
            continue;
        }
        if (fraction) --number.exponent;
        if (c != '0' || !number.digits.empty()) number.digits += c;
    }
    while (number.digits.ends_with('0')) {
        number.digits.pop_back();
        ++number.exponent;
    }
    if (number.digits.empty()) return {};
    return number;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const noexcept {
    for (const auto& [each, value] : fields) {
        if (each == name) return &value;
    }
    return nullptr;
}

std::string JsonValue::text_of(std::string_view name) const {
    const JsonValue* value = find(name);
    return value == nullptr ? std::string{} : value->text;
}

double JsonValue::number_of(std::string_view name) const {
    const JsonValue* value = find(name);
    double number = 0;
    if (value != nullptr && value->kind == Kind::Number)
        std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
    return number;
}

std::optional<JsonValue> parse_json(std::string_view text) {
    Reader reader(text);
    JsonValue value;
    if (!reader.value(value, 0) || !reader.at_end()) return std::nullopt;
    return value;
}

bool same_json(const JsonValue& a, const JsonValue& b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case JsonValue::Kind::Number:
            return exact(a.text) == exact(b.text);
        case JsonValue::Kind::String:
            return a.text == b.text;
        case JsonValue::Kind::Array:
            return std::ranges::equal(a.items, b.items, same_json);
        case JsonValue::Kind::Object:
            return a.fields.size() == b.fields.size() &&
                   std::ranges::all_of(a.fields, [&](const auto& field) {
                       const JsonValue* other = b.find(field.first);
                       return other != nullptr && same_json(field.second, *other);
                   });
        default:
            return true;
    }
}

}  // namespace velo::server
