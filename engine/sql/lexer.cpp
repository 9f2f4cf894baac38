#include "engine/sql/lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/sql/parser.hpp"

namespace velo::engine::sql {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_word_start(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_word(char c) noexcept { return is_word_start(c) || is_digit(c) || c == '$'; }
constexpr bool is_quote(char c) noexcept { return c == '\'' || c == '"' || c == '`'; }

constexpr std::array<std::string_view, 7> kLongSymbols{"<>", "!=", "<=", ">=", "||", ":=", "->"};
constexpr std::string_view kShortSymbols = "()[],.;+-*/%=<>";

// Characters that editors and web pages put where SQL has another, and what is to be typed instead.
struct LookAlike {
    std::string_view character;
    std::string_view advice;
};
constexpr std::array kLookAlikes{
    LookAlike{"\u2018", "a curly quote; type '"},
    LookAlike{"\u2019", "a curly quote; type '"},
    LookAlike{"\u201C", "a curly quote; type \""},
    LookAlike{"\u201D", "a curly quote; type \""},
    LookAlike{"\u00A0", "a no-break space; type a space"},
    LookAlike{"\u200B", "an invisible space; delete it"},
    LookAlike{"\uFEFF", "a byte-order mark; delete it"},
    LookAlike{"\u2013", "a dash; type -"},
    LookAlike{"\u2212", "a minus sign of print; type -"},
    LookAlike{"\u2026", "an ellipsis; write the rest out"},
};

// How many bytes the UTF-8 character at the front of `text` has; 0 where there is none (RFC 3629: no surrogates, no
// overlong forms, nothing beyond U+10FFFF).
std::size_t character_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        return continues(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) &&
                       continues(2)
                   ? 3
                   : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        return continues(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) &&
                       continues(2) && continues(3)
                   ? 4
                   : 0;
    }
    return 0;
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        check_bytes();
        std::vector<Token> tokens;
        tokens.reserve(text_.size() / 4 + 1);
        while (skip_blanks()) tokens.push_back(next());
        tokens.push_back(token(TokenKind::End, at_));
        return tokens;
    }

