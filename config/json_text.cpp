#include "config/json_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/utf8.hpp"

namespace velo::config {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The grammar of RFC 8259: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_json_number(std::string_view text) noexcept {
    const auto digits = [&] {
        const std::size_t count =
            static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
        text.remove_prefix(count);
        return count;
    };
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool zero = text.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (digits() == 0) return false;
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (digits() == 0) return false;
    }
    return text.empty();
}

void append(std::string& out, const Node& node) {
    switch (node.kind) {
        case Node::Kind::Null:
            out += "null";
            return;
        case Node::Kind::Scalar:
            if (node.style == Node::Style::Plain &&
                (is_json_number(node.text) || node.text == "true" || node.text == "false")) {
                out += node.text;
            } else {
                append_json_string(out, node.text);
            }
            return;
        case Node::Kind::Sequence:
            out += '[';
            for (const Node* item : node.items) {
                if (out.back() != '[') out += ',';
                append(out, *item);
            }
            out += ']';
            return;
        case Node::Kind::Mapping:
            out += '{';
            for (const Node::Entry& entry : node.entries) {
                if (out.back() != '{') out += ',';
                append_json_string(out, entry.key->text);
                out += ':';
                append(out, *entry.value);
            }
            out += '}';
            return;
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        const std::size_t length = utf8_length(text, at);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else if (length == 0) {
            out += "\xEF\xBF\xBD";
        } else {
            out += text.substr(at, length);
        }
        at += std::max<std::size_t>(length, 1);
    }
    out += '"';
}

std::string json_text(const Node& node) {
    std::string out;
    append(out, node);
    return out;
}

}  // namespace velo::config
