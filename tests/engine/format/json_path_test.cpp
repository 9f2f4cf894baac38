#include "engine/format/json_path.hpp"

#include <catch2/catch.hpp>

using namespace velo::engine;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a path names fields from the outside in", "[json]") {
    CHECK(parse_json_path("$.a").value() == Names{"a"});
    CHECK(parse_json_path("$.a.b_2.größe").value() == Names{"a", "b_2", "größe"});
    CHECK(parse_json_path(R"($["a.b"].c)").value() == Names{"a.b", "c"});
    CHECK(parse_json_path(R"($.a['it"s'])").value() == Names{"a", "it\"s"});
}

TEST_CASE("what is no path is refused with what would be one", "[json]") {
    for (const char* const wrong : {"", "$", "a", "a.b", "$a", "$.", "$.a.", "$..a", "$.a b]",
                                    "$[a]", "$[\"a\"", "$['a\"]", "$.a\"b"}) {
        INFO(wrong);
        const auto path = parse_json_path(wrong);
        REQUIRE_FALSE(path.has_value());
        CHECK(path.error() ==
              "'" + std::string(wrong) +
                  "' is not a path; write it as $.a.b, or $[\"a.b\"] for a name with points");
    }
    CHECK(parse_json_path("$.a[0]").error() ==
          "the path '$.a[0]' looks into an array; only fields of objects can be columns");
    CHECK(parse_json_path("$[*].a").error() ==
          "the path '$[*].a' looks into an array; only fields of objects can be columns");
    std::string deep = "$";
    for (int i = 0; i < 65; ++i) deep += ".a";
    CHECK(parse_json_path(deep).error() == "the path '" + deep + "' has over 64 names");
}
