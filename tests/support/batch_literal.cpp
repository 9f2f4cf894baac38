#include "tests/support/batch_literal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/format/json_writer.hpp"

namespace velo::engine {

namespace {

[[noreturn]] void wrong(std::string text) { throw Error(Place{}, std::move(text)); }

bool is_separator(std::string_view rest) noexcept {
    return rest.starts_with("  ") || rest.starts_with('\t');
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// 'it''s' to it's.
std::string without_quotes(std::string_view text) {
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        out += text[i];
        if (text[i] == '\'') ++i;
    }
    return out;
}

bool is_quoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
}

bool is_number(std::string_view text) noexcept {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

bool is_text_in_json(Type type) noexcept {
    return type.is_text() || type.kind == TypeKind::Date || type.kind == TypeKind::Interval ||
           type.kind == TypeKind::Time;
}

// Appends a column's value as JSON; numbers and the like as they are written, so that a test can write wrong ones too.
void write_value(JsonWriter& json, const Cell& cell, Type type) {
    const bool is_time = type.kind == TypeKind::Timestamp && !cell.quoted && !is_number(cell.text);
    if (!cell.quoted && cell.text == "NULL") {
        json.null();
    } else if (is_time) {
        const auto time = read_time_cell(cell.text);
        json.text(time ? rfc3339_text(*time) : cell.text);
    } else if (cell.quoted || (is_text_in_json(type) && !cell.text.starts_with('"'))) {
        json.text(cell.text);
    } else {
        json.raw(cell.text);
    }
}

// `key=…`, `ts=…` in front of the row's own cells.
void take_mark(std::vector<Cell>& cells, std::string_view name, std::optional<std::string>& value) {
    if (cells.empty() || cells.front().quoted || !cells.front().text.starts_with(name)) return;
    const std::string text = cells.front().text.substr(name.size());
    value = is_quoted(text) ? without_quotes(text) : text;
    cells.erase(cells.begin());
}

void take_marks(std::vector<Cell>& cells, RecordLiteral& record) {
    take_mark(cells, "key=", record.key);
    std::optional<std::string> timestamp;
    take_mark(cells, "ts=", timestamp);
    if (!timestamp) return;
    const auto time = read_time_cell(*timestamp);
    if (!time) wrong(fmt::format("'ts={}' is no time; write ts=00:01:04", *timestamp));
    record.timestamp = time->time_since_epoch().count();
}

/// Reads one flat JSON object, as encoders write them.
class ObjectReader {
public:
    explicit ObjectReader(std::string_view json) : json_(json) {}

    void expect(char c) {
        if (!accept(c))
            wrong(fmt::format("'{}' is not the message that was expected: no '{}' at {}", json_, c,
                              at_));
    }
    bool accept(char c) noexcept {
        if (at_ >= json_.size() || json_[at_] != c) return false;
        ++at_;
        return true;
    }
    [[nodiscard]] bool at_string() const noexcept {
        return at_ < json_.size() && json_[at_] == '"';
    }
    [[nodiscard]] bool at_end() const noexcept { return at_ == json_.size(); }

    /// The text of a string; `raw` becomes its JSON.
    std::string string(std::string_view& raw) {
        const std::size_t start = at_;
        std::string out;
        expect('"');
        while (at_ < json_.size() && json_[at_] != '"') {
            if (json_[at_] == '\\') {
                escape(out);
            } else {
                out += json_[at_++];
            }
        }
        expect('"');
        raw = json_.substr(start, at_ - start);
        return out;
    }

    /// A number, true, false or null; an array or an object as it is written.
    std::string_view bare() {
        const std::size_t start = at_;
        std::size_t open = 0;
        std::string_view raw;
        while (at_ < json_.size() && (open > 0 || (json_[at_] != ',' && json_[at_] != '}'))) {
            if (at_string()) {
                static_cast<void>(string(raw));
                continue;
            }
            if (json_[at_] == '[' || json_[at_] == '{') ++open;
            if (json_[at_] == ']' || json_[at_] == '}') --open;
            ++at_;
        }
        return json_.substr(start, at_ - start);
    }

private:
    void escape(std::string& out) {
        constexpr std::array<std::pair<char, char>, 8> kShort{{{'n', '\n'},
                                                               {'t', '\t'},
                                                               {'r', '\r'},
                                                               {'b', '\b'},
                                                               {'f', '\f'},
                                                               {'"', '"'},
                                                               {'\\', '\\'},
                                                               {'/', '/'}}};
        const char kind = at_ + 1 < json_.size() ? json_[at_ + 1] : '\0';
        at_ += 2;
        for (const auto& [name, character] : kShort) {
            if (name != kind) continue;
            out += character;
            return;
        }
        unsigned code = 0;
        if (kind == 'u' && at_ + 4 <= json_.size())
            std::from_chars(json_.data() + at_, json_.data() + at_ + 4, code, 16);
        at_ += 4;
        if (kind != 'u' || code > 0x7F)
            wrong(fmt::format("'{}' has an escape that encoders do not write", json_));
        out += static_cast<char>(code);
    }

    std::string_view json_;
    std::size_t at_ = 0;
};

std::string number_cell(std::string_view number, Type type) {
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (type.kind != TypeKind::Double || read.ec != std::errc{} ||
        read.ptr != number.data() + number.size())
        return std::string(number);
    std::array<char, 32> out;
    return {out.data(), std::to_chars(out.data(), out.data() + out.size(), value).ptr};
}

std::string string_cell(std::string_view text, std::string_view raw, Type type) {
    if (type.kind == TypeKind::Timestamp) {
        const auto time = parse_rfc3339(text);
        if (time) return time_cell(*time);
    }
    const bool controls =
        std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    return controls ? std::string(raw) : text_cell(text);
}

}  // namespace

std::vector<Cell> split_cells(std::string_view line) {
    std::vector<Cell> cells;
    line = trimmed(line);
    while (!line.empty()) {
        const std::size_t start = line.starts_with("key=") ? 4 : 0;
        std::size_t end = 0;
        bool inside = false;
        while (end < line.size() && (inside || !is_separator(line.substr(end)))) {
            if (line[end] == '\'' && (inside || end == start)) inside = !inside;
            ++end;
        }
        if (inside) wrong("a quote is not closed; end the text with '");
        const std::string_view text = line.substr(0, end);
        cells.push_back(is_quoted(text) ? Cell{without_quotes(text), true}
                                        : Cell{std::string(text), false});
        line = trimmed(line.substr(end));
    }
    return cells;
}

RecordLiteral record_literal(std::string_view line, const Schema& schema) {
    RecordLiteral record;
    line = trimmed(line);
    // What is not cells is not split into cells, but may have marks before it.
    const auto rest_after_marks = [&](std::string_view start) {
        std::string_view rest = line;
        while (rest.starts_with("key=") || rest.starts_with("ts="))
            rest = trimmed(rest.substr(std::min(rest.find("  "), rest.size())));
        return rest.starts_with(start) ? std::optional(rest) : std::nullopt;
    };
    for (const std::string_view start : {"{", "raw ", "raw", "tombstone"}) {
        const auto rest = rest_after_marks(start);
        if (!rest || (start == "raw" && *rest != start)) continue;
        std::vector<Cell> marks = split_cells(line.substr(0, line.size() - rest->size()));
        take_marks(marks, record);
        if (start != "tombstone")
            record.value = std::string(start == "{" ? *rest : rest->substr(start.size()));
        return record;
    }
    std::vector<Cell> cells = split_cells(line);
    take_marks(cells, record);
    if (cells.size() != schema.size())
        wrong(fmt::format("the row has {} cells and the stream {} columns", cells.size(),
                          schema.size()));
    record.value.emplace();
    JsonWriter json(*record.value);
    json.begin_object();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (!schema[i].path.empty()) wrong("rows of a stream with paths are written as JSON: {…}");
        if (!cells[i].quoted && cells[i].text == "MISSING") continue;
        json.name(schema[i].name);
        write_value(json, cells[i], schema[i].type);
    }
    json.end_object();
    return record;
}

