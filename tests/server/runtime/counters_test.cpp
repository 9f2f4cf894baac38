#include "server/runtime/counters.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::runtime;

TEST_CASE("a latency falls in a bucket whose bound is at most an eighth above it", "[counters]") {
    for (const std::int64_t micros :
         {1, 2, 7, 8, 9, 100, 999, 1000, 12345, 1'000'000, 59'999'999}) {
        Latency latency;
        latency.observe(micros * 1000, 1);
        std::size_t bucket = 0;
        while (latency.bucket(bucket) == 0) ++bucket;
        const auto upper = static_cast<std::int64_t>(Latency::upper_micros(bucket));
        CHECK(upper >= micros);
        CHECK(upper <= micros + micros / 8);
    }
}

TEST_CASE("bucket bounds rise", "[counters]") {
    for (std::size_t i = 1; i < Latency::kBuckets; ++i)
        CHECK(Latency::upper_micros(i) > Latency::upper_micros(i - 1));
}

TEST_CASE("a weight counts as so many observations", "[counters]") {
    Latency latency;
    latency.observe(2000, 10);
    latency.observe(-5, 1);
    CHECK(latency.count() == 11);
    CHECK(latency.sum_ns() == 20'000);
}

TEST_CASE("a partition keeps its place when the table grows", "[counters]") {
    PartitionTable table;
    const SourcePartition first = table.add("trades", 0);
    const PartitionCounters* place = &table.at(first);
    for (std::int32_t i = 1; i < 200; ++i) table.add("trades", i);
    CHECK(table.size() == 200);
    CHECK(&table.at(first) == place);
    CHECK(table.at(SourcePartition{199}).partition == 199);
}

TEST_CASE("the books balance when every row read has gone somewhere", "[counters]") {
    JobCounters counters(2);
    counters.pipelines[0].records_in.add(10);
    counters.pipelines[0].filtered.add(2);
    counters.pipelines[0].late_dropped.add(1);
    counters.pipelines[0].dead_lettered[0].add(1);
    counters.pipelines[1].answered.add(5);
    CHECK_FALSE(law_of(counters).balances());
    counters.pipelines[1].dropped[1].add(1);
    const Law law = law_of(counters);
    CHECK(law.balances());
    CHECK(law.in == 10);
    CHECK(law.answered == 5);
    CHECK(law.late == 1);
}

TEST_CASE("a size falls in the first bucket whose bound it does not exceed", "[counters]") {
    Sizes sizes;
    for (const std::uint64_t size : {1U, 2U, 4U, 5U, 10'000U, 4'000'000'000U}) sizes.observe(size);
    CHECK(sizes.bucket(0) == 1);                    // Up to 1,
    CHECK(sizes.bucket(1) == 2);                    // to 4,
    CHECK(sizes.bucket(2) == 1);                    // to 16,
    CHECK(sizes.bucket(7) == 1);                    // to 16384,
    CHECK(sizes.bucket(Sizes::kBuckets - 1) == 1);  // and whatever is larger.
    CHECK(sizes.sum() == 4'000'010'012U);
}

TEST_CASE("brokers keep their place, and those beyond the bound are left out", "[counters]") {
    ConnectionCounters connections;
    BrokerCounters* const first = connections.broker("b0:9092");
    for (std::uint32_t i = 1; i < ConnectionCounters::kMost; ++i)
        REQUIRE(connections.broker("b" + std::to_string(i) + ":9092") != nullptr);
    CHECK(connections.size() == ConnectionCounters::kMost);
    CHECK(connections.broker("one-more:9092") == nullptr);
    CHECK(connections.broker("b0:9092") == first);
    CHECK(&connections.at(0) == first);
}

TEST_CASE("a job has a watermark when all its pipelines have one: the least", "[counters]") {
    JobCounters counters(2);
    CHECK_FALSE(watermark_of(counters));
    counters.pipelines[0].watermark_us.set(2'000'000);
    CHECK_FALSE(watermark_of(counters));
    counters.pipelines[1].watermark_us.set(1'000'000);
    CHECK(watermark_of(counters) == 1'000'000);
}

TEST_CASE("rows wait for a pipeline until it has taken them", "[counters]") {
    JobCounters counters(2);
    counters.pipelines[0].sent_to[1].add(7);
    counters.pipelines[1].sent_to[1].add(5);
    CHECK(queued_rows(counters, 0) == 0);
    CHECK(queued_rows(counters, 1) == 12);
    counters.pipelines[1].rows_answered_here.add(9);
    CHECK(queued_rows(counters, 1) == 3);
}
