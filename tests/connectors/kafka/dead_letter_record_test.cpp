#include "connectors/kafka/dead_letter_record.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

using velo::connectors::dead_letter_record;
using velo::connectors::DeadLetterRecord;
using velo::engine::DeadLetter;

namespace {

DeadLetter letter() {
    DeadLetter result;
    result.topic = "trades";
    result.partition = 3;
    result.offset = 42;
    result.stage = "decode";
    result.code = "not_json";
    result.error = "no JSON object";
    result.has_key = result.has_value = true;
    result.key = "k";
    result.value = std::string(1000, 'v');
    result.headers = {{"trace", "1"}, {"trace", "2"}, {"null", std::nullopt}, {"empty", ""}};
    return result;
}

std::string header(const DeadLetterRecord& record, std::string_view name) {
    const auto found =
        std::ranges::find(record.headers, name, [](const auto& each) { return each.first; });
    return found == record.headers.end() ? "<none>" : found->second.value_or("<null>");
}

}  // namespace

TEST_CASE("a dead letter keeps key, value and headers and says what was wrong with it", "[kafka]") {
    const DeadLetter dead = letter();
    const DeadLetterRecord record = dead_letter_record(dead, "my_job", 1 << 20);
    CHECK(record.key == "k");
    CHECK(record.value == dead.value);
    CHECK(record.headers ==
          decltype(record.headers){{"trace", "1"},
                                   {"trace", "2"},
                                   {"null", std::nullopt},
                                   {"empty", ""},
                                   {"__connect.errors.topic", "trades"},
                                   {"__connect.errors.partition", "3"},
                                   {"__connect.errors.offset", "42"},
                                   {"__connect.errors.connector.name", "my_job"},
                                   {"__connect.errors.stage", "decode"},
                                   {"__connect.errors.exception.class.name", "not_json"},
                                   {"__connect.errors.exception.message", "no JSON object"}});
}

TEST_CASE("a null key and a null value stay null", "[kafka]") {
    DeadLetter dead = letter();
    dead.has_key = dead.has_value = false;
    const DeadLetterRecord record = dead_letter_record(dead, "j", 1 << 20);
    CHECK_FALSE(record.key);
    CHECK_FALSE(record.value);
}

TEST_CASE("a finished group's letter names no record it came from", "[kafka]") {
    DeadLetter dead = letter();
    dead.offset = -1;
    const DeadLetterRecord record = dead_letter_record(dead, "j", 1 << 20);
    CHECK(header(record, "__connect.errors.offset") == "<none>");
    CHECK(header(record, "__connect.errors.topic") == "<none>");
    CHECK(header(record, "__connect.errors.stage") == "decode");
}

TEST_CASE(
    "what the topic is too small for is cut at the end of the value, and its full size is told",
    "[kafka]") {
    const DeadLetter dead = letter();
    const std::size_t full = dead_letter_record(dead, "j", 1 << 20).size();
    CHECK(header(dead_letter_record(dead, "j", full), "velostream.truncated") == "<none>");
    for (const std::size_t size_max : {full - 1, full - 500, full - 900}) {
        const DeadLetterRecord record = dead_letter_record(dead, "j", size_max);
        CHECK(record.size() == size_max);
        CHECK(header(record, "velostream.truncated") == "1000");
        CHECK(header(record, "trace") == "1");
        CHECK(record.key == "k");
        CHECK(dead.value.starts_with(*record.value));
    }
}

TEST_CASE("when cutting the value is not enough its own headers go, then the end of the key",
          "[kafka]") {
    DeadLetter dead = letter();
    dead.headers.emplace_back("big", std::string(5000, 'h'));
    const DeadLetterRecord without_headers = dead_letter_record(dead, "j", 1000);
    CHECK(without_headers.size() <= 1000);
    CHECK(without_headers.value->empty());
    CHECK(without_headers.key == "k");
    CHECK(header(without_headers, "trace") == "<none>");
    CHECK(header(without_headers, "__connect.errors.offset") == "42");

    dead.key = std::string(5000, 'k');
    const DeadLetterRecord cut_key = dead_letter_record(dead, "j", 1000);
    CHECK(cut_key.size() == 1000);
    CHECK(cut_key.key->size() < 1000);
}

TEST_CASE("a text that quotes half the record does not become a header of that size", "[kafka]") {
    DeadLetter dead = letter();
    dead.error = std::string(100'000, 'e');
    CHECK(header(dead_letter_record(dead, "j", 1 << 20), "__connect.errors.exception.message")
              .size() == 1024);
}
