// The sketches keep their stated errors and bounds, and do not depend on the order of what comes.

#include <algorithm>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "engine/aggregate/distinct_sketch.hpp"
#include "engine/aggregate/quantile_sketch.hpp"
#include "engine/base/hash.hpp"

namespace velo::engine {
namespace {

template <class Sketch>
std::string bytes_of(const Sketch& sketch) {
    std::string bytes;
    sketch.put(bytes);
    return bytes;
}

std::uint64_t hash_of(std::int64_t value) {
    return hash_bytes({reinterpret_cast<const char*>(&value), sizeof value});
}

TEST_CASE("a distinct sketch counts exactly up to 512 and within five percent beyond", "[sketch]") {
    DistinctSketch sketch;
    std::int64_t added = 0;
    for (const std::int64_t size : {1, 100, 512, 1'000, 5'000, 20'000, 100'000}) {
        for (; added < size; ++added) {
            sketch.add(hash_of(added));
            sketch.add(hash_of(added / 2));  // Repeats do not count.
        }
        INFO(size);
        const auto error = static_cast<double>(std::abs(sketch.estimate() - size));
        CHECK(error <= (size <= 512 ? 0.0 : 0.05 * static_cast<double>(size)));
    }
    CHECK(sketch.heap_bytes() == DistinctSketch::kRegisters);
}

TEST_CASE("a quantile sketch answers within one percent, of negative and small values too",
          "[sketch]") {
    QuantileSketch sketch;
    std::vector<double> values;
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> sizes(0.0, 3.0);
    for (int i = 0; i < 20'001; ++i) values.push_back((i % 3 - 1) * sizes(random));
    for (const double value : values) sketch.add(value);
    std::ranges::sort(values);
    for (const double fraction : {0.0, 0.01, 0.3, 0.5, 0.9, 0.999, 1.0}) {
        const auto rank =
            static_cast<std::size_t>(fraction * static_cast<double>(values.size() - 1));
        INFO(fraction);
        CHECK(std::fabs(sketch.quantile(fraction) - values[rank]) <=
              1.0001 * QuantileSketch::kError * std::fabs(values[rank]));
    }
}

TEST_CASE("a quantile sketch has a bound, however far its values lie apart", "[sketch]") {
    QuantileSketch sketch;
    for (int exponent = -300; exponent <= 300; ++exponent) {
        for (double digit = 1; digit < 10; digit += 0.25)
            sketch.add(digit * std::pow(10.0, exponent));
    }
    CHECK(sketch.heap_bytes() <= 2 * QuantileSketch::kBuckets * 16);
    CHECK(sketch.quantile(1.0) == Approx(9.75e300).epsilon(QuantileSketch::kError));
}

TEST_CASE("sketches are a function of what they hold, in any order and any parts", "[sketch]") {
    rc::prop("shuffles and merges", [] {
        auto values = *rc::gen::container<std::vector<double>>(
            rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t bits) {
                return std::ldexp(static_cast<double>(bits % 1'000), static_cast<int>(bits % 700));
            }));
        const auto repeats = static_cast<std::size_t>(*rc::gen::inRange(1, 40));
        std::vector<double> many;
        for (std::size_t i = 0; i < repeats; ++i) {
            for (const double value : values) many.push_back(value * static_cast<double>(i + 1));
        }
        const auto add = [](DistinctSketch& distinct, QuantileSketch& quantiles, double value) {
            distinct.add(hash_of(std::bit_cast<std::int64_t>(value + 0.0)));
            quantiles.add(value);
        };
        DistinctSketch distinct;
        QuantileSketch quantiles;
        for (const double value : many) add(distinct, quantiles, value);

        std::mt19937_64 random(repeats);
        std::ranges::shuffle(many, random);
        std::array<DistinctSketch, 2> distinct_parts;
        std::array<QuantileSketch, 2> quantile_parts;
        for (std::size_t i = 0; i < many.size(); ++i)
            add(distinct_parts[i % 2], quantile_parts[i % 2], many[i]);
        distinct_parts[0].add(distinct_parts[1]);
        quantile_parts[1].add(quantile_parts[0]);
        RC_ASSERT(bytes_of(distinct_parts[0]) == bytes_of(distinct));
        RC_ASSERT(bytes_of(quantile_parts[1]) == bytes_of(quantiles));

        std::string_view bytes;
        const std::string kept = bytes_of(quantiles);
        bytes = kept;
        QuantileSketch again;
        RC_ASSERT(again.take(bytes));
        RC_ASSERT(bytes_of(again) == kept);
    });
}

}  // namespace
}  // namespace velo::engine
