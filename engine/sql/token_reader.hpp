// Where a parser stands in its tokens: looking ahead, taking, and saying what was expected instead.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/sql/ast.hpp"
#include "engine/sql/lexer.hpp"

namespace velo::engine::sql {

/// The tokens of one text and how far they have been taken.
/// Invariants: (1) depth() <= kMaxSqlDepth, so no text can exhaust the stack that parses it. (2) taking a token never
///             goes beyond End.
class TokenReader {
public:
    explicit TokenReader(std::string_view text) : text_(text), tokens_(tokenize(text)) {}

    /// The token `ahead` of the next one.
    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : tokens_.back();
    }
    [[nodiscard]] std::string_view text(const Token& token) const noexcept {
        return text_.substr(token.start, token.length);
    }
    [[nodiscard]] bool is(TokenKind kind, std::size_t ahead = 0) const noexcept {
        return peek(ahead).kind == kind;
    }
    /// Whether that token is the unquoted word `word`, in any case.
    [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const noexcept;
    [[nodiscard]] bool is_word_of(std::span<const std::string_view> words,
                                  std::size_t ahead = 0) const noexcept;
    [[nodiscard]] bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const noexcept;
    [[nodiscard]] bool is_name(std::size_t ahead = 0) const noexcept {
        return is(TokenKind::Word, ahead) || is(TokenKind::QuotedWord, ahead);
    }

    const Token& take() noexcept;
    bool accept_word(std::string_view word) noexcept;
    bool accept_symbol(std::string_view symbol) noexcept;
    void expect_word(std::string_view word);
    void expect_symbol(std::string_view symbol);
    /// Any word, quoted or not, as a name; `what` says what it names in the message.
    Identifier expect_name(std::string_view what);

    /// How many tokens have been taken: where the next one starts, for place_from.
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    [[nodiscard]] Place place(const Token& token) const;
    /// From token number `position` to the last one taken.
    [[nodiscard]] Place place_from(std::size_t position) const {
        return place_between(position, at_);
    }
    /// From token number `from` to the one before number `to`.
    [[nodiscard]] Place place_between(std::size_t from, std::size_t to) const;
    /// The text of those tokens.
    [[nodiscard]] std::string_view text_from(std::size_t position) const noexcept {
        return text_between(position, at_);
    }

    /// The token before the next one was taken as a name that nothing announced (an alias without AS). Should the next one
    /// not fit, then it is this one that may be a misspelled keyword.
    void doubt_last() noexcept { doubted_ = at_; }

    /// Throws Error: the next token does not fit; the words and marks in `expected` would.
    [[noreturn]] void unexpected(std::span<const std::string_view> expected) const;
    [[noreturn]] void unexpected(std::initializer_list<std::string_view> expected) const;
    /// The token as messages show it: cut where it is long, quoted; the end of the text by that name.
    [[nodiscard]] std::string shown(const Token& token) const;

    /// How many nodes stand on one another in what has been parsed so far, at most: see Nesting and Expression::height.
    [[nodiscard]] int tallest() const noexcept { return tallest_; }
    void set_tallest(int height) noexcept { tallest_ = height; }
    /// Notes a node of `height`; throws Error at `place` when that is over kMaxSqlDepth.
    void note_height(int height, const Place& place);

private:
    friend class Nesting;

    [[nodiscard]] std::string_view text_between(std::size_t from, std::size_t to) const noexcept;

    void refuse_known(const Token& token) const;
    void suggest(const Token& token, std::span<const std::string_view> expected) const;

    std::string_view text_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::size_t doubted_ = 0;  // The position after the doubted token; 0: none.
    int depth_ = 0;
    int tallest_ = 0;
};

/// One level deeper while it lives.
/// Errors: throws Error at the next token when that is over kMaxSqlDepth.
class Nesting {
public:
    explicit Nesting(TokenReader& tokens);
    ~Nesting() { --tokens_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

private:
    TokenReader& tokens_;
};

}  // namespace velo::engine::sql
