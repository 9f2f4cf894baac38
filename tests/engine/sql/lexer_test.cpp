#include "engine/sql/lexer.hpp"

#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/sql/parser.hpp"

namespace velo::engine::sql {

namespace {

// `w:select n:1 s:<>`: the tokens with their kinds; or the place and text of a refusal.
std::string tokens_of(std::string_view text) {
    constexpr std::string_view kKinds = "wqtnds.";
    try {
        std::string out;
        for (const Token& token : tokenize(text)) {
            if (token.kind == TokenKind::End) return out;
            if (!out.empty()) out += ' ';
            out += fmt::format("{}:{}", kKinds[static_cast<std::size_t>(token.kind)],
                               text.substr(token.start, token.length));
        }
        return "no end";
    } catch (const Error& error) {
        const Mistake& mistake = error.mistakes().front();
        return fmt::format("{}:{}:{}: {}", mistake.place.line, mistake.place.column,
                           mistake.place.length, mistake.text);
    }
}

}  // namespace

TEST_CASE("words, names, texts and numbers are told apart", "[sql][lexer]") {
    CHECK(tokens_of("SELECT _offset x1 größe") == "w:SELECT w:_offset w:x1 w:größe");
    CHECK(tokens_of(R"("a b" `c` "it""s")") == R"(q:"a b" q:`c` q:"it""s")");
    CHECK(tokens_of("'' 'it''s' '\n'") == "t:'' t:'it''s' t:'\n'");
    CHECK(tokens_of("12 1.5 .5 5. 1e3 1.5E-3 2e+1") ==
          "n:12 n:1.5 n:.5 n:5. n:1e3 n:1.5E-3 n:2e+1");
    CHECK(tokens_of("5m 1m30s 500ms 1e 2d_x") == "d:5m d:1m30s d:500ms d:1e d:2d_x");
}

TEST_CASE("symbols are as long as they can be", "[sql][lexer]") {
    CHECK(tokens_of("a<>b!=c<=d>=e<f>g=h") ==
          "w:a s:<> w:b s:!= w:c s:<= w:d s:>= w:e s:< w:f s:> w:g s:= w:h");
    CHECK(tokens_of("()[],.;+-*/%||:=->") ==
          "s:( s:) s:[ s:] s:, s:. s:; s:+ s:- s:* s:/ s:% s:|| s::= s:->");
    CHECK(tokens_of("ARRAY<ARRAY<T>>") == "w:ARRAY s:< w:ARRAY s:< w:T s:> s:>");
}

TEST_CASE("white space and comments stand between tokens", "[sql][lexer]") {
    CHECK(tokens_of("").empty());
    CHECK(tokens_of(" \t\r\n\f\v").empty());
    CHECK(tokens_of("a--b\nc -- end") == "w:a w:c");
    CHECK(tokens_of("a/* 'b\n-- */c/**/d") == "w:a w:c w:d");
    CHECK(tokens_of("'--' \"/*\"") == "t:'--' q:\"/*\"");
}

TEST_CASE("every token knows its line and column", "[sql][lexer]") {
    const auto tokens = tokenize("a\n  'b\nc' d /* \n */ e");
    REQUIRE(tokens.size() == 5);
    CHECK((tokens[0].line == 1 && tokens[0].column == 1));
    CHECK((tokens[1].line == 2 && tokens[1].column == 3));
    CHECK((tokens[2].line == 3 && tokens[2].column == 4));
    CHECK((tokens[3].line == 4 && tokens[3].column == 5));
    CHECK((tokens[4].kind == TokenKind::End && tokens[4].line == 4 && tokens[4].column == 6));
}

TEST_CASE("quotes come off, doubled ones become one", "[sql][lexer]") {
    CHECK(unquoted("'it''s'") == "it's");
    CHECK(unquoted("''") == "");
    CHECK(unquoted("''''") == "'");
    CHECK(unquoted("\"a\"\"b\"") == "a\"b");
    CHECK(unquoted("`a'b`") == "a'b");
    CHECK(unquoted("plain") == "plain");
}

TEST_CASE("what is opened has to be closed", "[sql][lexer]") {
    CHECK(tokens_of("a 'b") == "1:3:1: the '…' that starts here is not closed; end it with '");
    CHECK(tokens_of("'a''") == "1:1:1: the '…' that starts here is not closed; end it with '");
    CHECK(tokens_of("a\n\"b") == "2:1:1: the \"…\" that starts here is not closed; end it with \"");
    CHECK(tokens_of("a /* b") == "1:3:2: the comment is not closed; end it with */");
    CHECK(tokens_of("a \"\"") ==
          "1:3:2: a quoted name is empty; write the name between the quotes");
}

TEST_CASE("characters that SQL does not have are refused with what is meant", "[sql][lexer]") {
    CHECK(tokens_of("a == b") == "1:3:2: '==' is not an SQL operator; use '='");
    CHECK(tokens_of("a && b") == "1:3:2: '&&' is not an SQL operator; use AND");
    CHECK(tokens_of("!a") == "1:1:1: '!' is not an SQL operator; use NOT, or <> for 'not equal'");
    CHECK(tokens_of("a::INT") == "1:2:2: '::' is not supported; use CAST(x AS type)");
    CHECK(tokens_of("f(a => 1)") == "1:5:2: '=>' is not supported; give arguments in their order");
    CHECK(tokens_of("${X}") ==
          "1:1:1: '$' is unexpected in a query; variables of the job file are written ${NAME}");
    CHECK(tokens_of("a # b") ==
          "1:3:1: '#' is unexpected in a query; put it in '…' if it belongs to a text");
    CHECK(tokens_of("a \x01") == "1:3:1: a control character (0x01) is in the query; delete it");
    CHECK(tokens_of("\u201Ca\u201D") == "1:1:3: '\u201C' is a curly quote; type \"");
    CHECK(tokens_of("a\u00A0b") == "1:2:2: '\u00A0' is a no-break space; type a space");
    CHECK(tokens_of("1.5m") ==
          "1:1:4: '1.5m' is neither a number nor a duration; durations count whole units: 1m30s");
}

TEST_CASE("NUL bytes and broken UTF-8 are refused wherever they are", "[sql][lexer]") {
    CHECK(tokens_of(std::string_view("a\n'\0'", 5)) ==
          "2:2:1: a NUL byte is in the query; delete it");
    const std::string refusal = ": the query is not valid UTF-8 here; save its file as UTF-8";
    CHECK(tokens_of("ab\xff") == "1:3:1" + refusal);
    CHECK(tokens_of("-- \xC3") == "1:4:1" + refusal);
    CHECK(tokens_of("'\xC0\xAF'") == "1:2:1" + refusal);          // Overlong.
    CHECK(tokens_of("'\xED\xA0\x80'") == "1:2:1" + refusal);      // A surrogate.
    CHECK(tokens_of("'\xF4\x90\x80\x80'") == "1:2:1" + refusal);  // Beyond U+10FFFF.
    CHECK(tokens_of("'\xF4\x8F\xBF\xBF'") == "t:'\xF4\x8F\xBF\xBF'");
}

TEST_CASE("a query has its bound in bytes", "[sql][lexer]") {
    CHECK(tokenize(std::string(kMaxSqlBytes, ' ')).size() == 1);
    CHECK(tokens_of(std::string(kMaxSqlBytes + 1, ' ')) ==
          "1:1:1: the query has 262145 bytes, more than 262144; split the job");
}

TEST_CASE("any bytes become tokens that lie in the text in order, or one error", "[sql][lexer]") {
    std::mt19937 random(11);
    constexpr std::string_view kBytes = "aE_0159.'\"`-/*<>=!|:&()[]; \n\t\xC3\xA4\xE2\x80\x99\xff";
    for (int round = 0; round < 50'000; ++round) {
        std::string text;
        for (std::size_t left = random() % 24; left > 0; --left)
            text += kBytes[random() % kBytes.size()];
        try {
            std::size_t end = 0;
            for (const Token& token : tokenize(text)) {
                REQUIRE(token.start >= end);
                end = token.start + token.length;
            }
            REQUIRE(end <= text.size());
        } catch (const Error& error) {
            REQUIRE(error.mistakes().size() == 1);
        }
    }
}

}  // namespace velo::engine::sql
