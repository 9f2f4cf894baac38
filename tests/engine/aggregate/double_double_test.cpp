#include "engine/aggregate/double_double.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

namespace velo::engine {
namespace {

double sum_of(const std::vector<double>& values) {
    DoubleDouble sum;
    for (const double value : values) sum += value;
    return sum.value();
}

TEST_CASE("small addends survive beside large ones", "[aggregate]") {
    CHECK(sum_of({1e16, 1.0, -1e16}) == 1.0);
    CHECK(sum_of({1e100, 1e84, -1e100}) == 1e84);
    CHECK(sum_of(std::vector<double>(10, 0.1)) == 1.0);
}

TEST_CASE("the order of rows does not show in a sum", "[aggregate]") {
    std::mt19937 random{7};
    std::uniform_real_distribution<double> price{-1000.0, 1000.0};
    std::vector<double> values(1000);
    for (double& value : values) value = price(random) * 1e-3;
    const double sum = sum_of(values);
    for (int round = 0; round < 50; ++round) {
        std::ranges::shuffle(values, random);
        REQUIRE(sum_of(values) == sum);
    }
}

TEST_CASE("sums of parts add up to the sum of the whole", "[aggregate]") {
    rc::prop("any cut", [] {
        const auto integers =
            *rc::gen::container<std::vector<std::int32_t>>(rc::gen::arbitrary<std::int32_t>());
        const auto cut = *rc::gen::inRange<std::size_t>(0, integers.size() + 1);
        DoubleDouble head;
        DoubleDouble tail;
        DoubleDouble whole;
        for (std::size_t i = 0; i < integers.size(); ++i) {
            const double value = integers[i] / 1024.0;  // NOLINT: exact
            (i < cut ? head : tail) += value;
            whole += value;
        }
        head += tail;
        RC_ASSERT(head.value() == whole.value());
    });
}

TEST_CASE("a sum beyond DOUBLE stays beyond it", "[aggregate]") {
    DoubleDouble sum;
    sum += std::numeric_limits<double>::max();
    CHECK(sum.is_finite());
    sum += std::numeric_limits<double>::max();
    CHECK_FALSE(sum.is_finite());
    sum += -std::numeric_limits<double>::max();
    CHECK_FALSE(sum.is_finite());
}

}  // namespace
}  // namespace velo::engine
