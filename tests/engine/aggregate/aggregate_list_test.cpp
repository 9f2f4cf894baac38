// What each aggregate answers; AggregateCase checks that adding, merging and encoding agree.

#include <limits>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "engine/data/decimal.hpp"
#include "tests/engine/aggregate/aggregate_case.hpp"

namespace velo::engine {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
const Type kMoney = decimal_type(10, 2);

Value money(std::int64_t cents) { return decimal(cents, 10, 2); }

TEST_CASE("COUNT(*) counts rows and COUNT(x) those that are not NULL", "[aggregate]") {
    const std::vector<Value> values{bigint(1), null_of(kBigint), bigint(1)};
    CHECK(AggregateCase{"COUNT"}.over(values) == bigint(3));
    CHECK(AggregateCase{"COUNT", kBigint}.over(values) == bigint(2));
    CHECK(AggregateCase{"COUNT", kString}.over({text("a"), null_of(kString)}) == bigint(1));
    CHECK(AggregateCase{"COUNT"}.over({}) == bigint(0));
}

TEST_CASE("everything but COUNT is NULL over no rows and skips NULLs", "[aggregate]") {
    const Type wide = decimal_type(38, 0);
    for (const auto& [name, result] :
         std::vector<std::pair<std::string, Value>>{{"SUM", decimal(7, 38, 0)},
                                                    {"AVG", real(7.0)},
                                                    {"MIN", bigint(7)},
                                                    {"MAX", bigint(7)},
                                                    {"FIRST", bigint(7)},
                                                    {"LAST", bigint(7)}}) {
        INFO(name);
        AggregateCase aggregate{name, kBigint};
        const Type type = name == "SUM" ? wide : name == "AVG" ? kDouble : kBigint;
        CHECK(aggregate.over({}) == null_of(type));
        CHECK(aggregate.over({null_of(kBigint), null_of(kBigint)}) == null_of(type));
        CHECK(aggregate.over({null_of(kBigint), bigint(7), null_of(kBigint)}) == result);
    }
}

TEST_CASE("SUM over BIGINT is exact and has 38 digits", "[aggregate]") {
    AggregateCase sum{"SUM", kBigint};
    CHECK(sum.over({bigint(kMax), bigint(kMax), bigint(1)}) ==
          decimal(Int128{kMax} * 2 + 1, 38, 0));
    CHECK(sum.over({bigint(5), bigint(-5)}) == decimal(0, 38, 0));
}

TEST_CASE("SUM over DECIMAL keeps the scale and refuses more than 38 digits", "[aggregate]") {
    AggregateCase sum{"SUM", kMoney};
    CHECK(sum.over({money(1050), money(-50)}) == decimal(1000, 38, 2));
    const Type full = decimal_type(38, 2);
    const Value largest{full, power_of_ten(38) - 1};
    AggregateCase large{"SUM", full};
    CHECK(large.over({largest, Value{full, Int128{1}}}) == kOverflow);
    CHECK(large.over({largest, largest, Value{full, -(power_of_ten(38) - 1)}}) == largest);
}

TEST_CASE("SUM over DOUBLE is right to the last bit and refuses infinity", "[aggregate]") {
    AggregateCase sum{"SUM", kDouble};
    CHECK(sum.over({real(1e16), real(1.0), real(-1e16)}) == real(1.0));
    CHECK(sum.over({real(1e308), real(1e308)}) == kOverflow);
    CHECK(sum.over({real(-0.0)}) == real(0.0));
    CHECK(sum.over({real(1.5), real(-1.5)}) == real(0.0));
}

TEST_CASE("SUM over INTERVAL is an INTERVAL", "[aggregate]") {
    AggregateCase sum{"SUM", kInterval};
    CHECK(sum.over({interval(3), interval(-1)}) == interval(2));
    CHECK(sum.over({interval(kMax), interval(1)}) == kOverflow);
    CHECK(sum.over({interval(kMax), interval(1), interval(-1)}) == interval(kMax));
}

TEST_CASE("AVG over BIGINT is a DOUBLE from the exact sum", "[aggregate]") {
    AggregateCase avg{"AVG", kBigint};
    CHECK(avg.over({bigint(1), bigint(2)}) == real(1.5));
    CHECK(avg.over({bigint(kMax), bigint(1), bigint(-kMax), bigint(1)}) == real(0.5));
}

TEST_CASE("AVG over DECIMAL has at least six digits after the point", "[aggregate]") {
    AggregateCase avg{"AVG", kMoney};
    CHECK(avg.result_type() == decimal_type(38, 6));
    CHECK(avg.over({money(100), money(100), money(200)}) == decimal(1'333'333, 38, 6));
    CHECK(AggregateCase{"AVG", decimal_type(20, 9)}.result_type() == decimal_type(38, 9));
}

TEST_CASE("AVG over DOUBLE", "[aggregate]") {
    AggregateCase avg{"AVG", kDouble};
    CHECK(avg.over({real(10.0), real(30.0)}) == real(20.0));
    CHECK(avg.over({real(1e308), real(1e308)}) == kOverflow);
}

TEST_CASE("MIN and MAX keep the type of their argument", "[aggregate]") {
    const std::vector<std::vector<Value>> rising{{boolean(false), boolean(true)},
                                                 {bigint(-kMax - 1), bigint(0), bigint(kMax)},
                                                 {real(-1.5), real(2.0)},
                                                 {money(-5), money(7)},
                                                 {text(""), text("ab"), text("b"), text("ä")},
                                                 {interval(1), interval(2)}};
    for (const std::vector<Value>& values : rising) {
        const Type type = values[0].type;
        INFO(type.text());
        CHECK(AggregateCase{"MIN", type}.over(values) == values.front());
        CHECK(AggregateCase{"MAX", type}.over(values) == values.back());
        CHECK(AggregateCase{"MIN", type}.over({values.rbegin(), values.rend()}) == values.front());
        CHECK(AggregateCase{"MAX", type}.over({values.rbegin(), values.rend()}) == values.back());
    }
}

TEST_CASE("FIRST and LAST go by event time, then partition, then offset", "[aggregate]") {
    const std::vector<Value> values{text("late"), text("p1"), text("p0 o2"), text("p0 o1"),
                                    null_of(kString)};
    for (const auto& [name, expected] :
         std::vector<std::pair<std::string, std::string>>{{"FIRST", "p0 o1"}, {"LAST", "late"}}) {
        AggregateCase aggregate{name, kString};
        aggregate.place({20, 10, 10, 10, 0}, {0, 1, 0, 0, 0}, {0, 1, 2, 1, 0});
        CHECK(aggregate.over(values) == text(expected));
    }
    AggregateCase last{"LAST_VALUE", kString};
    last.place({10, 10, 10}, {0, 1, 1}, {9, 1, 2});
    CHECK(last.over({text("a"), text("b"), text("c")}) == text("c"));
}

TEST_CASE("text that a state keeps is its own and counted", "[aggregate]") {
    AggregateCase max{"MAX", kString};
    OneState state{max.kernels()};
    CHECK(max.kernels().heap_bytes(state.at()) == 0);
    {
        const std::vector<Value> values{text(std::string(100, 'x'))};
        max.set(values);
        max.add(state, 0, 1);
    }
    max.set({text("a")});
    CHECK(max.finish(state) == text(std::string(100, 'x')));
    CHECK(max.kernels().heap_bytes(state.at()) == 100);
}

TEST_CASE("a state takes no more room than it needs", "[aggregate]") {
    CHECK(AggregateCase{"COUNT"}.kernels().state_size == 8);
    CHECK(AggregateCase{"SUM", kBigint}.kernels().state_size == 16);
    CHECK(AggregateCase{"SUM", kDouble}.kernels().state_size == 16);
    CHECK(AggregateCase{"AVG", kDouble}.kernels().state_size == 24);
    CHECK(AggregateCase{"MIN", kDouble}.kernels().state_size == 8);
    CHECK(AggregateCase{"MAX", kString}.kernels().state_size == 16);
}

TEST_CASE("an aggregate that does not take a type says what it takes", "[aggregate]") {
    const auto refusal = [](std::string_view name, const std::vector<Type>& types) {
        const auto resolved = find_aggregate_function(name)->resolve(types, {});
        return resolved ? std::string{"taken"} : resolved.error();
    };
    CHECK(refusal("SUM", {kString}) ==
          "SUM does not take STRING; it takes BIGINT, DOUBLE, DECIMAL or INTERVAL");
    CHECK(refusal("avg", {kBoolean}) ==
          "AVG does not take BOOLEAN; it takes BIGINT, DOUBLE or DECIMAL");
    CHECK(refusal("MIN", {}) == "MIN takes one argument, not 0");
    CHECK(refusal("COUNT", {kBigint, kBigint}) == "COUNT takes '*' or one argument, not 2");
}

TEST_CASE("every name and synonym stands for one aggregate", "[aggregate]") {
    std::set<std::string_view> names;
    for (const AggregateFunction& function : aggregate_functions()) {
        CHECK(names.insert(function.name).second);
        CHECK(find_aggregate_function(function.name) == &function);
        for (const std::string_view synonym : function.synonyms) {
            CHECK(names.insert(synonym).second);
            CHECK(find_aggregate_function(synonym) == &function);
        }
    }
    CHECK(find_aggregate_function("middle") == nullptr);
}

TEST_CASE("random integers: every aggregate agrees with itself however it is computed",
          "[aggregate]") {
    rc::prop("cuts and encodings", [] {
        const auto integers =
            *rc::gen::container<std::vector<std::int64_t>>(rc::gen::arbitrary<std::int64_t>());
        std::vector<Value> values;
        for (const std::int64_t integer : integers)
            values.push_back(integer % 5 == 0 ? null_of(kBigint) : bigint(integer));
        for (const char* const name :
             {"COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST", "LAST", "BIT_AND", "BIT_OR", "BIT_XOR",
              "ANY_VALUE", "MODE", "COUNT_DISTINCT"}) {
            static_cast<void>(AggregateCase{name, kBigint}.over(values));
        }
    });
}

}  // namespace
}  // namespace velo::engine
