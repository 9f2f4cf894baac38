#include "engine/plan/query_text.hpp"

#include <algorithm>

namespace velo::engine {

namespace {

constexpr std::size_t kLongestQuoted = 60;

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// The end of what starts at `from`: a quoted text, or a comment; `from` where it is neither.
std::size_t end_of_quotes(std::string_view text, std::size_t from) noexcept {
    const char quote = text[from];
    if (quote != '\'' && quote != '"' && quote != '`') return from;
    const std::size_t close = text.find(quote, from + 1);
    return close == std::string_view::npos ? text.size() : close + 1;
}

std::size_t end_of_comment(std::string_view text, std::size_t from) noexcept {
    const std::string_view rest = text.substr(from);
    if (!rest.starts_with("--") && !rest.starts_with("/*")) return from;
    const std::string_view closing = rest.starts_with("--") ? "\n" : "*/";
    const std::size_t close = text.find(closing, from + 2);
    return close == std::string_view::npos ? text.size() : close + closing.size();
}

}  // namespace

QueryText::QueryText(std::string_view sql) : sql_(sql), line_starts_{0} {
    for (std::size_t i = 0; i < sql.size(); ++i) {
        if (sql[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::string QueryText::at(const Place& place) const {
    if (place.line < 1 || static_cast<std::size_t>(place.line) > line_starts_.size() ||
        place.column < 1)
        return {};
    const std::size_t from = line_starts_[static_cast<std::size_t>(place.line) - 1] +
                             static_cast<std::size_t>(place.column) - 1;
    if (from >= sql_.size() || place.length < 1) return {};
    const std::string_view text = sql_.substr(from, static_cast<std::size_t>(place.length));
    std::string out;
    bool blank = false;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t comment_end = end_of_comment(text, i);
        if (is_blank(text[i]) || comment_end != i) {
            blank = true;
            i = std::max(comment_end, i + 1);
            continue;
        }
        if (blank && !out.empty()) out += ' ';
        blank = false;
        const std::size_t end = std::max(end_of_quotes(text, i), i + 1);
        out += text.substr(i, end - i);
        i = end;
    }
    return out;
}

std::string QueryText::quoted(const Place& place) const {
    std::string text = at(place);
    if (text.size() > kLongestQuoted) {
        std::size_t end = kLongestQuoted - 3;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
            --end;  // Not inside a character.
        text.resize(end);
        text += "...";
    }
    return text.starts_with('\'') ? text : "'" + text + "'";
}

}  // namespace velo::engine
