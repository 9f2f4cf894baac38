#include "config/environment.hpp"

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo::config;

namespace {

std::string filled(const std::string& text) {
    const Environment environment = variables(
        {{"A", "one"}, {"B_2", "two"}, {"EMPTY", ""}, {"LINES", "a\nb"}, {"NESTED", "${A}"}});
    const auto result = fill_in(text, environment);
    return result ? *result : "error: " + result.error();
}

}  // namespace

TEST_CASE("variables are filled in as a shell does", "[config][environment]") {
    CHECK(filled("no variables, $A {A} 100$") == "no variables, $A {A} 100$");
    CHECK(filled("${A}-${B_2}") == "one-two");
    CHECK(filled("${EMPTY}.") == ".");
    CHECK(filled("${A:-x}${NONE:-x}${EMPTY:-y}${NONE:-}") == "onexy");
    CHECK(filled("${A:?is needed}") == "one");
    CHECK(filled("$${A} $${") == "${A} ${");
    CHECK(filled("${NONE:-a:b}") == "a:b");
}

TEST_CASE("what a variable holds is not filled in again", "[config][environment]") {
    CHECK(filled("${NESTED}") == "${A}");
}

TEST_CASE("what cannot be filled in says why", "[config][environment]") {
    CHECK(filled("${NONE}") ==
          "error: environment variable 'NONE' is not set; ${NONE:-default} gives it a default");
    CHECK(filled("${NONE:?ask the platform team}") ==
          "error: environment variable 'NONE' is not set: ask the platform team");
    CHECK(filled("${EMPTY:?}") == "error: environment variable 'EMPTY' is not set");
    CHECK(filled("${A:9092}") == "error: '${A:9092}' is not a form of variable; write ${A:-9092}");
    CHECK(filled("${A-x}") ==
          "error: '${A-x}' is not a form of variable; write ${NAME}, ${NAME:-default} or "
          "${NAME:?message}");
    CHECK(filled("${}") == "error: '${}' names no variable; write ${NAME}");
    CHECK(filled("${1}") == "error: '${1}' names no variable; write ${NAME}");
    CHECK(filled("a ${A") == "error: '${' without its '}'; $${ stands for the two characters");
    CHECK(filled("${NONE:-${A}}") == "error: a variable inside '${NONE}'; defaults are plain text");
    CHECK(filled("${LINES}") ==
          "error: environment variable 'LINES' holds control characters or is not UTF-8");
}
