// Nested JSON to values and back.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/format/encoder.hpp"
#include "tests/engine/format/decoding.hpp"

using namespace velo;
using namespace velo::engine;
using velo::engine::tests::Decoding;

namespace {

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

// A value of `type` as the encoder writes it.
std::string any_json(const Type& type) {
    if (*rc::gen::inRange(0, 6) == 0) return "null";
    std::string out;
    const auto add = [&](const std::string& item) { out += (out.empty() ? "" : ",") + item; };
    const int count = *rc::gen::inRange(0, 4);
    switch (type.kind) {
        case TypeKind::Array:
            for (int i = 0; i < count; ++i) add(any_json(type.element()));
            return "[" + out + "]";
        case TypeKind::Map:
            for (int i = 0; i < count; ++i)
                add("\"k" + std::to_string(i) + "\":" + any_json(type.element()));
            return "{" + out + "}";
        case TypeKind::Struct:
            for (const TypePart& field : type.parts.all())
                add("\"" + field.name + "\":" + any_json(field.type));
            return "{" + out + "}";
        case TypeKind::Bigint:
            return std::to_string(*rc::gen::arbitrary<std::int64_t>());
        case TypeKind::Boolean:
            return *rc::gen::arbitrary<bool>() ? "true" : "false";
        case TypeKind::Time:
            return *rc::gen::arbitrary<bool>() ? "\"12:34:56\"" : "\"00:00:00.500\"";
        default:
            return *rc::gen::arbitrary<bool>() ? "\"a\\\"b\"" : "\"a text longer than a block\"";
    }
}

Type any_type(int depth) {
    switch (*rc::gen::inRange(depth > 2 ? 3 : 0, 7)) {
        case 0:
            return array_type(any_type(depth + 1));
        case 1:
            return map_type(any_type(depth + 1));
        case 2:
            return struct_type({{"a", any_type(depth + 1)}, {"long name", any_type(depth + 1)}});
        case 3:
            return kBigint;
        case 4:
            return kBoolean;
        case 5:
            return kTime;
        default:
            return kString;
    }
}

std::string encoded(const Column& column) {
    OutputPlan plan;
    plan.columns.push_back({"x", nullptr});
    OutputChunk chunk;
    const Column* const columns[] = {&column};
    make_json_encoder(plan, {})->encode(columns, {}, Selection::all(1), nullptr, chunk);
    return std::string(chunk.value(chunk.records.front()));
}

}  // namespace

TEST_CASE("nested JSON comes out as it went in", "[json][nested]") {
    const bool holds = rc::check("any type, any value", [] {
        const Type type = any_type(0);
        const std::string record = "{\"x\":" + any_json(type) + "}";
        Decoding decoding;
        decoding.column("x", type.text()).decode(record);
        RC_ASSERT(decoding.fault() == "");
        RC_ASSERT(encoded(decoding.batch().columns[0]) == record);
    });
    CHECK(holds);
}

TEST_CASE("what a part does not take is a fault that names the part", "[json][nested]") {
    Decoding decoding;
    decoding.column("x", "ARRAY<STRUCT<a BIGINT, b MAP<STRING, BOOLEAN>>>");
    CHECK(decoding.decode(R"({"x":[{"a":1},{"a":"2"}]})").fault() ==
          "wrong_type: column 'x[].a': expected a whole number, found a string \"2\" at byte 19");
    CHECK(decoding.decode(R"({"x":[{"b":{"k":1}}]})").fault() ==
          "wrong_type: column 'x[].b[]': expected true or false, found a number 1 at byte 16");
    CHECK(decoding.decode(R"({"x":[7]})").fault() ==
          "wrong_type: column 'x[]': expected an object, found a number 7 at byte 6");
    CHECK(decoding.decode(R"({"x":{}})").fault() ==
          "wrong_type: column 'x': expected an array, found an object at byte 5");
    CHECK(decoding.decode(R"({"x":[{"a":9223372036854775808}]})").fault() ==
          "out_of_range: column 'x[].a': a number 9223372036854775808 at byte 11 does not fit "
          "BIGINT");
    CHECK(decoding.decode(R"({"x":[{"a":1},]})").fault().starts_with("malformed: not JSON"));
    CHECK(decoding.decode(R"({"x":[{"a":1)").fault().starts_with("malformed: not JSON"));
    CHECK(decoding.decode(R"({"x":[{"a":1}]})").fault() == "");
    CHECK(decoding.value() == "ARRAY[STRUCT(a := 1, b := NULL)]");
}

TEST_CASE("a fault inside is as early as its column", "[json][nested]") {
    Decoding late;
    late.column("x", "ARRAY<BIGINT>").column("y", "BIGINT").decode(R"({"x":["a"],"y":5})");
    CHECK(late.late_fault() != nullptr);
    CHECK(late.value(1) == "5");
    Decoding early;
    early.column("x", "ARRAY<BIGINT>").early().decode(R"({"x":["a"]})");
    CHECK(early.early_fault() != nullptr);
}

TEST_CASE("of duplicate fields and keys the first counts, and others are passed over",
          "[json][nested]") {
    Decoding decoding;
    decoding.column("s", "STRUCT<a BIGINT>").column("m", "MAP<STRING, BIGINT>");
    decoding.decode(R"({"s":{"a":1,"z":[{"a":2}],"a":3},"m":{"k":1,"k":2}})");
    CHECK(decoding.value(0) == "STRUCT(a := 1)");
    CHECK(decoding.value(1) == "MAP('k', 1)");
    decoding.decode(R"({"s":{},"m":{"":null}})");
    CHECK(decoding.value(0) == "STRUCT(a := NULL)");
    CHECK(decoding.value(1) == "MAP('', NULL)");
}

TEST_CASE("nested values count towards the depth of a record", "[json][nested]") {
    Decoding decoding;
    decoding.column("x", "ARRAY<STRING>");
    const auto record = [](int levels) {
        return "{\"x\":" + repeated("[", levels) + repeated("]", levels) + "}";
    };
    CHECK(decoding.decode(record(60)).fault().starts_with("wrong_type"));
    CHECK(decoding.decode(record(64)).fault().starts_with("too_deep"));
}
