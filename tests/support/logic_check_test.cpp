#include "tests/support/logic_check.hpp"

#include <catch2/catch.hpp>

#include "engine/base/error.hpp"

namespace velo::engine {

namespace {

const std::string kStart =
    "stream t (at TIMESTAMP, k STRING, n BIGINT) watermark at - 5s partitions 2\n"
    "\n"
    "query\n"
    "SELECT _window_start, k, SUM(n) AS n FROM t WHERE n <> 3 GROUP BY k WINDOW TUMBLING (at, 1m)\n"
    "\n"
    "push t partition 1\n"
    "00:02:00  B  1\n"
    "----\n"
    "\n"
    "push t\n"
    "00:00:01  A  1\n"
    "00:00:02  A  2\n"
    "00:00:03  A  3\n"
    "00:01:05  A  4\n"
    "00:00:04  A  5\n"
    "----\n";

// What is wrong with kStart and these expected lines; empty: nothing.
std::vector<std::string> details_for(const std::string& expected) {
    const LogicFile file = parse_logic_file("x.slt", kStart + expected);
    std::vector<std::string> details;
    for (const LogicFailure& failure : check(file.cases.at(0)).failures) {
        for (const std::string& detail : failure.details) details.push_back(detail);
    }
    return details;
}

std::string refusal(const std::string& text) {
    try {
        static_cast<void>(parse_logic_file("x.slt", text));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a block that says what comes out passes, in any order", "[support]") {
    CHECK(details_for("filtered 1\nlate 1\n00:00:00  A  3\n").empty());
}

TEST_CASE("every row and every count has to be there, and no other", "[support]") {
    CHECK(details_for("late 1\nfiltered 1\n") == Lines{"+ 00:00:00  A  3"});
    CHECK(details_for("00:00:00  A  3\n00:00:00  A  3\nlate 1\nfiltered 1\n") ==
          Lines{"- 00:00:00  A  3"});
    CHECK(details_for("00:00:00  A  4\nlate 1\nfiltered 1\n") ==
          Lines{"- 00:00:00  A  4", "+ 00:00:00  A  3"});
    CHECK(details_for("00:00:00  A  3\nfiltered 1\n") == Lines{"+ late 1"});
    CHECK(details_for("00:00:00  A  3\nlate 2\nfiltered 1\n") == Lines{"- late 2", "+ late 1"});
    CHECK(details_for("00:00:00  A  3\nlate 1\n") == Lines{"+ filtered 1"});
    CHECK(details_for("00:00:00  A  3\nlate 1\nfiltered 1\nfault 1 overflow\n") ==
          Lines{"- fault 1 overflow"});
    CHECK(details_for("tombstone  A\n00:00:00  A  3\nlate 1\nfiltered 1\n") ==
          Lines{"- tombstone  A"});
}

TEST_CASE("a block that differs knows what it would have to say", "[support]") {
    const LogicFile file = parse_logic_file("x.slt", kStart);
    const LogicOutcome outcome = check(file.cases.at(0));
    CHECK_FALSE(outcome.differs.at(0));
    CHECK(outcome.differs.at(1));
    CHECK(outcome.actual.at(1) == Lines{"00:00:00  A  3", "late 1", "filtered 1"});
    CHECK(file.cases.at(0).steps.at(1).expected_line == 17);
}

TEST_CASE("a refusal has to be exact", "[support]") {
    const std::string start = "stream t (n BIGINT)\n\nerror\nSELECT m FROM t\n----\n";
    const auto passes = [&](const std::string& expected) {
        return check(parse_logic_file("x.slt", start + expected).cases.at(0)).failures.empty();
    };
    CHECK(passes("1:8: unknown column 'm' in source 't'; did you mean 'n'?\n"));
    CHECK_FALSE(passes("1:8: unknown column 'm' in source 't'\n"));
    CHECK_FALSE(passes("1:9: unknown column 'm' in source 't'; did you mean 'n'?\n"));
    CHECK_FALSE(passes(""));
    const LogicFile good =
        parse_logic_file("x.slt", "stream t (n BIGINT)\n\nerror\nSELECT n FROM t\n----\n");
    REQUIRE(check(good.cases.at(0)).failures.size() == 1);
    CHECK(check(good.cases.at(0)).failures.at(0).text == "the query is not refused");
}

TEST_CASE("a query that is refused fails its case", "[support]") {
    const LogicFile file = parse_logic_file(
        "x.slt", "stream t (n BIGINT)\n\nquery\nSELECT m FROM t\n\nfinish\n----\n");
    CHECK(check(file.cases.at(0)).failures.at(0).text == "the query is refused");
}

TEST_CASE("files that are no tests are refused with their line", "[support]") {
    CHECK(refusal("pusch t\n") ==
          "x.slt:1:1: a block begins with stream, query, error, push, tick or finish");
    CHECK(refusal("push t\n----\n") == "x.slt:1:1: a query has to stand before what is pushed");
    CHECK(refusal("stream t (n BIGNT)\n").starts_with("x.slt:1:1: 1:1: unknown type 'BIGNT'"));
    CHECK(refusal("stream t (n BIGINT)\nstream t (n BIGINT)\n") ==
          "x.slt:2:1: stream 't' is declared twice");
    CHECK(refusal("query\nSELECT 1\n\npush t\n1\n\n----\n") ==
          "x.slt:6:1: a push ends without ----");
    CHECK(refusal("query\nSELECT 1\n\nfinish\n----\n\ntick 1s\n----\n") ==
          "x.slt:7:1: nothing can come after finish; begin another query");
    CHECK(refusal("query\nSELECT 1\n\ntick soon\n----\n") ==
          "x.slt:4:1: 'soon' is not a duration; write it as 5s, 500ms or 1m30s");
}

}  // namespace velo::engine
