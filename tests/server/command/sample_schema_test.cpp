#include "server/command/sample_schema.hpp"

#include <catch2/catch.hpp>

#include "server/command/job_text.hpp"
#include "server/record_text.hpp"

using namespace velo::server;

namespace {

GuessedSchema guess(const std::vector<std::string>& records) {
    std::vector<SampledObject> objects;
    for (const std::string& record : records)
        objects.push_back({.value = parse_json(record).value(), .partition = 0});
    return guess_schema(objects);
}

/// `name TYPE path unit`, a line each.
std::string text(const GuessedSchema& schema) {
    std::string out;
    for (const GuessedColumn& column : schema.columns) {
        out += column.name + ' ' + column.type;
        if (!column.path.empty()) out += ' ' + column.path;
        if (!column.unit.empty()) out += ' ' + column.unit;
        out += '\n';
    }
    for (const std::string& each : schema.left_out) out += "# " + each + '\n';
    return out;
}

}  // namespace

TEST_CASE("types are those that every value has", "[init]") {
    CHECK(text(guess({R"({"a":1,"b":1.5,"c":"x","d":true,"e":1})",
                      R"({"a":null,"b":2,"c":"y","d":false,"e":123456789012345678901})"})) ==
          "a BIGINT\nb DOUBLE\nc STRING\nd BOOLEAN\ne DECIMAL(38,0)\n");
    CHECK(
        text(guess({R"({"a":1,"b":[],"c":null,"d":{},"e":{"f":1}})",
                    R"({"a":"1","b":[2],"c":null,"d":{},"e":3})"})) ==
        "e_f BIGINT $.e.f\n# a: values of several kinds\n# b: an array\n# c: always null\n# d: an "
        "object\n# e: values of several kinds\n");
}

TEST_CASE("nested fields are columns with a path, and names are plain and differ", "[init]") {
    CHECK(text(guess({R"({"a":{"b":{"c":1}},"a_b_c":2,"x y":3,"_key":4,"1st":5,"A_B_C":6})"})) ==
          "a_b_c BIGINT $.a.b.c\na_b_c_2 BIGINT $.a_b_c\nx_y BIGINT $[\"x y\"]\nfield__key BIGINT "
          "$._key\nfield_1st BIGINT $.1st\nA_B_C_3 BIGINT $.A_B_C\n");
}

TEST_CASE("times are found by what they are called and by their size", "[init]") {
    const GuessedSchema schema = guess(
        {R"({"id":1700000000000,"created_at":1700000000,"updateTime":1700000000123,"ts":1700000000000000,"when":"2024-01-15T10:00:00Z","latency_ms":12})",
         R"({"id":1700000000001,"created_at":1700000001,"updateTime":1700000000124,"ts":1699999997000000,"when":"2024-01-15T10:00:00Z","latency_ms":15})"});
    CHECK(text(schema) ==
          "id BIGINT\ncreated_at TIMESTAMP s\nupdateTime TIMESTAMP ms\nts TIMESTAMP us\nwhen "
          "TIMESTAMP\nlatency_ms BIGINT\n");
    CHECK(schema.event_time == "ts");
    CHECK(schema.out_of_order == std::chrono::seconds{3});
    CHECK(guess({R"({"ts":null,"a":1})", R"({"ts":1700000000,"a":1})"}).event_time.empty());
}

TEST_CASE("names of topics become names of jobs and sources", "[init]") {
    CHECK(job_name_of("Orders.EU-1") == "orders_eu-1");
    CHECK(source_name_of("Orders.EU-1") == "orders_eu_1");
    CHECK(source_name_of("1st") == "s_1st");
    CHECK(job_name_of(std::string(100, 'x')).size() == 63);
    CHECK(on_one_line("{ \"a\" :\n \"b \\\" c\" }") == "{\"a\":\"b \\\" c\"}");
}

TEST_CASE("payloads are shown as what they are", "[record]") {
    CHECK(payload_text("{\"a\":[],\"b\":{\"c\":\"x, {y\"}}", 2) ==
          "  {\n    \"a\": [],\n    \"b\": {\n      \"c\": \"x, {y\"\n    }\n  }\n");
    CHECK(payload_text("plain\x1B[2J\ntwo", 1) == " plain [2J\n two\n");
    CHECK(payload_text("\xFFz", 0) ==
          "00000000  ff 7a                                            |.z|\n");
}
