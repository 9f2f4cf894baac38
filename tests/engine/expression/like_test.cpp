#include "engine/expression/like.hpp"

#include <rapidcheck.h>

#include "tests/engine/expression/vocabulary.hpp"

namespace velo::engine {

namespace {

bool like(std::string_view text, std::string_view pattern, std::string_view escape = {}) {
    return LikePattern::compile(pattern, escape)->matches(text);
}

// The definition itself, by trying everything; over one-byte characters.
bool like_by_definition(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%') {
        for (std::size_t i = 0; i <= text.size(); ++i) {
            if (like_by_definition(text.substr(i), pattern.substr(1))) return true;
        }
        return false;
    }
    return !text.empty() && (pattern[0] == '_' || pattern[0] == text[0]) &&
           like_by_definition(text.substr(1), pattern.substr(1));
}

}  // namespace

TEST_CASE("% stands for any characters, _ for one", "[like]") {
    CHECK(like("", ""));
    CHECK(like("", "%"));
    CHECK_FALSE(like("a", ""));
    CHECK(like("abc", "a%"));
    CHECK(like("abc", "%c"));
    CHECK(like("abc", "%b%"));
    CHECK(like("abc", "a%c"));
    CHECK_FALSE(like("a", "a%a"));
    CHECK(like("abc", "a_c"));
    CHECK_FALSE(like("abbc", "a_c"));
    CHECK(like("xaybz", "%a_b%"));
    CHECK_FALSE(like("xabz", "%a_b%"));
    CHECK(like("abcabd", "%ab_"));
    CHECK(like("aab", "%a%%b"));
}

TEST_CASE("_ is one character, not one byte", "[like]") {
    CHECK(like("日", "_"));
    CHECK(like("a日b", "a_b"));
    CHECK(like("x日本y", "%_本%"));
    CHECK(like("🙂🙂", "%__"));
    CHECK_FALSE(like("🙂", "%__%"));
    CHECK(like("ab日", "%b_%"));
    CHECK_FALSE(like("日", "__"));
}

TEST_CASE("other characters are not special, and the escape character makes % and _ plain",
          "[like]") {
    CHECK(like("a.c", "a.c"));
    CHECK_FALSE(like("abc", "a.c"));
    CHECK(like("(+)", "(+)"));
    CHECK(like("a\\b", "a\\b"));
    CHECK(like("50%", "50!%", "!"));
    CHECK_FALSE(like("50x", "50!%", "!"));
    CHECK(like("a_b", "%!_%", "!"));
    CHECK(like("a!b", "a!!b", "!"));
}

TEST_CASE("LIKE agrees with its definition", "[like]") {
    const auto word = [](const std::string& letters) {
        return rc::gen::container<std::string>(rc::gen::elementOf(letters));
    };
    const bool holds = rc::check([&] {
        const std::string text = *rc::gen::resize(12, word("ab"));
        const std::string pattern = *rc::gen::resize(8, word("ab%_"));
        RC_ASSERT(like(text, pattern) == like_by_definition(text, pattern));
    });
    CHECK(holds);
}

TEST_CASE("a part with _ may be longer than a machine word", "[like]") {
    const std::string long_part = std::string(70, 'a') + "_" + std::string(70, 'b');
    const std::string text = "xx" + std::string(80, 'a') + "日" + std::string(75, 'b') + "yy";
    CHECK(like(text, "%" + long_part + "%"));
    CHECK_FALSE(like(text, "%" + long_part + "c%"));
}

TEST_CASE("LIKE takes a literal pattern and tells what is wrong with it", "[like]") {
    CHECK(value("LIKE", {text("ACME"), text("AC%")}) == "TRUE");
    CHECK(value("LIKE", {text("ACME"), kNull}) == "NULL");
    CHECK(value("LIKE", {kNull, text("a")}) == "NULL");
    CHECK(value("LIKE", {text("50%"), text("50#%"), text("#")}) == "TRUE");
    Rows rows;
    const BoundPtr words = rows.column(kString, {text("a")});
    CHECK(mistake("LIKE", {words, words}) ==
          "'LIKE' takes only literals as pattern and ESCAPE; STARTS_WITH, ENDS_WITH and CONTAINS "
          "take columns");
    CHECK(mistake("LIKE", {words, lit(text("a#")), lit(text("#"))}) ==
          "'LIKE' has a pattern that ends in its escape character; escape that one, too");
    CHECK(mistake("LIKE", {words, lit(text("a")), lit(text("##"))}) ==
          "'LIKE' has an ESCAPE of more than one character; write ESCAPE '\\'");
    CHECK(mistake("LIKE", {words, lit(text("%" + std::string(1100, '_') + "%"))}) ==
          "'LIKE' has more than 1024 bytes with a '_' between two '%'; use a shorter pattern");
}

}  // namespace velo::engine
