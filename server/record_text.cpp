#include "server/record_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/utf8.hpp"
#include "engine/format/base64.hpp"
#include "server/json_value.hpp"

namespace velo::server {

namespace {

constexpr std::size_t kMostHexBytes = 256;
constexpr std::size_t kHexLine = 16;

std::string hex_text(std::string_view bytes, const std::string& margin) {
    std::string out;
    for (std::size_t at = 0; at < bytes.size() && at < kMostHexBytes; at += kHexLine) {
        std::string hex, text;
        for (const char c : bytes.substr(at, kHexLine)) {
            hex += fmt::format("{:02x} ", static_cast<unsigned char>(c));
            text += c >= 0x20 && c < 0x7F ? c : '.';
        }
        out += fmt::format("{}{:08x}  {:<48} |{}|\n", margin, at, hex, text);
    }
    if (bytes.size() > kMostHexBytes)
        out += fmt::format("{}… {} bytes in all\n", margin, bytes.size());
    return out;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Copies the string that begins at `at` of valid JSON; returns where it ends.
std::size_t copy_string(std::string_view json, std::size_t at, std::string& out) {
    std::size_t end = at + 1;
    while (json[end] != '"') end += json[end] == '\\' ? 2U : 1U;
    out += json.substr(at, end - at + 1);
    return end;
}

// Breaks valid JSON into lines without touching a name or a value.
std::string json_lines(std::string_view json, const std::string& margin) {
    std::string out = margin;
    std::size_t depth = 0;
    const auto new_line = [&] { out += '\n' + margin + std::string(2 * depth, ' '); };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"') {
            i = copy_string(json, i, out);
        } else if (c == '{' || c == '[') {
            out += c;
            const std::size_t next = json.find_first_not_of(" \t\r\n", i + 1);
            if (json[next] == '}' || json[next] == ']') {
                out += json[next];
                i = next;
            } else {
                ++depth;
                new_line();
            }
        } else if (c == '}' || c == ']') {
            --depth;
            new_line();
            out += c;
        } else if (c == ',') {
            out += c;
            new_line();
        } else if (c == ':') {
            out += ": ";
        } else if (!is_space(c)) {
            out += c;
        }
    }
    return out + '\n';
}

}  // namespace

void write_bytes(engine::JsonWriter& json, std::string_view name, std::string_view bytes) {
    if (!config::find_invalid_utf8(bytes)) {
        json.name(name).text(bytes);
        return;
    }
    std::string text(engine::base64_size(bytes.size()), '\0');
    text.resize(static_cast<std::size_t>(engine::write_base64(text.data(), bytes) - text.data()));
    json.name(std::string(name) + "_base64").text(text);
}

std::string printable(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(
        line,
        [](char c) {
            const auto code = static_cast<unsigned char>(c);
            return code < 0x20 || code == 0x7F;
        },
        ' ');
    return line;
}

std::string on_one_line(std::string_view json) {
    std::string out;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json[i] == '"') {
            i = copy_string(json, i, out);
        } else if (!is_space(json[i])) {
            out += json[i];
        }
    }
    return out;
}

std::string payload_text(std::string_view bytes, std::size_t indent) {
    const std::string margin(indent, ' ');
    if (config::find_invalid_utf8(bytes)) return hex_text(bytes, margin);
    if (const auto json = parse_json(bytes);
        json && (json->kind == JsonValue::Kind::Object || json->kind == JsonValue::Kind::Array))
        return json_lines(bytes, margin);
    std::string out;
    while (!bytes.empty()) {
        const std::string_view line = bytes.substr(0, bytes.find('\n'));
        out += margin + printable(line) + '\n';
        bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
    }
    return out;
}

}  // namespace velo::server
