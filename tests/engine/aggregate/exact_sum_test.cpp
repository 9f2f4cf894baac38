#include "engine/aggregate/exact_sum.hpp"

#include <limits>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "engine/data/decimal.hpp"

namespace velo::engine {
namespace {

const Int128 kLargest = power_of_ten(38) - 1;

DecimalSum decimal_sum(const std::vector<Int128>& values) {
    DecimalSum sum;
    for (const Int128 value : values) sum.add(value);
    return sum;
}

TEST_CASE("a sum without rows is empty, a sum of zero is not", "[aggregate]") {
    BigintSum bigints;
    CHECK(bigints.is_empty());
    bigints.add(0);
    CHECK_FALSE(bigints.is_empty());
    CHECK(bigints.value() == 0);
    DecimalSum decimals;
    CHECK(decimals.is_empty());
    decimals.add(Int128{0});
    CHECK_FALSE(decimals.is_empty());
    CHECK(decimals.value() == Int128{0});
}

TEST_CASE("integers beyond 64 bits add up exactly", "[aggregate]") {
    BigintSum sum;
    for (int i = 0; i < 1000; ++i) sum.add(std::numeric_limits<std::int64_t>::min());
    CHECK(sum.value() == Int128{std::numeric_limits<std::int64_t>::min()} * 1000);
}

TEST_CASE("a decimal sum may leave 38 digits and come back", "[aggregate]") {
    const DecimalSum out = decimal_sum({kLargest, kLargest, kLargest});
    CHECK_FALSE(out.value().has_value());
    CHECK(decimal_sum({kLargest, kLargest, kLargest, -kLargest, -kLargest}).value() == kLargest);
    CHECK(decimal_sum({-kLargest, -kLargest, -kLargest, kLargest, kLargest}).value() == -kLargest);
    CHECK_FALSE(decimal_sum({kLargest, 1}).value().has_value());
}

TEST_CASE("a mean of numbers whose sum has more than 38 digits exists", "[aggregate]") {
    CHECK(decimal_sum({kLargest, kLargest, kLargest - 3}).mean(3, 0) == kLargest - 1);
    CHECK(decimal_sum({-kLargest, -kLargest, -kLargest}).mean(3, 0) == -kLargest);
    CHECK_FALSE(decimal_sum({kLargest}).mean(1, 6).has_value());
}

TEST_CASE("a mean rounds half away from zero", "[aggregate]") {
    CHECK(decimal_sum({1, 2}).mean(2, 0) == 2);
    CHECK(decimal_sum({-1, -2}).mean(2, 0) == -2);
    CHECK(decimal_sum({1, 1, 2}).mean(3, 0) == 1);
    CHECK(decimal_sum({1}).mean(3, 6) == 333'333);
    CHECK(decimal_sum({2}).mean(3, 6) == 666'667);
}

TEST_CASE("a mean is what division says", "[aggregate]") {
    rc::prop("against 128-bit arithmetic", [] {
        const auto values = *rc::gen::nonEmpty(
            rc::gen::container<std::vector<std::int64_t>>(rc::gen::arbitrary<std::int64_t>()));
        const auto scale = *rc::gen::inRange(0, 7);
        Int128 total = 0;
        DecimalSum sum;
        for (const std::int64_t value : values) {
            total += value;
            sum.add(Int128{value});
        }
        const auto count = static_cast<std::int64_t>(values.size());
        RC_ASSERT(sum.mean(count, scale) == decimal_divide(total, 0, count, 0, scale));
    });
}

}  // namespace
}  // namespace velo::engine
