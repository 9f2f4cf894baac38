#include "engine/data/text_room.hpp"

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::engine;

TEST_CASE("texts of every size are copied whole", "[text_room]") {
    for (std::size_t size = 0; size < 100; ++size) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
        const auto from = std::make_unique<char[]>(size);
        const auto to = std::make_unique<char[]>(size);
        text.copy(from.get(), size);
        REQUIRE(copy_text(to.get(), {from.get(), size}) == to.get() + size);
        REQUIRE(std::string(to.get(), size) == text);
    }
}

TEST_CASE("texts stay where they are while others come", "[text_room]") {
    Arena arena;
    TextRoom room;
    room.start(arena);
    std::vector<std::string> expected;
    std::vector<std::string_view> copies;
    for (std::size_t i = 0; i < 2000; ++i) {
        expected.push_back(std::string(i % 300, static_cast<char>('a' + i % 26)));
        copies.push_back(room.copy(expected.back()));
    }
    expected.push_back(std::string(200'000, 'z'));
    copies.push_back(room.copy(expected.back()));
    room.finish();
    for (std::size_t i = 0; i < copies.size(); ++i) REQUIRE(copies[i] == expected[i]);
}

TEST_CASE("what was not used goes back to the arena", "[text_room]") {
    Arena arena;
    TextRoom room;
    room.start(arena);
    const std::string_view text = room.copy("abc");
    room.finish();
    CHECK(arena.allocate(1) == text.data() + 3);
}
