#include "config/diagnostics.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/json_text.hpp"
#include "config/utf8.hpp"

namespace velo::config {

namespace {

constexpr std::size_t kMaxShownColumns = 160;

std::string_view line_of(std::string_view text, int line) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (; line > 1; --line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

// One character on the screen for each of `text`: its own when it is a tab (so that the caret stands right), else `fill`.
void append_cells(std::string& out, std::string_view text, char fill) {
    for (std::size_t at = 0; at < text.size();) {
        out += text[at] == '\t' ? '\t' : fill;
        at += std::max<std::size_t>(utf8_length(text, at), 1);
    }
}

// The line of `place` with a caret line below it; nothing when the place is not in the text.
std::string excerpt(std::string_view text, const Place& place) {
    if (place.line <= 0 || place.column <= 0) return {};
    std::string_view line = line_of(text, place.line);
    if (line.empty()) return {};
    std::size_t column = static_cast<std::size_t>(place.column) - 1;
    std::string_view ellipsis;
    if (column > kMaxShownColumns / 2 && line.size() > kMaxShownColumns) {
        std::size_t cut = column - kMaxShownColumns / 2;
        while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0U) == 0x80U)
            --cut;  // Not inside a character.
        line.remove_prefix(cut);
        column -= cut;
        ellipsis = "...";
    }
    if (line.size() > kMaxShownColumns) {
        std::size_t end = kMaxShownColumns;
        while ((static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
        line = line.substr(0, end);
    }
    column = std::min(column, line.size());
    std::string caret;
    append_cells(caret, line.substr(0, column), ' ');
    caret += '^';
    std::string underline;
    append_cells(underline,
                 line.substr(column).substr(0, static_cast<std::size_t>(std::max(place.length, 1))),
                 '~');
    if (underline.size() > 1) caret += underline.substr(1);
    return fmt::format("    {}{}\n    {}{}\n", ellipsis, line, std::string(ellipsis.size(), ' '),
                       caret);
}

}  // namespace

void Diagnostics::add_file(const std::string& file, std::string text) {
    files_[file] = std::move(text);
}

void Diagnostics::add(const std::vector<Mistake>& mistakes) {
    mistakes_.insert(mistakes_.end(), mistakes.begin(), mistakes.end());
    const auto key = [](const Mistake& mistake) {
        return std::tuple(std::string_view(mistake.place.file), mistake.place.line,
                          mistake.place.column, std::string_view(mistake.text));
    };
    std::ranges::sort(mistakes_, {}, key);
    const auto repeated = std::ranges::unique(mistakes_, {}, key);
    mistakes_.erase(repeated.begin(), repeated.end());
}

std::string Diagnostics::text() const {
    std::string out;
    std::size_t shown = 0;
    for (const Mistake& mistake : mistakes_) {
        if (shown++ == kMaxShownMistakes) {
            out += fmt::format("… and {} more\n", mistakes_.size() - kMaxShownMistakes);
            break;
        }
        out += mistake.line() + '\n';
        const auto file = files_.find(mistake.place.file);
        if (file != files_.end()) out += excerpt(file->second, mistake.place);
    }
    return out;
}

std::string Diagnostics::json() const {
    std::string out = "[";
    for (const Mistake& mistake : mistakes_) {
        out += out.size() > 1 ? ",\n {\"file\":" : "\n {\"file\":";
        append_json_string(out, mistake.place.file);
        out +=
            fmt::format(",\"line\":{},\"column\":{},\"length\":{},\"message\":", mistake.place.line,
                        mistake.place.column, mistake.place.length);
        append_json_string(out, mistake.text);
        out += '}';
    }
    out += mistakes_.empty() ? "]\n" : "\n]\n";
    return out;
}

}  // namespace velo::config
