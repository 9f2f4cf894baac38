#include "engine/sql/token_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/sql/parser.hpp"
#include "engine/sql/refused_forms.hpp"

namespace velo::engine::sql {

namespace {

constexpr std::size_t kLongestShown = 40;
constexpr std::uint32_t kShortestMisspelled = 3;  // Shorter words are near to many others.

bool is_keyword(std::string_view expected) noexcept {
    return !expected.empty() && expected[0] >= 'A' && expected[0] <= 'Z';
}

// `a, b or c`
std::string alternatives(std::span<const std::string_view> expected) {
    std::string out;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (i > 0) out += i + 1 == expected.size() ? " or " : ", ";
        out += expected[i];
    }
    return out;
}

[[noreturn]] void too_deep(const Place& place) {
    throw Error(
        place, fmt::format("the query is nested more than {} levels deep; split it", kMaxSqlDepth));
}

}  // namespace

bool TokenReader::is_word(std::string_view word, std::size_t ahead) const noexcept {
    const Token& token = peek(ahead);
    return token.kind == TokenKind::Word && token.length == word.size() &&
           equals_ignoring_case(text(token), word);
}

bool TokenReader::is_word_of(std::span<const std::string_view> words,
                             std::size_t ahead) const noexcept {
    return std::ranges::any_of(words, [&](std::string_view word) { return is_word(word, ahead); });
}

bool TokenReader::is_symbol(std::string_view symbol, std::size_t ahead) const noexcept {
    const Token& token = peek(ahead);
    return token.kind == TokenKind::Symbol && text(token) == symbol;
}

const Token& TokenReader::take() noexcept {
    const Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
}

bool TokenReader::accept_word(std::string_view word) noexcept {
    if (!is_word(word)) return false;
    take();
    return true;
}

bool TokenReader::accept_symbol(std::string_view symbol) noexcept {
    if (!is_symbol(symbol)) return false;
    take();
    return true;
}

void TokenReader::expect_word(std::string_view word) {
    if (!accept_word(word)) unexpected({word});
}

void TokenReader::expect_symbol(std::string_view symbol) {
    if (accept_symbol(symbol)) return;
    const std::string quoted = fmt::format("'{}'", symbol);
    unexpected({quoted});
}

Identifier TokenReader::expect_name(std::string_view what) {
    if (is(TokenKind::Text)) {
        const std::string written = unquoted(text(peek()));
        throw Error(
            place(peek()),
            fmt::format("{} is a text, and {} is expected; names take double quotes: \"{}\"",
                        shown(peek()), what, written.size() > kLongestShown ? "x" : written));
    }
    if (!is_name()) unexpected({what});
    const Token& token = take();
    return {unquoted(text(token)), token.kind == TokenKind::QuotedWord, place(token)};
}

Place TokenReader::place(const Token& token) const {
    return {{}, token.line, token.column, std::max(1, static_cast<int>(token.length))};
}

Place TokenReader::place_between(std::size_t from, std::size_t to) const {
    Place all = place(tokens_[from]);
    all.length = std::max(1, static_cast<int>(text_between(from, to).size()));
    return all;
}

std::string_view TokenReader::text_between(std::size_t from, std::size_t to) const noexcept {
    const Token& first = tokens_[from];
    const Token& last = to > from ? tokens_[to - 1] : first;
    return text_.substr(first.start, last.start + last.length - first.start);
}

std::string TokenReader::shown(const Token& token) const {
    if (token.kind == TokenKind::End) return "the end";
    std::string_view whole = text(token);
    if (token.kind == TokenKind::Text) whole = whole.substr(1, whole.size() - 2);
    std::size_t end = std::min(whole.size(), kLongestShown);
    while (end < whole.size() && (static_cast<unsigned char>(whole[end]) & 0xC0U) == 0x80U)
        --end;  // Not inside a character.
    return fmt::format("'{}{}'", whole.substr(0, end), end < whole.size() ? "..." : "");
}

void TokenReader::unexpected(std::initializer_list<std::string_view> expected) const {
    unexpected(std::span(expected.begin(), expected.size()));
}

void TokenReader::unexpected(std::span<const std::string_view> expected) const {
    const Token& token = peek();
    if (at_ > 0 && doubted_ == at_) {
        refuse_known(tokens_[at_ - 1]);
        suggest(tokens_[at_ - 1], expected);
    }
    refuse_known(token);
    suggest(token, expected);
    const std::string_view kind = token.kind == TokenKind::Text ? "text " : "";
    const std::string found = token.kind == TokenKind::End
                                  ? "unexpected end"
                                  : fmt::format("unexpected {}{}", kind, shown(token));
    throw Error(place(token), fmt::format("{}; expected {}", found, alternatives(expected)));
}

// Throws the reason where `token` begins a form that other systems have and this one has not.
void TokenReader::refuse_known(const Token& token) const {
    if (token.kind != TokenKind::Word) return;
    const std::string_view reason = refused_clause(text(token));
    if (!reason.empty()) throw Error(place(token), std::string(reason));
}

// Throws a did-you-mean where `token` is nearly one of the expected keywords.
void TokenReader::suggest(const Token& token, std::span<const std::string_view> expected) const {
    if (token.kind != TokenKind::Word || token.length < kShortestMisspelled) return;
    std::vector<std::string_view> first_words;
    std::vector<std::string_view> keywords;
    for (const std::string_view word : expected) {
        if (!is_keyword(word)) continue;
        keywords.push_back(word);
        first_words.push_back(word.substr(0, word.find(' ')));
    }
    const std::string_view meant = nearest(text(token), first_words);
    if (meant.empty()) return;
    const auto index =
        static_cast<std::size_t>(std::ranges::find(first_words, meant) - first_words.begin());
    throw Error(place(token),
                fmt::format("unexpected {}; did you mean '{}'?", shown(token), keywords[index]));
}

void TokenReader::note_height(int height, const Place& place) {
    if (height > kMaxSqlDepth) too_deep(place);
    tallest_ = std::max(tallest_, height);
}

Nesting::Nesting(TokenReader& tokens) : tokens_(tokens) {
    if (tokens_.depth_ >= kMaxSqlDepth) too_deep(tokens_.place(tokens_.peek()));
    ++tokens_.depth_;
}

}  // namespace velo::engine::sql
