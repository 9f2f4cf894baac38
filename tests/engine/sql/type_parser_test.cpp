#include "engine/sql/type_parser.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/sql/parser.hpp"

namespace velo::engine::sql {

namespace {

std::string type_of(std::string_view text) {
    try {
        return parse_type(text).text();
    } catch (const Error& error) {
        const Mistake& mistake = error.mistakes().front();
        return fmt::format("{}:{}: {}", mistake.place.column, mistake.place.length, mistake.text);
    }
}

}  // namespace

TEST_CASE("types have the names that users know", "[sql][types]") {
    CHECK(type_of("BOOLEAN") == "BOOLEAN");
    CHECK(type_of("bool") == "BOOLEAN");
    CHECK(type_of("Int") == "BIGINT");
    CHECK(type_of("INTEGER") == "BIGINT");
    CHECK(type_of("BIGINT") == "BIGINT");
    CHECK(type_of("FLOAT") == "DOUBLE");
    CHECK(type_of("DOUBLE PRECISION") == "DOUBLE");
    CHECK(type_of("DECIMAL(10,2)") == "DECIMAL(10,2)");
    CHECK(type_of("NUMERIC ( 38 )") == "DECIMAL(38,0)");
    CHECK(type_of("VARCHAR(20)") == "STRING");
    CHECK(type_of("TEXT") == "STRING");
    CHECK(type_of("BYTES") == "BYTES");
    CHECK(type_of("TIMESTAMP") == "TIMESTAMP");
    CHECK(type_of("DATE") == "DATE");
    CHECK(type_of("INTERVAL") == "INTERVAL");
}

TEST_CASE("types that are not there are refused with one that is", "[sql][types]") {
    CHECK(type_of("STRNG") == "1:5: unknown type 'STRNG'; did you mean 'STRING'?");
    CHECK(type_of("SMALLINT") == "1:8: unknown type 'SMALLINT'; use BIGINT");
    CHECK(type_of("uuid") == "1:4: unknown type 'uuid'; use STRING");
    CHECK(type_of("DATETIME") == "1:8: unknown type 'DATETIME'; use TIMESTAMP");
    CHECK(type_of("x") ==
          "1:1: unknown type 'x'; use BOOLEAN, BIGINT, DOUBLE, DECIMAL(p,s), STRING, BYTES, "
          "TIMESTAMP, DATE, TIME, INTERVAL, ARRAY<T>, MAP<STRING, T> or STRUCT<name T, …>");
    CHECK(type_of("") == "1:1: unexpected end; expected a type");
    CHECK(type_of("'STRING'") == "1:8: unexpected text 'STRING'; expected a type");
    CHECK(type_of("STRING STRING") == "8:6: unexpected 'STRING'; expected the end of the type");
}

TEST_CASE("types of types read back as they are written", "[sql][types]") {
    CHECK(type_of("array<string>") == "ARRAY<STRING>");
    CHECK(type_of("ARRAY(INT)") == "ARRAY<BIGINT>");
    CHECK(type_of("MAP<VARCHAR, ARRAY<DECIMAL(5,2)>>") == "MAP<STRING, ARRAY<DECIMAL(5,2)>>");
    CHECK(type_of("STRUCT<a BIGINT, \"b c\" STRUCT<d TIME>>") ==
          "STRUCT<a BIGINT, \"b c\" STRUCT<d TIME>>");
    CHECK(parse_type("ARRAY<BIGINT>") == array_type(kBigint));
    CHECK(parse_type("ARRAY<BIGINT>") != array_type(kDouble));
    CHECK(parse_type("STRUCT<a BIGINT>") != struct_type({{"b", kBigint}}));
    CHECK(type_of("MAP<BIGINT, STRING>") ==
          "5:6: the keys of a MAP are STRING, not BIGINT; write MAP<STRING, …>");
    CHECK(type_of("STRUCT<a BIGINT, a BIGINT>") == "18:1: the field 'a' is declared twice");
    CHECK(type_of("ARRAY") == "6:1: unexpected end; expected '<'");
    CHECK(type_of("ARRAY<>") == "6:2: unexpected '<>'; expected '<'");
    std::string deep = "BIGINT";
    for (int level = 0; level < kDeepestType; ++level) deep = "ARRAY<" + deep + ">";
    CHECK(type_of(deep) == deep);
    CHECK(type_of("ARRAY<" + deep + ">") ==
          "193:5: types are at most 32 levels deep; use a flatter one");
}

TEST_CASE("the digits of a DECIMAL are checked", "[sql][types]") {
    CHECK(type_of("DECIMAL") ==
          "1:7: DECIMAL needs its digits; write DECIMAL(18,2): 18 in all, 2 after the point");
    CHECK(type_of("DECIMAL(39,2)") == "9:2: the number of digits is '39'; it can be 1 to 38");
    CHECK(type_of("DECIMAL(0)") == "9:1: the number of digits is '0'; it can be 1 to 38");
    CHECK(type_of("DECIMAL(5,6)") ==
          "11:1: the number of digits after the point is '6'; it can be 0 to 5");
    CHECK(type_of("DECIMAL(5.0)") == "9:3: the number of digits is '5.0'; it can be 1 to 38");
    CHECK(type_of("DECIMAL(99999999999999)") ==
          "9:14: the number of digits is '99999999999999'; it can be 1 to 38");
    CHECK(type_of("DECIMAL(x)") == "9:1: unexpected 'x'; expected the number of digits");
    CHECK(type_of("DECIMAL(5") == "10:1: unexpected end; expected ')'");
    CHECK(type_of("TIMESTAMP(3)") ==
          "10:1: TIMESTAMP takes no length; it always counts microseconds");
    CHECK(type_of("BIGINT(20)") == "7:1: BIGINT takes no length; write it alone");
}

}  // namespace velo::engine::sql
