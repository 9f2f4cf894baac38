#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/error.hpp"
#include "tests/engine/format/decoding.hpp"

using namespace velo;
using namespace velo::engine;
using velo::engine::tests::Decoding;

namespace {

struct Accepted {
    std::string type;
    std::string json;
    std::string sql;
};

struct Refused {
    std::string type;
    std::string json;
    std::string fault;
};

std::string object_of(const std::string& value) { return R"({"a":)" + value + "}"; }

const std::vector<Accepted> kAccepted{
    {"BOOLEAN", "true", "TRUE"},
    {"BOOLEAN", "false", "FALSE"},
    {"BOOLEAN", "null", "NULL"},

    {"BIGINT", "5", "5"},
    {"BIGINT", "-5", "-5"},
    {"BIGINT", "0", "0"},
    {"BIGINT", "-0", "0"},
    {"BIGINT", "5.0", "5"},
    {"BIGINT", "5.000000000000000000000000", "5"},
    {"BIGINT", "1e2", "100"},
    {"BIGINT", "1E+2", "100"},
    {"BIGINT", "100e-2", "1"},
    {"BIGINT", "1.5e1", "15"},
    {"BIGINT", "0e999999999999999999999", "0"},
    {"BIGINT", "12345678", "12345678"},
    {"BIGINT", "123456789012345", "123456789012345"},
    {"BIGINT", "1234567890123456", "1234567890123456"},
    {"BIGINT", "9223372036854775807", "9223372036854775807"},
    {"BIGINT", "-9223372036854775808", "-9223372036854775808"},
    {"BIGINT", "-9223372036854775808.000", "-9223372036854775808"},
    {"BIGINT", "null", "NULL"},

    {"DOUBLE", "5", "5"},
    {"DOUBLE", "0.1", "0.1"},
    {"DOUBLE", "-123.25", "-123.25"},
    {"DOUBLE", "1234.567", "1234.567"},
    {"DOUBLE", "1234567.125", "1234567.125"},
    {"DOUBLE", "123456789.125", "123456789.125"},
    {"DOUBLE", "9007199254740993", "9007199254740992"},
    {"DOUBLE", "1e308", "1e+308"},
    {"DOUBLE", "4.9e-324", "5e-324"},
    {"DOUBLE", "1e-999", "0"},

    {"DECIMAL(10,2)", "12.5", "12.50"},
    {"DECIMAL(10,2)", "-12.50", "-12.50"},
    {"DECIMAL(10,2)", "1e3", "1000.00"},
    {"DECIMAL(10,2)", "12.5000", "12.50"},
    {"DECIMAL(10,2)", "99999999.99", "99999999.99"},
    {"DECIMAL(10,2)", R"("12.5")", "12.50"},
    {"DECIMAL(10,2)", R"("\u0031")", "1.00"},
    {"DECIMAL(38,0)", "12345678901234567890123456789012345678",
     "12345678901234567890123456789012345678"},
    {"DECIMAL(38,10)", "1234567890.0123456789", "1234567890.0123456789"},

    {"STRING", R"("")", "''"},
    {"STRING", R"("abc")", "'abc'"},
    {"STRING", R"("fifteen bytes..")", "'fifteen bytes..'"},
    {"STRING", R"("sixteen bytes...")", "'sixteen bytes...'"},
    {"STRING", R"("more than sixteen bytes, and more than thirty-two too")",
     "'more than sixteen bytes, and more than thirty-two too'"},
    {"STRING", R"("\"\\\/")", "'\"\\/'"},
    {"STRING", R"("tab\there")", "'tab\there'"},
    {"STRING", R"("\u00e9\u20AC")", "'é€'"},
    {"STRING", R"("\ud83d\ude00")", "'😀'"},
    {"STRING", R"("grün, 日本語, 😀")", "'grün, 日本語, 😀'"},
    {"STRING", "null", "NULL"},

    {"BYTES", R"("")", "X''"},
    {"BYTES", R"("AP8=")", "X'00ff'"},
    {"BYTES", R"("\u0041P8=")", "X'00ff'"},

    {"TIMESTAMP", "0", "TIMESTAMP '1970-01-01T00:00:00.000Z'"},
    {"TIMESTAMP", "1700000000123", "TIMESTAMP '2023-11-14T22:13:20.123Z'"},
    {"TIMESTAMP", "1.7e12", "TIMESTAMP '2023-11-14T22:13:20.000Z'"},
    {"TIMESTAMP", "5.0", "TIMESTAMP '1970-01-01T00:00:00.005Z'"},
    {"TIMESTAMP", "-1", "TIMESTAMP '1969-12-31T23:59:59.999Z'"},
    {"TIMESTAMP", R"("2024-01-15T10:00:00.000123+02:00")",
     "TIMESTAMP '2024-01-15T08:00:00.000123Z'"},

    {"DATE", R"("2024-02-29")", "DATE '2024-02-29'"},
    {"INTERVAL", R"("1m30s")", "INTERVAL '1m30s'"},
    {"INTERVAL", R"("-1m30s")", "-INTERVAL '1m30s'"},
};

const std::vector<Refused> kRefused{
    {"BOOLEAN", "1", "wrong_type: column 'a': expected true or false, found a number 1 at byte 5"},
    {"BOOLEAN", R"("true")",
     R"(wrong_type: column 'a': expected true or false, found a string "true" at byte 5)"},

    {"BIGINT", "5.5",
     "wrong_type: column 'a': expected a whole number, found a number 5.5 at byte 5"},
    {"BIGINT", R"("5")",
     R"(wrong_type: column 'a': expected a whole number, found a string "5" at byte 5)"},
    {"BIGINT", "true", "wrong_type: column 'a': expected a whole number, found true at byte 5"},
    {"BIGINT", "[1,2]",
     "wrong_type: column 'a': expected a whole number, found an array at byte 5"},
    {"BIGINT", "9223372036854775808",
     "out_of_range: column 'a': a number 9223372036854775808 at byte 5 does not fit BIGINT"},
    {"BIGINT", "-9223372036854775809",
     "out_of_range: column 'a': a number -9223372036854775809 at byte 5 does not fit BIGINT"},
    {"BIGINT", "1e19", "out_of_range: column 'a': a number 1e19 at byte 5 does not fit BIGINT"},
    {"BIGINT", "123456789012345678901234567890",
     "out_of_range: column 'a': a number 123456789012345678901234567890 at byte 5 does not fit "
     "BIGINT"},
    {"BIGINT", "5.0000000000000000000000001",
     "wrong_type: column 'a': expected a whole number, found a number 5.0000000000000000000000001 "
     "at byte 5"},
    {"BIGINT", "01", "malformed: not JSON: expected a number, found '0' at byte 5"},
    {"BIGINT", "-", "malformed: not JSON: expected a number, found '-' at byte 5"},
    {"BIGINT", "1.", "malformed: not JSON: expected a number, found '1' at byte 5"},
    {"BIGINT", ".5", "malformed: not JSON: expected a value, found '.' at byte 5"},
    {"BIGINT", "1e", "malformed: not JSON: expected a number, found '1' at byte 5"},
    {"BIGINT", "+1", "malformed: not JSON: expected a value, found '+' at byte 5"},
    {"BIGINT", "NaN", "malformed: not JSON: expected a value, found 'N' at byte 5"},
    {"BIGINT", "nul", "malformed: not JSON: expected a value, found 'n' at byte 5"},
    {"BIGINT", "12 3", "malformed: not JSON: expected ',' or '}', found '3' at byte 8"},
    {"BIGINT", "", "malformed: not JSON: expected a value, found '}' at byte 5"},

    {"DOUBLE", "1e309", "out_of_range: column 'a': a number 1e309 at byte 5 does not fit DOUBLE"},
    {"DOUBLE", "00.5", "malformed: not JSON: expected a number, found '0' at byte 5"},
    {"DOUBLE", "1.5.5", "malformed: not JSON: expected ',' or '}', found '.' at byte 8"},
    {"DOUBLE", R"("1.5")",
     R"(wrong_type: column 'a': expected a number, found a string "1.5" at byte 5)"},

    {"DECIMAL(10,2)", "12.345",
     "out_of_range: column 'a': a number 12.345 at byte 5 does not fit DECIMAL(10,2)"},
    {"DECIMAL(10,2)", "100000000",
     "out_of_range: column 'a': a number 100000000 at byte 5 does not fit DECIMAL(10,2)"},
    {"DECIMAL(10,2)", R"("x")",
     R"(wrong_type: column 'a': expected a number, or a string that holds one, found a string "x" at byte 5)"},

    {"STRING", "5", "wrong_type: column 'a': expected a string, found a number 5 at byte 5"},
    {"STRING", "{\"b\":1}", "wrong_type: column 'a': expected a string, found an object at byte 5"},
    {"STRING", R"("\ud83d")",
     R"(invalid_utf8: column 'a': a string "\ud83d" at byte 5 holds half a surrogate pair, which is no text)"},
    {"STRING", R"("\ude00")",
     R"(invalid_utf8: column 'a': a string "\ude00" at byte 5 holds half a surrogate pair, which is no text)"},
    {"STRING", R"("\x")",
     R"(malformed: not JSON: expected an escape that JSON knows, found '\' at byte 6)"},
    {"STRING", R"("\u12g4")",
     R"(malformed: not JSON: expected four hexadecimal digits after \u, found '\' at byte 6)"},
    {"STRING", "\"a\nb\"",
     "malformed: not JSON: expected no control character in a string, found byte 0x0a at byte 7"},
    {"STRING", "\"abc", "malformed: not JSON: expected a closing '\"', found the end at byte 10"},
    {"STRING", "\"\xC3(\"", "invalid_utf8: not UTF-8: byte 0xc3 at byte 6"},
    {"STRING", "\"\xED\xA0\x80\"", "invalid_utf8: not UTF-8: byte 0xed at byte 6"},
    {"STRING", "\"\xC0\x80\"", "invalid_utf8: not UTF-8: byte 0xc0 at byte 6"},
    {"STRING", "\"\xF4\x90\x80\x80\"", "invalid_utf8: not UTF-8: byte 0xf4 at byte 6"},

    {"BYTES", R"("A")",
     R"(wrong_type: column 'a': expected a base64 string, found a string "A" at byte 5)"},
    {"TIMESTAMP", "5.5",
     "wrong_type: column 'a': expected a time: a whole number, or a string as "
     "2024-01-15T10:00:00Z, found a number 5.5 at byte 5"},
    {"TIMESTAMP", "9223372036854775807",
     "out_of_range: column 'a': a number 9223372036854775807 at byte 5 does not fit TIMESTAMP"},
    {"TIMESTAMP", R"("yesterday")",
     R"(wrong_type: column 'a': expected a time: a whole number, or a string as 2024-01-15T10:00:00Z, found a string "yesterday" at byte 5)"},
    {"DATE", R"("2023-02-29")",
     R"(wrong_type: column 'a': expected a date: a string as 2024-01-15, found a string "2023-02-29" at byte 5)"},
    {"DATE", "19000",
     "wrong_type: column 'a': expected a date: a string as 2024-01-15, found a number 19000 at "
     "byte 5"},
    {"INTERVAL", R"("1 minute")",
     R"(wrong_type: column 'a': expected a duration: a string as 1m30s, found a string "1 minute" at byte 5)"},
};

}  // namespace

