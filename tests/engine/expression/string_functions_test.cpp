#include <limits>

#include "engine/expression/letter_case.hpp"
#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

TEST_CASE("case changes in Latin, Greek, Cyrillic and Armenian", "[string]") {
    CHECK(value("UPPER", {text("hello, World 1")}) == "'HELLO, WORLD 1'");
    CHECK(value("LOWER", {text("HELLO, World 1")}) == "'hello, world 1'");
    CHECK(value("UCASE", {text("äöüßÿéñčžő")}) == "'ÄÖÜßŸÉÑČŽŐ'");
    CHECK(value("LCASE", {text("ÄÖÜẞŸÉÑČŽŐ")}) == "'äöüßÿéñčžő'");
    CHECK(value("UPPER", {text("καλημέρα ς")}) == "'ΚΑΛΗΜΈΡΑ Σ'");
    CHECK(value("LOWER", {text("ΚΑΛΗΜΈΡΑ")}) == "'καλημέρα'");
    CHECK(value("UPPER", {text("привет ђћ")}) == "'ПРИВЕТ ЂЋ'");
    CHECK(value("LOWER", {text("ПРИВЕТ ЂЋ")}) == "'привет ђћ'");
    CHECK(value("UPPER", {text("տեղ")}) == "'ՏԵՂ'");
    CHECK(value("UPPER", {text("日本 🙂")}) == "'日本 🙂'");
    CHECK(value("UPPER", {text("")}) == "''");
}

TEST_CASE("upper and lower case undo each other for letters with both", "[string]") {
    Arena arena;
    for (const std::string_view letters :
         {"abcz", "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ", "āăąćĉċčďđ", "ĺļľŀłńņňŋ", "šťŧũūŭůűųŵŷÿźżž",
          "ǎǐȁȟ", "άέήίόύώαβγδεζηθικλμνξοπρστυφχψω",
          "абвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџ", "ӂӏӑԯ", "աբգ", "ḁẕạỹỿ"}) {
        const std::string_view upper = upper_case(letters, arena);
        CHECK(upper != letters);
        CHECK(lower_case(upper, arena) == letters);
        CHECK(upper_case(upper, arena) == upper);
    }
}

TEST_CASE("LENGTH counts characters, of BYTES bytes", "[string]") {
    CHECK(value("LENGTH", {text("")}) == "0");
    CHECK(value("LEN", {text("añ日🙂")}) == "4");
    CHECK(value("LENGTH", {raw("añ")}) == "3");
    CHECK(value("LENGTH", {kNull}) == "NULL");
    CHECK(mistake("LENGTH", {lit(bigint(1))}) ==
          "'LENGTH' takes STRING, not BIGINT; write LENGTH(text)");
}

TEST_CASE("SUBSTRING counts from 1, or from the end", "[string]") {
    CHECK(value("SUBSTRING", {text("héllo"), bigint(2)}) == "'éllo'");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(2), bigint(2)}) == "'él'");
    CHECK(value("SUBSTR", {text("héllo"), bigint(0), bigint(2)}) == "'hé'");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(-2)}) == "'lo'");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(-2), bigint(1)}) == "'l'");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(-7), bigint(3)}) == "'h'");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(-9), bigint(3)}) == "''");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(9)}) == "''");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(2), bigint(0)}) == "''");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(2), bigint(-1)}) == "bad_argument");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(std::numeric_limits<std::int64_t>::min())}) ==
          "'héllo'");
    CHECK(value("SUBSTRING", {text("héllo"), bigint(2),
                              bigint(std::numeric_limits<std::int64_t>::max())}) == "'éllo'");
    CHECK(value("SUBSTRING",
                {text(""), bigint(std::numeric_limits<std::int64_t>::min()), bigint(3)}) == "''");
}

TEST_CASE("LEFT and RIGHT; a negative count leaves characters out", "[string]") {
    CHECK(value("LEFT", {text("añb"), bigint(2)}) == "'añ'");
    CHECK(value("RIGHT", {text("añb"), bigint(2)}) == "'ñb'");
    CHECK(value("LEFT", {text("añb"), bigint(-1)}) == "'añ'");
    CHECK(value("RIGHT", {text("añb"), bigint(-1)}) == "'ñb'");
    CHECK(value("LEFT", {text("añb"), bigint(9)}) == "'añb'");
    CHECK(value("RIGHT", {text("añb"), bigint(-9)}) == "''");
    CHECK(value("LEFT", {text("añb"), bigint(0)}) == "''");
}