private:
    // NUL and broken UTF-8 anywhere, comments and strings too: nobody meant them.
    void check_bytes() {
        std::int32_t line = 1;
        std::size_t line_start = 0;
        for (std::size_t i = 0; i < text_.size();) {
            const auto here = [&] {
                return Place{{}, line, static_cast<int>(i - line_start) + 1, 1};
            };
            if (text_[i] == '\0') throw Error(here(), "a NUL byte is in the query; delete it");
            const std::size_t size = character_size(text_.substr(i));
            if (size == 0)
                throw Error(here(), "the query is not valid UTF-8 here; save its file as UTF-8");
            i += size;
            if (text_[i - size] == '\n') {
                ++line;
                line_start = i;
            }
        }
    }

    // Moves to the next token; false at the end of the text.
    bool skip_blanks() {
        while (at_ < text_.size()) {
            if (is_blank(text_[at_])) {
                pass(1);
            } else if (text_.substr(at_, 2) == "--") {
                pass(std::min(text_.find('\n', at_), text_.size()) - at_);
            } else if (text_.substr(at_, 2) == "/*") {
                const std::size_t close = text_.find("*/", at_ + 2);
                if (close == std::string_view::npos)
                    throw Error(place(2), "the comment is not closed; end it with */");
                pass(close + 2 - at_);
            } else {
                return true;
            }
        }
        return false;
    }

    Token next() {
        const char c = text_[at_];
        if (const auto look_alike = look_alike_here()) {
            throw Error(place(look_alike->character.size()),
                        fmt::format("'{}' is {}", look_alike->character, look_alike->advice));
        }
        if (is_quote(c)) return quoted();
        if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
            return number();
        if (is_word_start(c)) return token(TokenKind::Word, end_of_word(at_));
        return symbol();
    }

    [[nodiscard]] const LookAlike* look_alike_here() const noexcept {
        if (static_cast<unsigned char>(text_[at_]) < 0x80) return nullptr;
        const auto found = std::ranges::find_if(kLookAlikes, [&](const LookAlike& one) {
            return text_.substr(at_).starts_with(one.character);
        });
        return found == kLookAlikes.end() ? nullptr : &*found;
    }

    // A word ends before a look-alike, so that `a\u00A0b` is told apart from a name.
    [[nodiscard]] std::size_t end_of_word(std::size_t from) const noexcept {
        std::size_t end = from;
        while (end < text_.size() && is_word(text_[end])) {
            const std::string_view rest = text_.substr(end);
            const bool plain = static_cast<unsigned char>(rest[0]) < 0x80;
            if (!plain && std::ranges::any_of(kLookAlikes, [&](const LookAlike& one) {
                    return rest.starts_with(one.character);
                }))
                break;
            end += character_size(rest);
        }
        return end;
    }

    Token quoted() {
        const char quote = text_[at_];
        std::size_t end = at_;
        do {
            end = text_.find(quote, end + 1);
            if (end == std::string_view::npos) {
                throw Error(
                    place(1),
                    fmt::format("the {0}…{0} that starts here is not closed; end it with {0}",
                                quote));
            }
            ++end;
        } while (end < text_.size() && text_[end] == quote);  // A doubled quote stands for one.
        if (quote == '\'') return token(TokenKind::Text, end);
        if (end - at_ == 2)
            throw Error(place(2), "a quoted name is empty; write the name between the quotes");
        return token(TokenKind::QuotedWord, end);
    }

    // 12, 1.5, .5, 5., 1e-3; or 1m30s, which is digits and letters.
    Token number() {
        std::size_t end = end_of_digits(at_);
        bool whole = true;
        if (end < text_.size() && text_[end] == '.') {
            whole = false;
            end = end_of_digits(end + 1);
        }
        if (const std::size_t exponent = end_of_exponent(end); exponent != end) {
            whole = false;
            end = exponent;
        }
        if (end == text_.size() || !is_word(text_[end])) return token(TokenKind::Number, end);
        const std::size_t word_end = end_of_word(end);
        if (whole) return token(TokenKind::Duration, word_end);
        throw Error(
            place(word_end - at_),
            fmt::format(
                "'{}' is neither a number nor a duration; durations count whole units: 1m30s",
                text_.substr(at_, word_end - at_)));
    }

    [[nodiscard]] std::size_t end_of_digits(std::size_t from) const noexcept {
        while (from < text_.size() && is_digit(text_[from])) ++from;
        return from;
    }

    [[nodiscard]] std::size_t end_of_exponent(std::size_t from) const noexcept {
        if (from >= text_.size() || (text_[from] != 'e' && text_[from] != 'E')) return from;
        std::size_t digits = from + 1;
        if (digits < text_.size() && (text_[digits] == '+' || text_[digits] == '-')) ++digits;
        const std::size_t end = end_of_digits(digits);
        return end == digits ? from : end;
    }

    Token symbol() {
        const std::string_view rest = text_.substr(at_);
        for (const std::string_view symbol : kLongSymbols) {
            if (rest.starts_with(symbol)) return token(TokenKind::Symbol, at_ + 2);
        }
        if (rest.starts_with("==")) throw Error(place(2), "'==' is not an SQL operator; use '='");
        if (rest.starts_with("=>"))
            throw Error(place(2), "'=>' is not supported; give arguments in their order");
        if (kShortSymbols.find(text_[at_]) != std::string_view::npos)
            return token(TokenKind::Symbol, at_ + 1);
        refuse_character();
    }

    [[noreturn]] void refuse_character() {
        const std::string_view rest = text_.substr(at_);
        if (rest.starts_with("::"))
            throw Error(place(2), "'::' is not supported; use CAST(x AS type)");
        if (rest.starts_with("&&")) throw Error(place(2), "'&&' is not an SQL operator; use AND");
        if (rest[0] == '!')
            throw Error(place(1), "'!' is not an SQL operator; use NOT, or <> for 'not equal'");
        if (rest[0] == '$')
            throw Error(
                place(1),
                "'$' is unexpected in a query; variables of the job file are written ${NAME}");
        const auto byte = static_cast<unsigned char>(rest[0]);
        if (byte < 0x20 || byte == 0x7F)
            throw Error(
                place(1),
                fmt::format("a control character (0x{:02x}) is in the query; delete it", byte));
        throw Error(
            place(1),
            fmt::format("'{}' is unexpected in a query; put it in '…' if it belongs to a text",
                        rest[0]));
    }

    [[nodiscard]] Place place(std::size_t length) const {
        return {{}, line_, static_cast<int>(at_ - line_start_) + 1, static_cast<int>(length)};
    }

    // The token from here to `end`, and moves behind it.
    Token token(TokenKind kind, std::size_t end) {
        const Token token{static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end - at_),
                          line_, static_cast<std::int32_t>(at_ - line_start_) + 1, kind};
        pass(end - at_);
        return token;
    }

    void pass(std::size_t count) {
        for (const std::size_t end = at_ + count; at_ < end;) {
            if (text_[at_++] != '\n') continue;
            ++line_;
            line_start_ = at_;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::int32_t line_ = 1;
    std::size_t line_start_ = 0;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) {
    if (text.size() > kMaxSqlBytes) {
        throw Error({{}, 1, 1, 1},
                    fmt::format("the query has {} bytes, more than {}; split the job", text.size(),
                                kMaxSqlBytes));
    }
    return Lexer(text).run();
}

std::string unquoted(std::string_view token) {
    if (token.empty() || !is_quote(token.front())) return std::string(token);
    const char quote = token.front();
    std::string out;
    for (std::size_t i = 1; i + 1 < token.size(); ++i) {
        out += token[i];
        if (token[i] == quote) ++i;
    }
    return out;
}

}  // namespace velo::engine::sql
