// `velostream schema` through the built program: what it says is what the program accepts.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "server/json_value.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;
using velo::server::JsonValue;
using velo::server::parse_json;

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the schema is JSON that knows every section", "[schema]") {
    const auto schema = parse_json(run_velostream({"schema"}).out);
    REQUIRE(schema);
    CHECK(schema->text_of("$schema") == "https://json-schema.org/draft/2020-12/schema");
    const JsonValue* properties = schema->find("properties");
    REQUIRE(properties != nullptr);
    CHECK(properties->fields.size() == 12);
    REQUIRE(schema->find("additionalProperties") != nullptr);
    CHECK(schema->find("additionalProperties")->kind == JsonValue::Kind::False);
    std::vector<std::string> required;
    for (const JsonValue& item : schema->find("required")->items) required.push_back(item.text);
    CHECK(required == std::vector<std::string>{"name", "sources", "query", "sink"});
    const auto server = parse_json(run_velostream({"schema", "--server"}).out);
    REQUIRE(server);
    CHECK(server->find("properties")->find("http") != nullptr);
}

TEST_CASE("docs/configuration.md is what the program says of itself", "[schema]") {
    INFO("stale; make it anew: build/release/velostream schema --markdown > docs/configuration.md");
    CHECK(run_velostream({"schema", "--markdown"}).out == read("docs/configuration.md"));
}

TEST_CASE("the schema that ships is what the program says", "[schema]") {
    INFO("stale; make it anew: build/release/velostream schema > deploy/velostream.schema.json");
    CHECK(run_velostream({"schema"}).out == read("deploy/velostream.schema.json"));
}
