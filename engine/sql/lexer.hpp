// SQL text to tokens, each with its place. Knows no keyword: which words mean something is the parser's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"

namespace velo::engine::sql {

enum class TokenKind : std::uint8_t {
    Word,        // select, trades, _offset
    QuotedWord,  // "x" or `x`, quotes included
    Text,        // 'it''s', quotes included
    Number,      // 12, 1.5, .5, 1e-3
    Duration,    // 5m, 1m30s: digits and letters
    Symbol,      // ( ) [ ] , . ; + - * / % = <> != < <= > >= || := ->
    End,         // After the last token.
};

/// Invariants: `start` and `length` are bytes of the text that was tokenized; line and column count from 1.
struct Token {
    std::uint32_t start = 0;
    std::uint32_t length = 0;
    std::int32_t line = 1;
    std::int32_t column = 1;
    TokenKind kind = TokenKind::End;
};

/// All tokens of `text`, then one of kind End. White space and comments (`--` to the end of the line, `/* */`) are left out.
/// Errors: throws Error for text over kMaxSqlBytes, NUL bytes, invalid UTF-8, what is opened and not closed, and
///         characters that no SQL has.
[[nodiscard]] std::vector<Token> tokenize(std::string_view text);

/// What a Text, QuotedWord or any other token means: quotes taken off, doubled quotes single.
[[nodiscard]] std::string unquoted(std::string_view token);

}  // namespace velo::engine::sql
