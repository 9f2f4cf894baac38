#include "server/json_value.hpp"

#include <catch2/catch.hpp>

using namespace velo::server;

namespace {

bool same(const char* a, const char* b) {
    const auto left = parse_json(a);
    const auto right = parse_json(b);
    REQUIRE(left);
    REQUIRE(right);
    return same_json(*left, *right);
}

}  // namespace

TEST_CASE("numbers are the same when they stand for the same number", "[json]") {
    CHECK(same("20", "20.0"));
    CHECK(same("20", "2e1"));
    CHECK(same("0.10", "1E-1"));
    CHECK(same("-0", "0.00"));
    CHECK(
        same("99999999999999999999999999999999999999", "99999999999999999999999999999999999999.0"));
    CHECK_FALSE(
        same("99999999999999999999999999999999999999", "99999999999999999999999999999999999998"));
    CHECK_FALSE(same("1", "-1"));
    CHECK_FALSE(same("1", "\"1\""));
}

TEST_CASE("an object's fields have no order, a list's items have one", "[json]") {
    CHECK(same(R"({"a":1,"b":[1,{"c":null}]})", R"( { "b" : [ 1 , { "c" : null } ] , "a" : 1 } )"));
    CHECK_FALSE(same("[1,2]", "[2,1]"));
    CHECK_FALSE(same(R"({"a":1})", R"({"a":1,"b":null})"));
    CHECK_FALSE(same("true", "false"));
}

TEST_CASE("texts are read with their escapes", "[json]") {
    CHECK(parse_json(R"("a\"\\\/\n\u00e9\ud83d\ude00")")->text ==
          "a\"\\/\n\xC3\xA9\xF0\x9F\x98\x80");
    CHECK(parse_json(R"({"a":{"b":7.5}})")->find("a")->number_of("b") == 7.5);
}

TEST_CASE("what is not JSON is nothing", "[json]") {
    for (const char* text : {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "nul", "1 2", "\"a", "-",
                             "1e", "\"\\x\"", "\"\\ud800\\u0041\""}) {
        INFO(text);
        CHECK_FALSE(parse_json(text));
    }
    CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
    CHECK(parse_json(std::string(64, '[') + "1" + std::string(64, ']')));
}
