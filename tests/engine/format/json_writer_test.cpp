#include "engine/format/json_writer.hpp"

#include <limits>
#include <string>

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::engine;

TEST_CASE("a document is written piece by piece", "[json]") {
    std::string text = "before ";
    JsonWriter json(text);
    json.begin_object().name("jobs").begin_array();
    json.begin_object()
        .name("name")
        .text("a \"b\"\n")
        .name("lag")
        .integer(std::int64_t{-5})
        .name("ratio")
        .number(0.25)
        .end_object();
    json.begin_object().end_object().begin_array().end_array().boolean(true).null();
    json.end_array()
        .name("sum")
        .decimal(-1250, 2)
        .name("big")
        .integer(Int128{1} << 100)
        .name("raw")
        .raw("[1]")
        .end_object();
    CHECK(text == R"(before {"jobs":[{"name":"a \"b\"\n","lag":-5,"ratio":0.25},{},[],true,null],)"
                  R"("sum":-12.50,"big":1267650600228229401496703205376,"raw":[1]})");
}

TEST_CASE("numbers that JSON does not know are null", "[json]") {
    std::string text;
    JsonWriter(text)
        .begin_array()
        .number(std::numeric_limits<double>::infinity())
        .number(std::numeric_limits<double>::quiet_NaN())
        .end_array();
    CHECK(text == "[null,null]");
}
