#include "engine/data/nested.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/values.hpp"

namespace velo::engine {
namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

const std::string& packed(const Value& value) { return std::get<std::string>(value.data); }

Value map(const Type& element, const std::vector<std::pair<std::string, Value>>& entries) {
    MapWriter writer;
    std::vector<Value> values;
    for (const auto& entry : entries) values.push_back(entry.second);
    Column column;
    fill(column, element, values);
    for (std::uint32_t row = 0; row < entries.size(); ++row)
        writer.add(entries[row].first, element.kind, element_at(column, row));
    std::string out;
    static_cast<void>(writer.finish(out));
    return {map_type(element), std::move(out)};
}

}  // namespace

TEST_CASE("the layout of a nested value never changes", "[nested]") {
    CHECK(packed(array(kBigint, {bigint(258), null_of(kBigint)})) ==
          bytes({2, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0}));
    CHECK(packed(array(kString, {text("ab")})) == bytes({1, 0, 0, 0, 1, 2, 0, 0, 0, 'a', 'b'}));
    CHECK(packed(array(kBoolean, {boolean(true), boolean(false)})) ==
          bytes({2, 0, 0, 0, 1, 1, 1, 0}));
    CHECK(packed(array(kString, {})) == bytes({0, 0, 0, 0}));
    CHECK(packed(map(kBoolean, {{"b", boolean(true)}, {"a", null_of(kBoolean)}})) ==
          bytes({2, 0, 0, 0, 1, 1, 0, 0, 0, 'a', 0, 1, 1, 0, 0, 0, 'b', 1, 1}));
}

TEST_CASE("equal values are equal bytes", "[nested]") {
    CHECK(packed(array(kDouble, {real(-0.0)})) == packed(array(kDouble, {real(0.0)})));
    CHECK(map(kBigint, {{"a", bigint(1)}, {"b", bigint(2)}}) ==
          map(kBigint, {{"b", bigint(2)}, {"a", bigint(1)}}));
    CHECK(map(kBigint, {{"a", bigint(1)}, {"a", bigint(2)}}) == map(kBigint, {{"a", bigint(1)}}));
    CHECK(packed(array(kString, {text("a"), text("bc")})) !=
          packed(array(kString, {text("ab"), text("c")})));
    CHECK(packed(array(kString, {text("")})) != packed(array(kString, {null_of(kString)})));
}

TEST_CASE("nested values are written as SQL writes them", "[nested]") {
    CHECK(array(kBigint, {bigint(1), null_of(kBigint)}).sql() == "ARRAY[1, NULL]");
    CHECK(array(array_type(kString), {array(kString, {text("it's")})}).sql() ==
          "ARRAY[ARRAY['it''s']]");
    CHECK(map(kBigint, {{"k", bigint(1)}}).sql() == "MAP('k', 1)");
}

TEST_CASE("a type shows what it is made of, and is equal to its like", "[nested]") {
    const Type type = struct_type({{"a", array_type(kBigint)}, {"b c", map_type(kDouble)}});
    CHECK(type.text() == "STRUCT<a ARRAY<BIGINT>, \"b c\" MAP<STRING, DOUBLE>>");
    Type copy = type;
    CHECK(copy == type);
    CHECK(copy == struct_type({{"a", array_type(kBigint)}, {"b c", map_type(kDouble)}}));
    copy = kBigint;
    CHECK(copy != type);
    CHECK(array_type(kBigint) != array_type(kTimestamp));
}

TEST_CASE("damaged bytes are taken for a value only where they are one", "[nested]") {
    const Type type = array_type(map_type(kDouble));
    const Value value = array(
        map_type(kDouble),
        {map(kDouble, {{"a", real(1.5)}, {"b", null_of(kDouble)}}), null_of(map_type(kDouble))});
    REQUIRE(is_packed(type, packed(value)));
    for (std::size_t size = 0; size < packed(value).size(); ++size)
        CHECK_FALSE(is_packed(type, packed(value).substr(0, size)));
    CHECK_FALSE(is_packed(type, packed(value) + '\0'));
    CHECK_FALSE(is_packed(array_type(kBoolean), bytes({1, 0, 0, 0, 1, 2})));
    CHECK_FALSE(is_packed(map_type(kBoolean),
                          bytes({2, 0, 0, 0, 1, 1, 0, 0, 0, 'b', 0, 1, 1, 0, 0, 0, 'a', 0})));
    const bool holds = rc::check("any damage", [&] {
        std::string damaged = packed(value);
        damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] = *rc::gen::arbitrary<char>();
        // What passes can be read to its end.
        if (is_packed(type, damaged)) RC_ASSERT(!Value({type, damaged}).sql().empty());
    });
    CHECK(holds);
}

}  // namespace velo::engine