TEST_CASE("a column takes its own kind of JSON value or null", "[json]") {
    for (const Accepted& row : kAccepted) {
        INFO(row.type << ": " << row.json);
        Decoding decoding;
        decoding.column("a", row.type).decode(object_of(row.json));
        CHECK(decoding.fault() == "");
        REQUIRE(decoding.is_good(0));
        CHECK(decoding.value() == row.sql);
    }
}

TEST_CASE("a value reads the same with space around it, further in and near the end", "[json]") {
    for (const Accepted& row : kAccepted) {
        for (const std::string& json :
             {"{ \"a\" : \n" + row.json + "\t}",
              R"({"some field before it":12345678,"a":)" + row.json + "}",
              R"({"a":)" + row.json + R"(,"some field behind it":12345678})"}) {
            INFO(json);
            Decoding decoding;
            decoding.column("a", row.type).decode(json);
            REQUIRE(decoding.fault() == "");
            CHECK(decoding.value() == row.sql);
        }
    }
}

TEST_CASE("a column refuses any other value", "[json]") {
    for (const Refused& row : kRefused) {
        INFO(row.type << ": " << row.json);
        Decoding decoding;
        decoding.column("a", row.type).decode(object_of(row.json));
        CHECK(decoding.fault() == row.fault);
    }
}

