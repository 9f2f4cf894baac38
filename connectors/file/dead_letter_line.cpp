#include "connectors/file/dead_letter_line.hpp"

#include <cstddef>
#include <cstdint>

#include "config/json_text.hpp"
#include "config/utf8.hpp"

namespace velo::connectors {

namespace {

void append_base64(std::string& out, std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group =
                group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
        }
    }
}

// `"name":"bytes"`, or `"name_base64":"…"` where they are no text.
void append_bytes(std::string& out, std::string_view name, std::string_view bytes) {
    out += '"';
    out += name;
    if (!config::find_invalid_utf8(bytes)) {
        out += "\":";
        config::append_json_string(out, bytes);
        return;
    }
    out += "_base64\":\"";
    append_base64(out, bytes);
    out += '"';
}

}  // namespace

void append_dead_letter(std::string& out, const engine::DeadLetter& letter) {
    out += "{\"topic\":";
    config::append_json_string(out, letter.topic);
    out += ",\"partition\":";
    out += std::to_string(letter.partition);
    out += ",\"offset\":";
    out += std::to_string(letter.offset);
    out += ",\"stage\":";
    config::append_json_string(out, letter.stage);
    out += ",\"error\":";
    config::append_json_string(out, letter.error);
    out += ',';
    if (letter.has_key) {
        append_bytes(out, "key", letter.key);
        out += ',';
    }
    if (letter.has_value) {
        append_bytes(out, "payload", letter.value);
    } else {
        out += "\"payload\":null";
    }
    out += "}\n";
}

void append_tombstone(std::string& out, std::string_view key, const KeyForm& form) {
    out += "{\"$tombstone\":";
    if (form.column.empty()) {
        out += key.empty() ? "{}" : key;
    } else {
        out += '{';
        config::append_json_string(out, form.column);
        out += ':';
        if (form.is_quoted) {
            config::append_json_string(out, key);
        } else {
            out += key;
        }
        out += '}';
    }
    out += "}\n";
}

}  // namespace velo::connectors