std::optional<EventTime> read_time_cell(std::string_view text) {
    if (const auto time = parse_rfc3339(text)) return time;
    if (const auto time = parse_rfc3339(std::string(text) + "Z")) return time;
    return parse_rfc3339("1970-01-01T" + std::string(text) + "Z");
}

std::string time_cell(EventTime time) {
    constexpr std::string_view kFirstDay = "1970-01-01T";
    std::string text = rfc3339_text(time);
    if (!text.starts_with(kFirstDay)) return text;
    text = text.substr(kFirstDay.size());
    text.pop_back();
    if (text.ends_with(".000")) text.resize(text.size() - 4);
    return text;
}

std::vector<std::string> message_cells(std::string_view json, std::span<const OutputName> columns) {
    ObjectReader reader(json);
    std::vector<std::string> cells;
    reader.expect('{');
    for (const OutputName& column : columns) {
        std::string_view raw;
        if (!cells.empty()) reader.expect(',');
        const std::string name = reader.string(raw);
        if (name != column.name)
            wrong(fmt::format("the message has '{}' where '{}' was expected: {}", name, column.name,
                              json));
        reader.expect(':');
        if (reader.at_string()) {
            const std::string text = reader.string(raw);
            cells.push_back(string_cell(text, raw, column.type));
        } else {
            const std::string_view bare = reader.bare();
            cells.push_back(bare == "null" ? "NULL" : number_cell(bare, column.type));
        }
    }
    reader.expect('}');
    if (!reader.at_end()) wrong(fmt::format("the message goes on after its end: {}", json));
    return cells;
}

std::string canonical_cell(const Cell& cell, Type type) {
    if (cell.quoted) return text_cell(cell.text);
    if (cell.text == "NULL" || cell.text.starts_with('"')) return cell.text;
    if (type.kind == TypeKind::Timestamp) {
        const auto time = read_time_cell(cell.text);
        return time ? time_cell(*time) : cell.text;
    }
    return number_cell(cell.text, type);
}

std::string text_cell(std::string_view text) {
    static constexpr std::array<std::string_view, 8> kOtherMeaning{
        "late ", "filtered ", "fault ", "output_fault ", "tombstone", "key=", "ts=", "raw "};
    const bool plain =
        !text.empty() && text != "NULL" && text != "MISSING" && trimmed(text) == text &&
        text.find("  ") == std::string_view::npos && text.find('\t') == std::string_view::npos &&
        text.find_first_of("'\"{#") != 0 && text != "----" &&
        std::ranges::none_of(kOtherMeaning,
                             [&](std::string_view start) { return text.starts_with(start); });
    if (plain) return std::string(text);
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

}  // namespace velo::engine