TEST_CASE("numbers count in the unit of their column", "[json]") {
    Decoding decoding;
    decoding.column("s", "TIMESTAMP")
        .unit("s")
        .column("ms", "TIMESTAMP")
        .unit("ms")
        .column("us", "TIMESTAMP")
        .unit("us");
    decoding.decode(R"({"s":1700000000,"ms":1700000000000,"us":1700000000000000})");
    for (std::size_t column = 0; column < 3; ++column)
        CHECK(decoding.value(column) == "TIMESTAMP '2023-11-14T22:13:20.000Z'");
}

TEST_CASE("the payload must be one object and nothing after it", "[json]") {
    const auto fault_of = [](std::string_view payload) {
        Decoding decoding;
        return decoding.column("a", "BIGINT").decode(payload).fault();
    };
    CHECK(fault_of("{}") == "");
    CHECK(fault_of(" \t\r\n{ } \n") == "");
    CHECK(fault_of("\xEF\xBB\xBF{\"a\":1}") == "");
    CHECK(fault_of("\xEF\xBB\xBF{\"a\":1,\"text\":\"longer than a block\"}") == "");
    CHECK(fault_of("{\"a\":1}\xEF\xBB\xBF") ==
          "malformed: not JSON: expected nothing after the object, found byte 0xef at byte 7");
    CHECK(fault_of("{}{}") ==
          "malformed: not JSON: expected nothing after the object, found '{' at byte 2");
    CHECK(fault_of("[]") == "malformed: not JSON: expected an object, found '[' at byte 0");
    CHECK(fault_of("null") == "malformed: not JSON: expected an object, found 'n' at byte 0");
    CHECK(fault_of("  ") == "malformed: not JSON: expected an object, found the end at byte 2");
    CHECK(fault_of("{") == "malformed: not JSON: expected a field name, found the end at byte 1");
    CHECK(fault_of("{\"a\":1") ==
          "malformed: not JSON: expected ',' or '}', found the end at byte 6");
    CHECK(fault_of("{\"a\":1,}") ==
          "malformed: not JSON: expected a field name, found '}' at byte 7");
    CHECK(fault_of("{,\"a\":1}") ==
          "malformed: not JSON: expected a field name, found ',' at byte 1");
    CHECK(fault_of("{\"a\" 1}") == "malformed: not JSON: expected ':', found '1' at byte 5");
    CHECK(fault_of("{a:1}") == "malformed: not JSON: expected a field name, found 'a' at byte 1");
    CHECK(fault_of("{\"a\":1]") == "malformed: not JSON: expected ',' or '}', found ']' at byte 6");
}

