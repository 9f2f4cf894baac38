#include "tests/support/batch_literal.hpp"

#include <catch2/catch.hpp>

#include "engine/base/error.hpp"

namespace velo::engine {

namespace {

const Schema kSchema{
    {"n", kBigint, true, "", ""}, {"s", kString, true, "", ""}, {"at", kTimestamp, true, "", ""}};

std::string json_of(std::string_view line) {
    return record_literal(line, kSchema).value.value_or("no payload");
}

std::string error_of(std::string_view line) {
    try {
        static_cast<void>(record_literal(line, kSchema));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("two blanks part cells, one does not", "[support]") {
    const auto cells = split_cells("  a b  'c  d'\t'it''s'  ''  ");
    REQUIRE(cells.size() == 4);
    CHECK((cells[0].text == "a b" && !cells[0].quoted));
    CHECK((cells[1].text == "c  d" && cells[1].quoted));
    CHECK((cells[2].text == "it's" && cells[2].quoted));
    CHECK((cells[3].text.empty() && cells[3].quoted));
}

TEST_CASE("a row becomes the JSON that its columns want", "[support]") {
    CHECK(json_of("5  ACME  00:01:04") == R"({"n":5,"s":"ACME","at":"1970-01-01T00:01:04.000Z"})");
    CHECK(json_of("5.5  5  1000") == R"({"n":5.5,"s":"5","at":1000})");
    CHECK(json_of("'5'  'NULL'  soon") == R"({"n":"5","s":"NULL","at":"soon"})");
    CHECK(json_of("NULL  MISSING  NULL") == R"({"n":null,"at":null})");
    CHECK(json_of(R"(1  "a\n"  2024-01-15T10:00:00Z)") ==
          R"({"n":1,"s":"a\n","at":"2024-01-15T10:00:00.000Z"})");
}

TEST_CASE("records may be written as they are", "[support]") {
    CHECK(json_of(R"({"n": 1,  "x": 2})") == R"({"n": 1,  "x": 2})");
    CHECK(json_of("raw not json") == "not json");
    CHECK(json_of("raw").empty());
    CHECK(json_of("tombstone") == "no payload");
}

TEST_CASE("keys and timestamps stand before the cells", "[support]") {
    const RecordLiteral record = record_literal("key='a  b'  ts=00:00:05  1  x  0", kSchema);
    CHECK(record.key == "a  b");
    CHECK(record.timestamp == 5'000'000);
    CHECK(record_literal("key=k  tombstone", kSchema).key == "k");
    CHECK(record_literal("1  key=k  0", kSchema).value == R"({"n":1,"s":"key=k","at":0})");
    CHECK_FALSE(record_literal("1  x  0", kSchema).key);
}

TEST_CASE("rows that do not fit are refused", "[support]") {
    CHECK(error_of("1  x") == "the row has 2 cells and the stream 3 columns");
    CHECK(error_of("1  'x  0") == "a quote is not closed; end the text with '");
    CHECK(error_of("ts=soon  1  x  0") == "'ts=soon' is no time; write ts=00:01:04");
}

TEST_CASE("messages become cells of one form", "[support]") {
    const std::vector<OutputName> columns{
        {"d", kDouble}, {"s", kString}, {"t", kTimestamp}, {"p", decimal_type(5, 2)}};
    using Cells = std::vector<std::string>;
    CHECK(message_cells(R"({"d":30.0,"s":"a b","t":"1970-01-01T00:01:04.000Z","p":1.50})",
                        columns) == Cells{"30", "a b", "00:01:04", "1.50"});
    CHECK(message_cells(R"({"d":null,"s":"a\"\u0001","t":"2024-01-15T10:00:00.000Z","p":0.00})",
                        columns) ==
          Cells{"NULL", R"("a\"\u0001")", "2024-01-15T10:00:00.000Z", "0.00"});
    CHECK_THROWS_AS(message_cells(R"({"s":"a"})", columns), Error);
    CHECK_THROWS_AS(message_cells(R"({"d":1,"s":"a","t":null,"p":1,"q":2})", columns), Error);
}

TEST_CASE("what is expected takes the same form", "[support]") {
    CHECK(canonical_cell({"30.0", false}, kDouble) == "30");
    CHECK(canonical_cell({"1.50", false}, decimal_type(5, 2)) == "1.50");
    CHECK(canonical_cell({"1970-01-01T00:01:04Z", false}, kTimestamp) == "00:01:04");
    CHECK(canonical_cell({"NULL", true}, kString) == "'NULL'");
    CHECK(canonical_cell({"ACME", true}, kString) == "ACME");
    for (const std::string_view text :
         {"", "NULL", " a", "a  b", "late 1", "'", "\"", "{", "#", "key=a"}) {
        CAPTURE(text);
        const auto cells = split_cells(text_cell(text));
        REQUIRE(cells.size() == 1);
        CHECK((cells[0].quoted && cells[0].text == text));
    }
}

}  // namespace velo::engine
