#include "connectors/hand_over.hpp"

#include <array>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using velo::connectors::HandOver;

namespace {

struct Item {
    int producer = 0;
    int number = 0;
    Item* next = nullptr;
};

}  // namespace

TEST_CASE("what is handed over comes out in the order it went in, once", "[hand_over]") {
    HandOver<Item> hand_over;
    std::array<Item, 3> items{Item{0, 0, nullptr}, Item{0, 1, nullptr}, Item{0, 2, nullptr}};
    CHECK(hand_over.push(items[0]));  // It was empty.
    CHECK_FALSE(hand_over.push(items[1]));
    CHECK_FALSE(hand_over.push(items[2]));
    std::vector<int> numbers;
    const auto note = [&](Item& item) { numbers.push_back(item.number); };
    hand_over.take_all(note);
    hand_over.take_all(note);
    CHECK(numbers == std::vector{0, 1, 2});
    CHECK(hand_over.push(items[0]));
}

TEST_CASE("an item may be handed over again while it is visited", "[hand_over]") {
    HandOver<Item> there;
    HandOver<Item> back;
    std::array<Item, 3> items{};
    for (Item& item : items) there.push(item);
    int seen = 0;
    there.take_all([&](Item& item) {
        ++seen;
        back.push(item);
    });
    CHECK(seen == 3);
    back.take_all([&](Item&) { ++seen; });
    CHECK(seen == 6);
}

TEST_CASE("of several pushing threads nothing is lost and each one's order is kept",
          "[hand_over]") {
    constexpr int kThreads = 3;
    constexpr int kItems = 20000;
    HandOver<Item> hand_over;
    std::vector<std::vector<Item>> items(kThreads, std::vector<Item>(kItems));
    std::vector<std::jthread> threads;
    for (int p = 0; p < kThreads; ++p) {
        threads.emplace_back([&, p] {
            for (int i = 0; i < kItems; ++i) {
                Item& item = items[static_cast<std::size_t>(p)][static_cast<std::size_t>(i)];
                item.producer = p;
                item.number = i;
                hand_over.push(item);
            }
        });
    }
    std::array<int, kThreads> next{};
    int taken = 0;
    bool in_order = true;
    while (taken < kThreads * kItems) {
        hand_over.take_all([&](Item& item) {
            in_order = in_order && item.number == next[static_cast<std::size_t>(item.producer)]++;
            ++taken;
        });
    }
    CHECK(in_order);
}
