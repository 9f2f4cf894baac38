#include "engine/state/keyed_state.hpp"

#include <map>
#include <memory>
#include <numeric>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

namespace velo::engine {
namespace {

/// Keys of one batch, hashed by `hash`, and the slots found for them.
class Sought {
public:
    explicit Sought(std::vector<std::string> keys,
                    std::uint64_t (*hash)(std::string_view) = hash_bytes)
        : texts_(std::move(keys)), keys_(texts_.begin(), texts_.end()), rows_(keys_.size()) {
        std::iota(rows_.begin(), rows_.end(), 0U);
        for (const std::string_view key : keys_) hashes_.push_back(hash(key));
    }
    std::vector<std::uint32_t> in(KeyedState& state, KeySpace& space) const {
        std::vector<std::uint32_t> slots(keys_.size());
        state.find_or_insert(space, rows(), slots);
        return slots;
    }
    [[nodiscard]] KeyedRows rows() const { return {keys_, hashes_, rows_}; }

private:
    std::vector<std::string> texts_;
    std::vector<std::string_view> keys_;
    std::vector<std::uint64_t> hashes_;
    std::vector<std::uint32_t> rows_;
};

EntryPayload counter() { return {std::vector<std::byte>(8), {}}; }

std::int64_t& count_of(KeyedState& state, std::uint32_t slot) {
    return *reinterpret_cast<std::int64_t*>(state.payload(slot));
}

std::vector<std::string> numbered(int count, const std::string& prefix) {
    std::vector<std::string> keys;
    for (int i = 0; i < count; ++i) keys.push_back(prefix + std::to_string(i));
    return keys;
}

TEST_CASE("one key has one entry, also within a batch", "[state]") {
    KeyedState state{counter()};
    KeySpace& space = state.open_space();
    const auto slots = Sought{{"a", "b", "a", "", "b"}}.in(state, space);
    CHECK(slots[0] == slots[2]);
    CHECK(slots[1] == slots[4]);
    CHECK(slots[0] != slots[1]);
    CHECK(slots[3] != slots[0]);
    CHECK(state.size() == 3);
    CHECK(Sought{{"b"}}.in(state, space)[0] == slots[1]);
}

TEST_CASE("a new entry starts fresh and knows its key and shard", "[state]") {
    KeyedState state{{std::vector<std::byte>(8, std::byte{7}), {}}};
    KeySpace& space = state.open_space();
    for (const std::string key : {"", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghijk",
                                  "abcdefghijkl", "abcdefghijklm"}) {
        const std::uint32_t slot = Sought{{key}}.in(state, space)[0];
        CHECK(state.header(slot).key.view() == key);
        CHECK(state.header(slot).shard == shard_of(hash_bytes(key)));
        CHECK(count_of(state, slot) == 0x0707070707070707);
    }
}

TEST_CASE("keys with the same hash are told apart", "[state]") {
    for (const std::string prefix : {"k", "a prefix longer than an entry holds "}) {
        KeyedState state{counter()};
        KeySpace& space = state.open_space();
        const Sought sought{numbered(100, prefix),
                            [](std::string_view) { return std::uint64_t{0xFFFFFFFF'FFFFFFFF}; }};
        const auto first = sought.in(state, space);
        CHECK(state.size() == 100);
        CHECK(sought.in(state, space) == first);
    }
}

TEST_CASE("entries do not move while their table grows", "[state]") {
    KeyedState state{counter()};
    KeySpace& space = state.open_space();
    const std::uint32_t slot = Sought{{"first"}}.in(state, space)[0];
    std::int64_t* const count = &count_of(state, slot);
    *count = 42;
    const Sought many{numbered(20'000, "a key of some length ")};
    const auto slots = many.in(state, space);
    CHECK(&count_of(state, slot) == count);
    CHECK(*count == 42);
    CHECK(many.in(state, space) == slots);
    CHECK(Sought{{"first"}}.in(state, space)[0] == slot);
}

TEST_CASE("entries are walked in order of their arrival", "[state]") {
    KeyedState state{counter()};
    KeySpace& space = state.open_space();
    const auto slots = Sought{numbered(50, "k")}.in(state, space);
    REQUIRE(space.size() == 50);
    for (std::uint32_t i = 0; i < 50; ++i) CHECK(space.slot(i) == slots[i]);
}

TEST_CASE("spaces are apart, and rows of one batch may go to several", "[state]") {
    KeyedState state{counter()};
    KeySpace& first = state.open_space();
    KeySpace& second = state.open_space();
    const Sought sought{{"a", "a", "b", "a"}};
    const std::vector<KeySpace*> spaces{&first, &second, &first, &second};
    std::vector<std::uint32_t> slots(4);
    state.find_or_insert(spaces, sought.rows(), slots);
    CHECK(slots[0] != slots[1]);
    CHECK(slots[1] == slots[3]);
    CHECK(first.size() == 2);
    CHECK(second.size() == 1);
}

TEST_CASE("the entries of one space are found in another by their keys", "[state]") {
    KeyedState state{counter()};
    KeySpace& from = state.open_space();
    KeySpace& into = state.open_space();
    const auto slots = Sought{{"a", "a key longer than twelve bytes"}}.in(state, from);
    std::vector<std::uint32_t> copies(2);
    state.find_or_insert(into, slots, copies);
    CHECK(state.header(copies[1]).key.view() == "a key longer than twelve bytes");
    CHECK(Sought{{"a", "a key longer than twelve bytes"}}.in(state, into) == copies);
}

TEST_CASE("a closed space gives everything back, and the next one is empty", "[state]") {
    KeyedState state{counter()};
    KeySpace& first = state.open_space();
    static_cast<void>(Sought{numbered(3, "k")}.in(state, first));
    const std::size_t small = state.bytes();
    state.close_space(first);
    CHECK(state.bytes() == 0);
    CHECK(state.size() == 0);
    KeySpace& large = state.open_space();
    static_cast<void>(Sought{numbered(10'000, "a key longer than twelve bytes ")}.in(state, large));
    state.close_space(large);
    KeySpace& after_large =
        state.open_space();  // Has the large index until it has proved to be small itself.
    static_cast<void>(Sought{numbered(3, "k")}.in(state, after_large));
    state.close_space(after_large);
    for (int round = 0; round < 5; ++round) {
        KeySpace& again = state.open_space();
        CHECK(again.size() == 0);
        const auto slots = Sought{numbered(3, "k")}.in(state, again);
        CHECK(count_of(state, slots[0]) == 0);
        count_of(state, slots[0]) = 9;
        CHECK(state.bytes() == small);
        state.close_space(again);
    }
}

TEST_CASE("what entries own is destroyed once", "[state]") {
    int destroyed = 0;
    {
        KeyedState state{{std::vector<std::byte>(8), [&](std::byte*) { ++destroyed; }}};
        KeySpace& first = state.open_space();
        static_cast<void>(Sought{numbered(10, "k")}.in(state, first));
        state.close_space(first);
        CHECK(destroyed == 10);
        static_cast<void>(Sought{numbered(5, "k")}.in(state, state.open_space()));
    }
    CHECK(destroyed == 15);
}

TEST_CASE("an entry is pending once until that is taken back", "[state]") {
    KeyedState state{counter()};
    KeySpace& space = state.open_space();
    const std::uint32_t slot = Sought{{"a"}}.in(state, space)[0];
    state.mark_pending(space, slot);
    state.mark_pending(space, slot);
    CHECK(space.pending == std::vector{slot});
}

TEST_CASE("a state counts like a map", "[state]") {
    rc::prop("random keys in random spaces", [] {
        const auto numbers =
            *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
        KeyedState state{counter()};
        std::vector<KeySpace*> spaces{&state.open_space(), &state.open_space(),
                                      &state.open_space()};
        std::map<std::pair<std::size_t, std::string>, std::int64_t> expected;
        std::vector<std::string> keys;
        std::vector<KeySpace*> in;
        for (const std::uint16_t number : numbers) {
            const std::size_t space = number % 3;
            keys.push_back(std::string(number % 17, 'k') + std::to_string(number % 10));
            in.push_back(spaces[space]);
            ++expected[{space, keys.back()}];
        }
        std::vector<std::uint32_t> slots(keys.size());
        state.find_or_insert(in, Sought{keys}.rows(), slots);
        for (const std::uint32_t slot : slots) ++count_of(state, slot);
        RC_ASSERT(state.size() == expected.size());
        std::map<std::pair<std::size_t, std::string>, std::int64_t> counted;
        for (std::size_t space = 0; space < 3; ++space) {
            for (std::uint32_t i = 0; i < spaces[space]->size(); ++i) {
                const std::uint32_t slot = spaces[space]->slot(i);
                counted[{space, std::string{state.header(slot).key.view()}}] =
                    count_of(state, slot);
            }
        }
        RC_ASSERT(counted == expected);
    });
}

}  // namespace
}  // namespace velo::engine