TEST_CASE("null and empty payloads are faults, or filtered where tombstones are skipped",
          "[json]") {
    Decoding strict;
    strict.column("a", "BIGINT");
    strict.record("").has_value = false;
    strict.record("");
    strict.decode();
    CHECK(strict.fault(0) ==
          "empty_payload: the payload is null; 'tombstones: skip' passes over such records");
    CHECK(strict.fault(1) == "empty_payload: the payload is empty");

    Decoding skipping;
    skipping.column("a", "BIGINT").skip_tombstones();
    skipping.record("").has_value = false;
    skipping.record("");
    skipping.decode();
    CHECK(skipping.result().skipped == std::vector<std::uint32_t>{0});
    CHECK(skipping.fault(1) == "empty_payload: the payload is empty");
}

TEST_CASE("a record of 16 MiB is read, a longer one is a fault", "[json]") {
    constexpr std::size_t kMost = std::size_t{16} * 1024 * 1024;
    const std::string frame = R"({"a":""})";
    Decoding decoding;
    decoding.column("a", "STRING");
    decoding.record(R"({"a":")" + std::string(kMost - frame.size(), 'x') + R"("})");
    decoding.record(R"({"a":")" + std::string(kMost - frame.size() + 1, 'x') + R"("})");
    decoding.decode();
    CHECK(decoding.fault(0) == "");
    CHECK(decoding.value(0, 0).size() == kMost - frame.size() + 2);
    CHECK(decoding.fault(1) == "too_large: the payload has 16777217 bytes; 16 MiB are the most");
}

