#include "config/sql_text.hpp"

#include <algorithm>
#include <string_view>

#include "config/utf8.hpp"

namespace velo::config {

namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

bool is_blank(char c) noexcept { return kBlanks.find(c) != std::string_view::npos; }

// What an escape of a double-quoted scalar takes in the file, and what it becomes.
struct Escape {
    std::size_t written = 2;  // Bytes in the file, the backslash included.
    std::size_t value = 1;    // Bytes in the text.
    bool blank = false;       // It becomes white space, or (a line continued) nothing.
};

std::size_t utf8_size(std::uint32_t code_point) noexcept {
    if (code_point < 0x80) return 1;
    if (code_point < 0x800) return 2;
    return code_point < 0x10000 ? 3 : 4;
}

Escape escape_at(std::string_view file, std::size_t at) noexcept {
    const char kind = at + 1 < file.size() ? file[at + 1] : ' ';
    const auto number = [&](std::size_t digits) {
        std::uint32_t code_point = 0;
        for (std::size_t i = at + 2; i < std::min(at + 2 + digits, file.size()); ++i) {
            const char c = file[i];
            const auto digit =
                static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
            code_point = code_point * 16 + (digit & 15U);
        }
        const bool blank = code_point < 0x80 && is_blank(static_cast<char>(code_point));
        return Escape{2 + digits, utf8_size(code_point), blank};
    };
    switch (kind) {
        case 'x':
            return number(2);
        case 'u':
            return number(4);
        case 'U':
            return number(8);
        case 'N':
        case '_':
            return {2, 2, false};
        case 'L':
        case 'P':
            return {2, 3, false};
        case 'n':
        case 't':
        case 'r':
        case 'v':
        case 'f':
            return {2, 1, true};
        default:
            return {2, 1, is_blank(kind)};
    }
}

/// Walks through file and text together. White space is what YAML changes (indentation, folding, line ends); everything
/// else is in both, in the same order, but for escapes.
class Walk {
public:
    Walk(std::string_view file, const Node& scalar)
        : file_(file), style_(scalar.style), at_(scalar.offset) {
        if (style_ == Node::Style::SingleQuoted || style_ == Node::Style::DoubleQuoted) ++at_;
        if (style_ == Node::Style::Literal || style_ == Node::Style::Folded)
            at_ = std::min(file_.find('\n', at_), file_.size());
    }

    /// Where the text's next byte that is no white space stands; `c` is that byte.
    std::size_t find(char c) {
        if (rest_of_escape_ > 0) {
            --rest_of_escape_;
            return last_;
        }
        skip_blanks();
        last_ = at_;
        if (style_ == Node::Style::DoubleQuoted && at_ < file_.size() && file_[at_] == '\\') {
            const Escape escape = escape_at(file_, at_);
            rest_of_escape_ = escape.value - 1;
            at_ += escape.written;
        } else {
            at_ += style_ == Node::Style::SingleQuoted && c == '\'' ? 2 : 1;
        }
        return last_;
    }
    /// Where the walk stands: after the last byte found.
    [[nodiscard]] std::size_t at() const noexcept { return at_; }

private:
    void skip_blanks() {
        while (at_ < file_.size()) {
            if (is_blank(file_[at_])) {
                ++at_;
            } else if (style_ == Node::Style::DoubleQuoted && file_[at_] == '\\' &&
                       escape_at(file_, at_).blank) {
                at_ += escape_at(file_, at_).written;
            } else {
                return;
            }
        }
    }

    std::string_view file_;
    Node::Style style_;
    std::size_t at_;
    std::size_t last_ = 0;
    std::size_t rest_of_escape_ = 0;  // Bytes of the text that the last escape still becomes.
};

}  // namespace

SqlText::SqlText(const YamlFile& file, const Node& scalar)
    : text_(scalar.text), place_(file.place(scalar)) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < file.text().size(); ++i) {
        if (file.text()[i] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
    }
    offsets_.resize(text_.size() + 1);
    Walk walk(file.text(), scalar);
    std::size_t blanks_from = 0;
    for (std::size_t i = 0; i <= text_.size(); ++i) {
        if (i < text_.size() && is_blank(text_[i])) continue;
        // White space stands where what precedes it ends, but not behind what follows it.
        const std::size_t before = walk.at();
        const std::size_t found = i < text_.size() ? walk.find(text_[i]) : before;
        for (std::size_t blank = blanks_from; blank < i; ++blank) {
            offsets_[blank] =
                static_cast<std::uint32_t>(std::min(before + (blank - blanks_from), found));
        }
        offsets_[i] = static_cast<std::uint32_t>(std::min(found, file.text().size()));
        blanks_from = i + 1;
    }
}

Place SqlText::in_file(const Place& in_text) const {
    if (!in_text.file.empty() || line_starts_.empty()) return in_text;
    if (in_text.line <= 0) return place_;
    std::size_t index = 0;
    for (int line = 1; line < in_text.line && index < text_.size(); ++line) {
        const std::size_t end = text_.find('\n', index);
        index = end == std::string::npos ? text_.size() : end + 1;
    }
    index =
        std::min(index + static_cast<std::size_t>(std::max(in_text.column - 1, 0)), text_.size());
    const std::size_t last =
        std::min(index + static_cast<std::size_t>(std::max(in_text.length, 1)), text_.size());
    const std::uint32_t end = last > index ? offsets_[last - 1] + 1 : offsets_[index] + 1;
    return at_offset(offsets_[index], end);
}

Place SqlText::at_offset(std::uint32_t from, std::uint32_t end) const {
    const auto next_line = std::ranges::upper_bound(line_starts_, from);
    const std::uint32_t line_start = *(next_line - 1);
    // A range over several lines is underlined to the end of its first.
    if (next_line != line_starts_.end()) end = std::min(end, *next_line - 1);
    return {place_.file, static_cast<int>(next_line - line_starts_.begin()),
            static_cast<int>(from - line_start) + 1,
            static_cast<int>(std::max(end, from + 1) - from)};
}

std::optional<Place> SqlText::joined_comment() const {
    char quote = '\0';  // The quote of SQL we are inside of.
    for (std::size_t i = 0; i + 1 < text_.size(); ++i) {
        const char c = text_[i];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '\'' || c == '"' || c == '`') {
            quote = c;
        } else if (c == '-' && text_[i + 1] == '-') {
            const std::size_t line_end = std::min(text_.find('\n', i), text_.size());
            const std::size_t last = text_.find_last_not_of(" \t\r\n", line_end - 1);
            const Place comment = at_offset(offsets_[i], offsets_[i] + 2);
            if (at_offset(offsets_[last], offsets_[last] + 1).line > comment.line) return comment;
            i = line_end;
        }
    }
    return std::nullopt;
}

std::vector<Mistake> SqlText::in_file(const std::vector<Mistake>& mistakes) const {
    std::vector<Mistake> placed;
    placed.reserve(mistakes.size());
    for (const Mistake& mistake : mistakes)
        placed.push_back({in_file(mistake.place), mistake.text});
    return placed;
}

}  // namespace velo::config
