#include "config/json_text.hpp"

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo::config;

namespace {

std::string json(const std::string& yaml) {
    const ReadYaml read("v: " + yaml + "\n");
    REQUIRE(read.lines() == Lines{});
    return json_text(read.at("v"));
}
std::string quoted(const std::string& text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("YAML values are the JSON values they look like", "[config][json_text]") {
    CHECK(json("{a: 1, b: [true, ~, null, x], c: {}}") ==
          R"({"a":1,"b":[true,null,null,"x"],"c":{}})");
    CHECK(json("[]") == "[]");
    CHECK(json("[[1], [], 2]") == "[[1],[],2]");
}

TEST_CASE("numbers keep their digits, and only JSON numbers are numbers", "[config][json_text]") {
    for (const std::string number : {"0", "-0", "12345678901234567890", "1.50", "-1.5e+10", "2E-3"})
        CHECK(json(number) == number);
    for (const std::string text :
         {"01", "+1", ".5", "5.", "1e", "0x10", "1_000", "1.5.2", "NaN", "yes"})
        CHECK(json(text) == '"' + text + '"');
    CHECK(json("'5'") == "\"5\"");
    CHECK(json("\"true\"") == "\"true\"");
}

TEST_CASE("JSON strings are escaped where they must be", "[config][json_text]") {
    CHECK(quoted("a\"b\\c\n\t\r\x01") == R"("a\"b\\c\n\t\r\u0001")");
    CHECK(quoted("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80") ==
          "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    CHECK(quoted("a\xFF"
                 "b\xC3") ==
          "\"a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD\"");
}