TEST_CASE("objects and arrays may nest 64 deep and no deeper", "[json]") {
    const auto nested = [](int depth, char open, char close) {
        return R"({"x":)" + std::string(static_cast<std::size_t>(depth) - 1, open) +
               std::string(static_cast<std::size_t>(depth) - 1, close) + "}";
    };
    Decoding decoding;
    decoding.column("a", "BIGINT");
    CHECK(decoding.decode(nested(64, '[', ']')).fault() == "");
    CHECK(decoding.decode(nested(65, '[', ']')).fault() ==
          "too_deep: nested deeper than 64 levels at byte 68");
    std::string objects;
    for (int i = 0; i < 64; ++i) objects += R"({"a":)";
    CHECK(decoding.decode(objects + "1" + std::string(64, '}')).late_fault()->code ==
          FaultCode::WrongType);
    CHECK(decoding.decode(R"({"a":)" + objects + "1" + std::string(65, '}')).early_fault()->code ==
          FaultCode::TooDeep);
}

TEST_CASE("a missing field is NULL, and a fault where the column is not nullable", "[json]") {
    Decoding decoding;
    decoding.column("a", "BIGINT").column("b", "BIGINT").not_null();
    decoding.record(R"({"b":1})");
    decoding.record(R"({"a":1})");
    decoding.record(R"({"a":1,"b":null})");
    decoding.decode();
    CHECK(decoding.fault(0) == "");
    CHECK(decoding.value(0, 0) == "NULL");
    CHECK(decoding.fault(1) ==
          "not_nullable: column 'b': is missing, but is declared nullable: false");
    CHECK(decoding.fault(2) ==
          "not_nullable: column 'b': is null at byte 11, but is declared nullable: false");
}

TEST_CASE("of duplicate fields the first counts", "[json]") {
    Decoding decoding;
    decoding.column("a", "BIGINT").column("b", "BIGINT");
    for (const std::string_view json :
         {R"({"a":1,"a":2,"b":3})", R"({"a":1,"b":3,"a":2})", R"({"a":1,"b":3, "a" : "text"})",
          R"({"\u0061":1,"a":[],"b":3})"}) {
        INFO(json);
        decoding.decode(json);
        REQUIRE(decoding.fault() == "");
        CHECK(decoding.value(0) == "1");
        CHECK(decoding.value(1) == "3");
    }
}

TEST_CASE("field names match exactly, after their escapes are read", "[json]") {
    Decoding decoding;
    decoding.column("Name", "BIGINT").column("größe", "BIGINT").column("a\"b", "BIGINT");
    decoding.decode(
        R"({"name":1,"NAME":2,"Name":3,"gr\u00f6\u00dfe":4,"a\"b":5,"Nam":6,"Name ":7,"\ud800":8})");
    REQUIRE(decoding.fault() == "");
    CHECK(decoding.value(0) == "3");
    CHECK(decoding.value(1) == "4");
    CHECK(decoding.value(2) == "5");
}

