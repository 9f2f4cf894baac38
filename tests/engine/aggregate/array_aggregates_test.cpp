#include <catch2/catch.hpp>

#include "tests/engine/aggregate/aggregate_case.hpp"

namespace velo::engine {
namespace {

// As the binder gives values to ARRAY_AGG: each in an array of its own.
Value one(const Value& value) { return array(kBigint, {value}); }

std::vector<Value> many(std::size_t count) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < count; ++i)
        values.push_back(one(bigint(static_cast<std::int64_t>(i))));
    return values;
}

}  // namespace

TEST_CASE("ARRAY_AGG keeps all values in the order of their rows", "[aggregate]") {
    AggregateCase list("ARRAY_AGG", array_type(kBigint));
    CHECK(list.result_type() == array_type(kBigint));
    CHECK(list.over({}) == null_of(array_type(kBigint)));
    CHECK(
        list.over({one(bigint(2)), one(null_of(kBigint)), one(bigint(1)), one(bigint(2))}).sql() ==
        "ARRAY[2, NULL, 1, 2]");
    list.place({30, 10, 10}, {0, 1, 0}, {5, 6, 7});
    CHECK(list.over({one(bigint(1)), one(bigint(2)), one(bigint(3))}).sql() == "ARRAY[3, 2, 1]");
}

TEST_CASE("COLLECT_SET keeps each value where it came first, without NULLs", "[aggregate]") {
    AggregateCase set("COLLECT_SET", array_type(kBigint));
    CHECK(set.over({one(bigint(2)), one(null_of(kBigint)), one(bigint(1)), one(bigint(2))}).sql() ==
          "ARRAY[2, 1]");
    CHECK(set.over({one(null_of(kBigint))}) == null_of(array_type(kBigint)));
    set.place({30, 10, 20}, {0, 0, 0}, {5, 6, 7});
    CHECK(set.over({one(bigint(1)), one(bigint(2)), one(bigint(1))}).sql() == "ARRAY[2, 1]");
}

TEST_CASE("a group with too many values has no answer, and takes no room", "[aggregate]") {
    AggregateCase list("ARRAY_AGG", array_type(kBigint));
    list.set(many(65'537));
    OneState state{list.kernels()};
    list.add(state, 0, 65'536);
    CHECK(list.finish(state) != kOverflow);
    list.add(state, 65'536, 1);
    CHECK(list.finish(state) == kOverflow);
    CHECK(list.kernels().heap_bytes(state.at()) < 1'000);
}

TEST_CASE("TOPK keeps the largest values, the largest first", "[aggregate]") {
    AggregateCase top("TOPK", kDouble, bigint(2));
    CHECK(top.result_type() == array_type(kDouble));
    CHECK(top.over({}) == null_of(array_type(kDouble)));
    CHECK(top.over({real(1), real(3), null_of(kDouble), real(3), real(2)}).sql() == "ARRAY[3, 3]");
    CHECK(top.over({real(-1)}).sql() == "ARRAY[-1]");
    AggregateCase texts("TOPKDISTINCT", kString, bigint(2));
    CHECK(texts.over({text("a"), text("c"), text("b"), text("c")}).sql() == "ARRAY['c', 'b']");
}

TEST_CASE("HISTOGRAM counts each text", "[aggregate]") {
    AggregateCase counts("HISTOGRAM", kString);
    CHECK(counts.over({}) == null_of(map_type(kBigint)));
    CHECK(counts.over({text("b"), text("a"), null_of(kString), text("b")}).sql() ==
          "MAP('a', 1, 'b', 2)");
}

}  // namespace velo::engine
