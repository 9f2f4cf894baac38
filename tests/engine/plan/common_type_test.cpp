#include "engine/plan/common_type.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace velo::engine {

TEST_CASE("numbers side by side stay exact unless one is a DOUBLE", "[common_type]") {
    CHECK(common_type(kBigint, decimal_type(10, 2)) == decimal_type(21, 2));
    CHECK(common_type(decimal_type(10, 2), decimal_type(5, 4)) == decimal_type(12, 4));
    CHECK(common_type(decimal_type(10, 2), kDouble) == kDouble);
    CHECK(common_type(decimal_type(38, 0), decimal_type(10, 2)) == decimal_type(38, 2));
    CHECK(common_type(kDate, kTimestamp) == kTimestamp);
    CHECK_FALSE(common_type(kBigint, kString));
    CHECK_FALSE(common_type(kInterval, kTimestamp));
    CHECK_FALSE(common_type(kTime, kTimestamp));
    CHECK(common_type(array_type(kNullType), array_type(kString)) == array_type(kString));
    CHECK(common_type(map_type(kBigint), map_type(kDouble)) == map_type(kDouble));
    CHECK(common_type(struct_type({{"a", kBigint}}), struct_type({{"a", kDouble}})) ==
          struct_type({{"a", kDouble}}));
    CHECK_FALSE(common_type(struct_type({{"a", kBigint}}), struct_type({{"b", kBigint}})));
    CHECK_FALSE(common_type(array_type(kBigint), array_type(kString)));
    CHECK_FALSE(common_type(array_type(kBigint), map_type(kBigint)));
}

TEST_CASE("the common type does not depend on the order", "[common_type]") {
    const bool holds = rc::check([] {
        const auto any = rc::gen::element(
            kNullType, kBoolean, kBigint, kDouble, kString, kBytes, kTimestamp, kDate, kInterval,
            decimal_type(10, 2), decimal_type(38, 0), decimal_type(38, 38), kTime,
            array_type(kBigint), array_type(kNullType), map_type(kDouble));
        const Type a = *any;
        const Type b = *any;
        RC_ASSERT(common_type(a, b) == common_type(b, a));
        RC_ASSERT(common_type(a, a) == a);
        RC_ASSERT(common_type(a, kNullType) == a);
    });
    CHECK(holds);
}

}  // namespace velo::engine