TEST_CASE("records of any order and shape read the same as the ones before them", "[json]") {
    const std::vector<std::string> shapes{
        R"({"a":1,"b":2,"c":3})",
        R"({"c":3,"b":2,"a":1})",
        R"({"b":2,"x":[1,{"a":9}],"a":1,"c":3})",
        R"({ "a" : 1 , "b" : 2 , "c" : 3 })",
        R"({"a": 1, "c": 3, "b": 2})",
        R"({"c":3,"y":"a","z":{},"a":1,"b":2})",
        R"({"a":
1,"b":2,"c":3})",
        R"({"b":2,"c":3,"a":1,"a name that is longer than what is remembered of a name, by far":0})"};
    Decoding decoding;
    decoding.column("a", "BIGINT").column("b", "BIGINT").column("c", "BIGINT");
    for (const std::string& first : shapes) {
        for (const std::string& second : shapes) {
            decoding.record(first);
            decoding.record(second);
        }
    }
    decoding.decode();
    REQUIRE(decoding.result().good.size() == 2 * shapes.size() * shapes.size());
    for (const std::uint32_t row : decoding.result().good) {
        CHECK(decoding.value(0, row) + decoding.value(1, row) + decoding.value(2, row) == "123");
    }
}

TEST_CASE("more different names than are remembered still read right", "[json]") {
    Decoding decoding;
    decoding.column("wanted", "BIGINT");
    for (int i = 0; i < 300; ++i) {
        decoding.record(R"({"field)" + std::to_string(i) + R"(":0,"wanted":)" + std::to_string(i) +
                        R"(,"other)" + std::to_string(i * 7 % 150) + R"(":{}})");
    }
    decoding.decode();
    REQUIRE(decoding.result().good.size() == 300);
    for (std::uint32_t row = 0; row < 300; ++row)
        REQUIRE(decoding.value(0, row) == std::to_string(row));
}

TEST_CASE("columns that the query does not read are checked for structure only", "[json]") {
    const auto fault_of = [](const std::string& value) {
        Decoding decoding;
        decoding.column("a", "BIGINT").unread("u", "BIGINT");
        return decoding.decode(R"({"u":)" + value + R"(,"a":1})").fault();
    };
    for (const std::string fine : {"\"text\"", "5.5", "01", "[1,,2]", "tru",
                                   R"({"x":[{"y":"]}"}]})", R"("\ud800")", R"(["é"])", "[ \n\t]"}) {
        INFO(fine);
        CHECK(fault_of(fine) == "");
    }
    CHECK(fault_of("[1}") == "malformed: not JSON: expected ']', found '}' at byte 7");
    CHECK(fault_of("{\"x\":1]") == "malformed: not JSON: expected '}', found ']' at byte 11");
    CHECK(fault_of("\"\xFF\"") == "invalid_utf8: not UTF-8: byte 0xff at byte 6");
    CHECK(fault_of("[\"\xFF\"]") == "invalid_utf8: not UTF-8: byte 0xff at byte 7");
    CHECK(fault_of("[\xC3\xA9]") ==
          "malformed: not JSON: expected a value, found byte 0xc3 at byte 6");
    CHECK(fault_of("[\x01]") == "malformed: not JSON: expected a value, found byte 0x01 at byte 6");
    CHECK(fault_of("\"\\q\"") ==
          "malformed: not JSON: expected an escape that JSON knows, found '\\' at byte 6");
    CHECK(fault_of("1\"b\"") == "malformed: not JSON: expected ',' or '}', found '\"' at byte 6");
    CHECK(fault_of("1:2") == "malformed: not JSON: expected ',' or '}', found ':' at byte 6");
    CHECK(fault_of("") == "malformed: not JSON: expected a value, found ',' at byte 5");
    CHECK(fault_of("[") == "malformed: not JSON: expected ']', found '}' at byte 12");
}

