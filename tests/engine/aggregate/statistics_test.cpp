// Aggregates that keep values or sums of squares: true, and the same in every order of rows.

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "engine/data/decimal.hpp"
#include "tests/engine/aggregate/aggregate_case.hpp"

namespace velo::engine {
namespace {

std::vector<Value> reals(std::initializer_list<double> numbers) {
    std::vector<Value> values;
    for (const double number : numbers) values.push_back(real(number));
    return values;
}

TEST_CASE("a variance does not lose small differences of large values", "[aggregate]") {
    CHECK(AggregateCase{"VARIANCE", kDouble}.over(
              reals({1e15 + 1, 1e15 + 2, 1e15 + 3, 1e15 + 4, 1e15 + 5})) == real(2.5));
    CHECK(AggregateCase{"VAR_POP", kDouble}.over(reals({1e9, 1e9, 1e9})) == real(0.0));
    CHECK(AggregateCase{"STDDEV", kDouble}.over(reals({7})) == null_of(kDouble));
    CHECK(AggregateCase{"VAR_POP", kDouble}.over(reals({1e300, -1e300})) == kOverflow);
}

TEST_CASE("a median lies between two values", "[aggregate]") {
    CHECK(AggregateCase{"MEDIAN", kDouble}.over(reals({4, 1, 3, 2})) == real(2.5));
    CHECK(AggregateCase{"MEDIAN", kDouble}.over(reals({-0.0})) == real(0.0));
}

TEST_CASE("the mode of several is the least, and DISTINCT sees 0 and -0 as one", "[aggregate]") {
    CHECK(AggregateCase{"MODE", kString}.over({text("b"), text("a"), text("b"), text("a")}) ==
          text("a"));
    CHECK(AggregateCase{"COUNT_DISTINCT", kDouble}.over(reals({0.0, -0.0, 1.0})) == bigint(2));
    CHECK(AggregateCase{"APPROX_COUNT_DISTINCT", kDouble}.over(reals({0.0, -0.0, 1.0})) ==
          bigint(2));
}

TEST_CASE("STRING_AGG goes by position, and lets go of more than a mebibyte", "[aggregate]") {
    AggregateCase texts{"STRING_AGG", kString};
    texts.place({5, 1, 5, 3}, {0, 1, 0, 0}, {9, 1, 2, 7});
    CHECK(texts.over({text("d"), text("a"), text("c"), text("b")}) == text("a,b,c,d"));
    CHECK(texts.over({text(""), null_of(kString), text(""), text("")}) == text(",,"));

    const std::string half(600'000, 'x');
    AggregateCase many{"STRING_AGG", kString};
    CHECK(many.over({text(half), text(half)}) == kOverflow);
    OneState state{many.kernels()};
    many.add(state, 0, 2);
    CHECK(many.kernels().heap_bytes(state.at()) < 1'000);
}

TEST_CASE("random doubles: no order of rows and no cut shows", "[aggregate]") {
    rc::prop("shuffles, cuts and encodings", [] {
        const auto numbers =
            *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(-50, 50));
        std::vector<Value> values;
        for (const std::int64_t number : numbers)
            values.push_back(number == 7 ? null_of(kDouble)
                                         : real(static_cast<double>(number) * 1e7 / 3));
        std::vector<Value> shuffled = values;
        std::mt19937_64 random(values.size());
        std::ranges::shuffle(shuffled, random);
        for (const char* const name : {"VARIANCE", "VAR_POP", "STDDEV", "STDDEV_POP", "MEDIAN",
                                       "MODE", "COUNT_DISTINCT", "APPROX_COUNT_DISTINCT"}) {
            INFO(name);
            AggregateCase aggregate{name, kDouble};
            RC_ASSERT(aggregate.over(values) == aggregate.over(shuffled));
        }
    });
}

}  // namespace
}  // namespace velo::engine