TEST_CASE("TRIM takes blanks or given characters off", "[string]") {
    CHECK(value("TRIM", {text("  a b ")}) == "'a b'");
    CHECK(value("LTRIM", {text("  a ")}) == "'a '");
    CHECK(value("RTRIM", {text("  a ")}) == "'  a'");
    CHECK(value("TRIM", {text("xéaéx"), text("éx")}) == "'a'");
    CHECK(value("LTRIM", {text("éaé"), text("é")}) == "'aé'");
    CHECK(value("RTRIM", {text("éaé"), text("é")}) == "'éa'");
    CHECK(value("TRIM", {text("   ")}) == "''");
    CHECK(value("TRIM", {text(" a "), text("")}) == "' a '");
}

TEST_CASE("REVERSE turns characters round, not bytes", "[string]") {
    CHECK(value("REVERSE", {text("añ日🙂")}) == "'🙂日ña'");
}

TEST_CASE("LPAD and RPAD fill up or cut", "[string]") {
    CHECK(value("LPAD", {text("7"), bigint(3), text("0")}) == "'007'");
    CHECK(value("RPAD", {text("7"), bigint(3)}) == "'7  '");
    CHECK(value("LPAD", {text("a"), bigint(6), text("é日")}) == "'é日é日éa'");
    CHECK(value("RPAD", {text("añb"), bigint(2), text("x")}) == "'añ'");
    CHECK(value("LPAD", {text("a"), bigint(3), text("")}) == "'a'");
    CHECK(value("LPAD", {text("a"), bigint(-3)}) == "''");
    CHECK(value("RPAD", {text("a"), bigint(2'000'000)}) == "bad_argument");
}

TEST_CASE("|| is NULL with a NULL, CONCAT skips it; both take what has a text", "[string]") {
    CHECK(typed("||", {text("a"), text("b")}) == "'ab' STRING");
    CHECK(value("||", {text("a"), bigint(1)}) == "'a1'");
    CHECK(value("||", {text("a"), kNull}) == "NULL");
    CHECK(value("CONCAT", {text("a"), kNull, exact("1.50"), truth(true)}) == "'a1.50true'");
    CHECK(value("CONCAT", {kNull}) == "''");
    CHECK(typed("||", {raw("a"), raw("b")}) == "X'6162' BYTES");
    CHECK(mistake("||", {lit(raw("a")), lit(text("b"))}) ==
          "'||' does not mix BYTES with others; CAST them to STRING");
}

TEST_CASE("REPLACE, POSITION, CONTAINS and their like", "[string]") {
    CHECK(value("REPLACE", {text("banana"), text("an"), text("é")}) == "'bééa'");
    CHECK(value("REPLACE", {text("banana"), text("an"), text("")}) == "'ba'");
    CHECK(value("REPLACE", {text("banana"), text(""), text("x")}) == "'banana'");
    CHECK(value("POSITION", {text("日"), text("añ日")}) == "3");
    CHECK(value("STRPOS", {text("añ日"), text("x")}) == "0");
    CHECK(value("POSITION", {text(""), text("a")}) == "1");
    CHECK(value("STARTS_WITH", {text("abc"), text("ab")}) == "TRUE");
    CHECK(value("ENDS_WITH", {text("abc"), text("ab")}) == "FALSE");
    CHECK(value("CONTAINS", {text("abc"), text("bc")}) == "TRUE");
    CHECK(value("CONTAINS", {text("abc"), kNull}) == "NULL");
}

TEST_CASE("SPLIT_PART counts from 1, or from the end", "[string]") {
    CHECK(value("SPLIT_PART", {text("a::b::c"), text("::"), bigint(2)}) == "'b'");
    CHECK(value("SPLIT_PART", {text("a::b::c"), text("::"), bigint(-1)}) == "'c'");
    CHECK(value("SPLIT_PART", {text("a::b::c"), text("::"), bigint(4)}) == "''");
    CHECK(value("SPLIT_PART", {text("a::b::c"), text("::"), bigint(-4)}) == "''");
    CHECK(value("SPLIT_PART", {text("abc"), text("x"), bigint(1)}) == "'abc'");
    CHECK(value("SPLIT_PART", {text("abc"), text(""), bigint(1)}) == "'abc'");
    CHECK(value("SPLIT_PART", {text("abc"), text("x"), bigint(0)}) == "bad_argument");
    CHECK(value("SPLIT_PART", {text("abc"), text("x"),
                               bigint(std::numeric_limits<std::int64_t>::min())}) == "''");
}

}  // namespace velo::engine
