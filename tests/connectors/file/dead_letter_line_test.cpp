#include "connectors/file/dead_letter_line.hpp"

#include <string>

#include <catch2/catch.hpp>

using velo::connectors::append_dead_letter;
using velo::connectors::append_tombstone;
using velo::engine::DeadLetter;

namespace {

DeadLetter letter(std::string value) {
    DeadLetter result;
    result.topic = "in.jsonl";
    result.partition = 1;
    result.offset = 42;
    result.stage = "decode";
    result.code = "not_json";
    result.error = "not a \"JSON\" object";
    result.has_value = true;
    result.value = std::move(value);
    return result;
}

std::string line_of(const DeadLetter& dead) {
    std::string line;
    append_dead_letter(line, dead);
    return line;
}

const std::string kPlace =
    R"({"topic":"in.jsonl","partition":1,"offset":42,"stage":"decode","error":"not a \"JSON\" object",)";

}  // namespace

TEST_CASE("a dead letter of a file says where the line stood, what was wrong, and the line itself",
          "[file]") {
    CHECK(line_of(letter("{x\t")) == kPlace + "\"payload\":\"{x\\t\"}\n");
    CHECK(line_of(letter("")) == kPlace + "\"payload\":\"\"}\n");
}

TEST_CASE("a payload that is no UTF-8 is kept in base64", "[file]") {
    CHECK(line_of(letter("\xff")) == kPlace + "\"payload_base64\":\"/w==\"}\n");
    CHECK(line_of(letter("\xff"
                         "a")) == kPlace + "\"payload_base64\":\"/2E=\"}\n");
    CHECK(line_of(letter("\xff"
                         "ab")) == kPlace + "\"payload_base64\":\"/2Fi\"}\n");
    CHECK(line_of(letter("\xff"
                         "abc")) == kPlace + "\"payload_base64\":\"/2FiYw==\"}\n");
}

TEST_CASE("a letter without payload says so, and a group's key stands before it", "[file]") {
    DeadLetter dead = letter("");
    dead.has_value = false;
    CHECK(line_of(dead) == kPlace + "\"payload\":null}\n");
    dead.has_key = true;
    dead.key = "ACME";
    CHECK(line_of(dead) == kPlace + "\"key\":\"ACME\",\"payload\":null}\n");
}

TEST_CASE("a tombstone names the key columns", "[file]") {
    const auto tombstone = [](std::string_view key, const velo::connectors::KeyForm& form) {
        std::string line;
        append_tombstone(line, key, form);
        return line;
    };
    CHECK(tombstone("A\"B", {.column = "symbol", .is_quoted = true}) ==
          "{\"$tombstone\":{\"symbol\":\"A\\\"B\"}}\n");
    CHECK(tombstone("5", {.column = "id", .is_quoted = false}) == "{\"$tombstone\":{\"id\":5}}\n");
    CHECK(tombstone(R"({"a":1,"b":"x"})", {}) == "{\"$tombstone\":{\"a\":1,\"b\":\"x\"}}\n");
    CHECK(tombstone("", {}) == "{\"$tombstone\":{}}\n");
}
