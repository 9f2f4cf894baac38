#include "engine/base/error.hpp"

#include <catch2/catch.hpp>

namespace velo {

TEST_CASE("a place is written as far as it is known", "[error]") {
    CHECK(Place{"jobs/trades.yaml", 12, 5, 1}.text() == "jobs/trades.yaml:12:5");
    CHECK(Place{"", 12, 5, 1}.text() == "12:5");
    CHECK(Place{"jobs/trades.yaml", 0, 0, 1}.text() == "jobs/trades.yaml");
    CHECK(Place{}.text().empty());
}

TEST_CASE("a mistake is its place and its text", "[error]") {
    CHECK(Mistake{{"a.yaml", 1, 2, 3}, "unknown key 'topc'"}.line() ==
          "a.yaml:1:2: unknown key 'topc'");
    CHECK(Mistake{{}, "no jobs"}.line() == "no jobs");
}

TEST_CASE("an error tells all its mistakes, one per line", "[error]") {
    const Error error({{{"", 1, 1, 1}, "first"}, {{"", 2, 4, 1}, "second"}});
    CHECK(std::string(error.what()) == "1:1: first\n2:4: second");
    CHECK(error.mistakes().size() == 2);
    CHECK(std::string(Error({}, "alone").what()) == "alone");
}

TEST_CASE("the nearest word is one that may have been meant", "[error]") {
    const std::vector<std::string_view> keys{"topic", "start", "format"};
    CHECK(nearest("topc", keys) == "topic");
    CHECK(nearest("TOPIC", keys) == "topic");
    CHECK(nearest("tpoic", keys) == "topic");  // Two letters swapped count as one mistake.
    CHECK(nearest("fromat", keys) == "format");
    CHECK(nearest("delivery", keys).empty());
    CHECK(nearest("", keys).empty());
    CHECK(nearest("topic", {}).empty());
    CHECK(nearest(std::string(10'000, 'a'), keys).empty());
}

TEST_CASE("a suggestion is worded as a question, or left out", "[error]") {
    CHECK(did_you_mean("topc", {"topic"}) == "; did you mean 'topic'?");
    CHECK(did_you_mean("delivery", {"topic"}).empty());
}

TEST_CASE("case does not count in ASCII, and only there", "[error]") {
    CHECK(equals_ignoring_case("SeLeCt", "select"));
    CHECK_FALSE(equals_ignoring_case("select", "selec"));
    CHECK_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));
    CHECK(to_lower("Trades_1\xC3\x84") == "trades_1\xC3\x84");
}

}  // namespace velo
