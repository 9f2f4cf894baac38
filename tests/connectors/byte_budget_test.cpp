#include "connectors/byte_budget.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/scratch_folder.hpp"

using velo::connectors::ByteBudget;
using velo::connectors::RoomRequest;
using velo::tests::WakeDescriptor;

TEST_CASE("a full budget refuses, and its writer is woken once when bytes have come back",
          "[budget]") {
    const WakeDescriptor wake;
    ByteBudget budget(100);
    RoomRequest request(wake.get());
    REQUIRE(budget.try_take(60, request));
    REQUIRE(budget.try_take(40, request));
    CHECK_FALSE(budget.try_take(1, request));
    CHECK_FALSE(wake.woken());
    budget.give_back(60);
    ByteBudget::answer(request);
    CHECK(wake.woken());
    ByteBudget::answer(request);
    CHECK_FALSE(wake.woken());  // Nobody asked again.
    CHECK(budget.try_take(60, request));
}

TEST_CASE("a piece larger than the budget goes through alone", "[budget]") {
    const WakeDescriptor wake;
    ByteBudget budget(100);
    RoomRequest request(wake.get());
    REQUIRE(budget.try_take(1, request));
    CHECK_FALSE(budget.try_take(1000, request));
    budget.give_back(1);
    CHECK(budget.try_take(1000, request));
    CHECK_FALSE(budget.try_take(1, request));
}

TEST_CASE("writers on several threads never hold more than the budget and no wake is lost",
          "[budget]") {
    constexpr std::size_t kCapacity = 1000;
    constexpr int kWriters = 3;
    constexpr int kPieces = 20000;
    ByteBudget budget(kCapacity);
    std::vector<WakeDescriptor> wakes(kWriters);
    std::vector<RoomRequest> requests;
    std::atomic<std::size_t> to_give_back{0};
    std::atomic<int> done{0};
    std::atomic<bool> in_time{true};
    std::vector<std::unique_ptr<RoomRequest>> rooms;
    for (const WakeDescriptor& wake : wakes)
        rooms.push_back(std::make_unique<RoomRequest>(wake.get()));
    std::vector<std::jthread> threads;
    for (std::size_t w = 0; w < kWriters; ++w) {
        threads.emplace_back([&, w] {
            for (int i = 0; i < kPieces; ++i) {
                const std::size_t bytes = 1 + static_cast<std::size_t>(i) % 97;
                while (!budget.try_take(bytes, *rooms[w])) {
                    if (!wakes[w].woken(10000)) in_time = false;
                }
                to_give_back += bytes;
            }
            ++done;
        });
    }
    bool within = true;
    while (done < kWriters || to_give_back != 0) {
        within = within && budget.held() <= kCapacity;
        const std::size_t bytes = to_give_back.exchange(0);
        if (bytes == 0) continue;
        budget.give_back(bytes);
        for (const auto& room : rooms) ByteBudget::answer(*room);
    }
    CHECK(within);
    CHECK(in_time);
    CHECK(budget.held() == 0);
}