TEST_CASE("a path reads a field inside objects", "[json]") {
    Decoding decoding;
    decoding.column("b", "BIGINT", "$.a.b")
        .column("c", "STRING", "$.a.deep['c.d']")
        .column("x", "BIGINT", "$.x");
    decoding.record(R"({"a":{"b":1,"deep":{"c.d":"text","b":9}},"x":2})");
    decoding.record(R"({"x":2,"a":{"deep":null,"b":1},"a":{"b":7}})");
    decoding.record(R"({"a":null,"x":2})");
    decoding.record(R"({"x":2})");
    decoding.record(R"({"a":{},"x":2})");
    decoding.decode();
    REQUIRE(decoding.result().good.size() == 5);
    CHECK(decoding.result().late_faults.empty());
    const auto row_text = [&](std::uint32_t row) {
        return decoding.value(0, row) + " " + decoding.value(1, row) + " " + decoding.value(2, row);
    };
    CHECK(row_text(0) == "1 'text' 2");
    CHECK(row_text(1) == "1 NULL 2");
    CHECK(row_text(2) == "NULL NULL 2");
    CHECK(row_text(3) == "NULL NULL 2");
    CHECK(row_text(4) == "NULL NULL 2");
    CHECK(decoding.decode(R"({"a":5,"x":2})").fault() ==
          "wrong_type: column 'b': expected an object that holds 'b', found a number 5 at byte 5");
    CHECK(decoding.decode(R"({"a":{"deep":"no"},"x":2})").fault() ==
          "wrong_type: column 'c': expected an object that holds 'c.d', found a string \"no\" at "
          "byte 13");
}

TEST_CASE("two columns may read one field", "[json]") {
    Decoding decoding;
    decoding.column("exact", "DECIMAL(10,2)", "$.v")
        .column("near", "DOUBLE", "$.v")
        .column("v", "BIGINT")
        .column("in", "BIGINT", "$.v.in");
    decoding.decode(R"({"v": null, "w": 1})");
    CHECK(decoding.fault() == "");
    decoding.decode(R"({"v":12.5})");
    CHECK(decoding.value(0) == "12.50");
    CHECK(decoding.value(1) == "12.5");
    CHECK(decoding.fault() ==
          "wrong_type: column 'v': expected a whole number, found a number 12.5 at byte 5");
}

TEST_CASE("a path that is none is refused when the job is deployed", "[json]") {
    Decoding decoding;
    decoding.column("b", "BIGINT", "a.b");
    CHECK_THROWS_AS(decoding.decode("{}"), Error);
}

TEST_CASE("faults of WHERE's columns come first, of others only with the row", "[json]") {
    Decoding decoding;
    decoding.column("early", "BIGINT").early().column("late", "BIGINT").column("later", "BIGINT");
    decoding.record(R"({"late":"x","later":"y","early":1})");
    decoding.record(R"({"late":"x","early":"z"})");
    decoding.record(R"({"late":"x","early":1)");
    decoding.record(R"({"late":1,"later":2,"early":3})");
    decoding.decode();
    CHECK(decoding.is_good(0));
    CHECK(decoding.early_fault(0) == nullptr);
    CHECK(decoding.fault(0) ==
          "wrong_type: column 'late': expected a whole number, found a string \"x\" at byte 8");
    CHECK(decoding.value(0, 0) == "1");
    CHECK_FALSE(decoding.is_good(1));
    CHECK(decoding.fault(1) ==
          "wrong_type: column 'early': expected a whole number, found a string \"z\" at byte 20");
    CHECK(decoding.late_fault(1) == nullptr);
    CHECK_FALSE(decoding.is_good(2));
    CHECK(decoding.late_fault(2) == nullptr);
    CHECK(decoding.fault(3) == "");
    CHECK(decoding.result().good == std::vector<std::uint32_t>{0, 3});
}

