#include "engine/plan/query_text.hpp"

#include <catch2/catch.hpp>

namespace velo::engine {

namespace {

Place at(int line, int column, int length) { return {"", line, column, length}; }

}  // namespace

TEST_CASE("a place's text is on one line, without comments, its quotes untouched", "[query_text]") {
    const QueryText text("SELECT a  +\n  -- more\n  'x  y' /* z */ || b,\n c");
    CHECK(text.at(at(1, 8, 34)) == "a + 'x  y' ||");
    CHECK(text.at(at(4, 2, 1)) == "c");
    CHECK(text.at(at(1, 8, 1000)) == "a + 'x  y' || b, c");
}

TEST_CASE("a place outside the text covers nothing", "[query_text]") {
    const QueryText text("abc");
    CHECK(text.at(Place{}) == "");
    CHECK(text.at(at(2, 1, 1)) == "");
    CHECK(text.at(at(1, 4, 1)) == "");
}

TEST_CASE("long texts are cut between characters", "[query_text]") {
    const std::string word(56, 'a');
    CHECK(QueryText(word + "bcdef").quoted(at(1, 1, 61)) == "'" + word + "b...'");
    CHECK(QueryText(word + "äöüß").quoted(at(1, 1, 64)) == "'" + word + "...'");
    CHECK(QueryText("'abc'").quoted(at(1, 1, 5)) == "'abc'");
}

}  // namespace velo::engine
