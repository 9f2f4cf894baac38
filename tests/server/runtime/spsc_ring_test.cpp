#include "server/runtime/spsc_ring.hpp"

#include <cstdint>
#include <memory>
#include <thread>

#include <catch2/catch.hpp>

using velo::runtime::SpscRing;

TEST_CASE("a full ring leaves the item with its owner", "[ring]") {
    SpscRing<std::unique_ptr<int>> ring(2);
    for (int i = 0; i < 2; ++i) {
        auto item = std::make_unique<int>(i);
        REQUIRE(ring.try_push(item));
        CHECK(item == nullptr);
    }
    auto third = std::make_unique<int>(2);
    CHECK_FALSE(ring.try_push(third));
    REQUIRE(third != nullptr);
    CHECK(*third == 2);
}

TEST_CASE("an empty ring leaves the target as it was", "[ring]") {
    SpscRing<int> ring(1);
    int target = 7;
    CHECK_FALSE(ring.try_pop(target));
    CHECK(target == 7);
}

TEST_CASE("items come out in the order they went in", "[ring]") {
    SpscRing<int> ring(4);
    int next = 0;
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 3; ++i) {
            int item = round * 3 + i;
            REQUIRE(ring.try_push(item));
        }
        for (int i = 0; i < 3; ++i) {
            int item = -1;
            REQUIRE(ring.try_pop(item));
            CHECK(item == next++);
        }
    }
}

TEST_CASE("two threads pass a hundred thousand items in order through a ring of one slot",
          "[ring]") {
    SpscRing<std::uint64_t> ring(1);
    constexpr std::uint64_t kItems = 100'000;
    std::thread producer([&] {
        for (std::uint64_t i = 0; i < kItems; ++i) {
            std::uint64_t item = i;
            while (!ring.try_push(item)) std::this_thread::yield();
        }
    });
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < kItems; ++i) {
        std::uint64_t item = 0;
        while (!ring.try_pop(item)) std::this_thread::yield();
        wrong += item == i ? 0U : 1U;
    }
    producer.join();
    CHECK(wrong == 0);
}