TEST_CASE("the event time comes from its column", "[json]") {
    Decoding decoding;
    decoding.column("at", "TIMESTAMP").event_time().system(ColumnOrigin::EventTime, kTimestamp);
    decoding.record(R"({"at":5})");
    decoding.record(R"({"at":null})");
    decoding.record(R"({})");
    decoding.record(R"({"at":"soon"})");
    decoding.decode();
    CHECK(decoding.event_time_of(0) == 5'000);
    CHECK(decoding.value(1, 0) == "TIMESTAMP '1970-01-01T00:00:00.005Z'");
    CHECK(decoding.fault(1) ==
          "no_event_time: column 'at': is null or missing, but is the event time");
    CHECK(decoding.fault(2) ==
          "no_event_time: column 'at': is null or missing, but is the event time");
    CHECK(decoding.early_fault(3)->code == FaultCode::WrongType);
    CHECK(decoding.result().good == std::vector<std::uint32_t>{0});
}

TEST_CASE("without a column the event time is the record's timestamp", "[json]") {
    Decoding decoding;
    decoding.column("a", "BIGINT").system(ColumnOrigin::EventTime, kTimestamp);
    decoding.record("{}").timestamp = 7;
    decoding.record("{}").timestamp = kNoTimestamp;
    decoding.decode();
    CHECK(decoding.event_time_of(0) == 7);
    CHECK(decoding.fault(1) ==
          "no_event_time: the record has no timestamp, which would be its event time");
}

TEST_CASE("records without a time are read where nobody asks for it", "[json]") {
    Decoding decoding;
    decoding.column("a", "BIGINT");
    decoding.record(R"({"a":1})").timestamp = kNoTimestamp;
    decoding.decode();
    CHECK(decoding.is_good(0));
    CHECK(decoding.event_time_of(0) == 0);
}

TEST_CASE("system columns say where a record came from", "[json]") {
    Decoding decoding;
    decoding.add_partition("a topic with a longer name", 3);
    decoding.system(ColumnOrigin::Timestamp, kTimestamp)
        .system(ColumnOrigin::Offset, kBigint)
        .system(ColumnOrigin::Partition, kBigint);
    decoding.system(ColumnOrigin::Key, kString)
        .system(ColumnOrigin::Topic, kString)
        .system(ColumnOrigin::RawKey, kBytes);
    decoding.system(ColumnOrigin::Order, kBigint);
    RawRecord& first = decoding.record("{}");
    first.partition = SourcePartition{1};
    first.offset = 42;
    first.has_key = true;
    first.key = decoding.own("key");
    decoding.record("{}").timestamp = kNoTimestamp;
    decoding.decode();
    const auto row_text = [&](std::uint32_t row) {
        std::string text;
        for (std::size_t column = 0; column < 7; ++column)
            text += decoding.value(column, row) + ";";
        return text;
    };
    CHECK(row_text(0) ==
          "TIMESTAMP '1970-01-01T00:00:00.001Z';42;3;'key';'a topic with a longer "
          "name';X'6b6579';3;");
    CHECK(row_text(1) == "NULL;1;0;NULL;'topic';NULL;0;");
}

TEST_CASE("a key that is not UTF-8 is a fault only where it is read as text", "[json]") {
    Decoding as_text;
    as_text.system(ColumnOrigin::Key, kString);
    RawRecord& record = as_text.record("{}");
    record.has_key = true;
    record.key = as_text.own("\xFF");
    as_text.decode();
    REQUIRE(as_text.late_fault() != nullptr);
    CHECK(as_text.fault() == "invalid_utf8: column '_key': the record's key is not UTF-8");

    Decoding early;
    early.system(ColumnOrigin::Key, kString).early();
    RawRecord& filtered = early.record("{}");
    filtered.has_key = true;
    filtered.key = early.own("\xFF");
    CHECK(early.decode().early_fault() != nullptr);

    Decoding passed;
    passed.system(ColumnOrigin::RawKey, kBytes);
    RawRecord& other = passed.record("{}");
    other.has_key = true;
    other.key = passed.own("\xFF");
    CHECK(passed.decode().fault() == "");
    CHECK(passed.value() == "X'ff'");
}

TEST_CASE("a fault shows no more than the front of a long value, cut between characters",
          "[json]") {
    Decoding decoding;
    decoding.column("a", "BIGINT");
    std::string value;
    for (int i = 0; i < 30; ++i) value += "é";
    decoding.decode(R"({"a":"x)" + value + R"("})");
    std::string shown;
    for (int i = 0; i < 19; ++i) shown += "é";
    CHECK(decoding.fault() ==
          R"(wrong_type: column 'a': expected a whole number, found a string "x)" + shown +
              R"(…" at byte 5)");
}
