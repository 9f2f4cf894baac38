#include "connectors/epoch_counts.hpp"

#include <catch2/catch.hpp>

using velo::EpochId;
using velo::connectors::EpochCounts;

TEST_CASE("an epoch is settled when everything written under it and before is acknowledged",
          "[epoch]") {
    EpochCounts counts;
    CHECK(counts.is_settled(EpochId{1}));
    counts.written(EpochId{1}, 3);
    counts.written(EpochId{2}, 5);
    CHECK_FALSE(counts.is_settled(EpochId{1}));
    counts.acknowledged(EpochId{2}, 5);
    CHECK_FALSE(counts.is_settled(EpochId{2}));
    counts.acknowledged(EpochId{1}, 3);
    CHECK(counts.is_settled(EpochId{1}));
    CHECK(counts.is_settled(EpochId{2}));
}

TEST_CASE("what the next epoch has under way does not hold an epoch back", "[epoch]") {
    EpochCounts counts;
    for (std::uint64_t epoch = 1; epoch < 20; ++epoch) {
        counts.written(EpochId{epoch + 1}, 7);
        CHECK(counts.is_settled(EpochId{epoch}));
        CHECK_FALSE(counts.is_settled(EpochId{epoch + 1}));
        counts.acknowledged(EpochId{epoch + 1}, 7);
    }
}
