#include "connectors/file/line_reader.hpp"

#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/scratch_folder.hpp"

using velo::connectors::LineReader;
using velo::tests::ScratchFolder;

namespace {

// All lines; their blocks are given back at the end, so none is used twice in between.
std::vector<std::string> lines_of(const std::string& bytes) {
    const ScratchFolder folder;
    LineReader reader(::open(folder.write("lines", bytes).c_str(), O_RDONLY));
    std::vector<LineReader::Line> lines;
    do {
        LineReader::Line line;
        while (reader.next(line)) lines.push_back(line);
    } while (reader.fill() == LineReader::Fill::Some);
    std::vector<std::string> result;
    for (const LineReader::Line& line : lines) {
        result.emplace_back(line.text);
        reader.give_back(*line.block);
    }
    return result;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines come without their breaks, the last one with or without", "[lines]") {
    CHECK(lines_of("").empty());
    CHECK(lines_of("a") == Lines{"a"});
    CHECK(lines_of("a\n") == Lines{"a"});
    CHECK(lines_of("a\nb") == Lines{"a", "b"});
    CHECK(lines_of("\n\na\n\n") == Lines{"", "", "a", ""});
    CHECK(lines_of("a\r\nb\r\n\r\nc\rd\r") == Lines{"a", "b", "", "c\rd"});
}

TEST_CASE("lines over the borders of blocks come whole and stay where they are", "[lines]") {
    std::string bytes;
    Lines expected;
    std::size_t size = 1;
    while (bytes.size() < 5 * LineReader::kBlockSize) {
        expected.emplace_back(size, static_cast<char>('a' + size % 26));
        bytes += expected.back() + '\n';
        size = (size * 7 + 13) % 300'000;
    }
    CHECK((lines_of(bytes) == expected));
}

TEST_CASE("a line that fills its block exactly is one line", "[lines]") {
    for (const std::size_t size :
         {LineReader::kBlockSize - 1, LineReader::kBlockSize, LineReader::kBlockSize + 1}) {
        const std::string line(size, 'x');
        CHECK((lines_of(line + "\nb\n") == Lines{line, "b"}));
        CHECK((lines_of(line) == Lines{line}));
    }
}

TEST_CASE(
    "of a line that is too long the beginning comes, one byte too long, and the next line follows",
    "[lines]") {
    const std::string longest(LineReader::kLongestLine, 'x');
    CHECK((lines_of(longest + "\nb\n") == Lines{longest, "b"}));
    for (const std::size_t more : {std::size_t{1}, std::size_t{2}, 3 * LineReader::kBlockSize}) {
        const auto lines = lines_of(longest + std::string(more, 'x') + "\nb\n");
        REQUIRE(lines.size() == 2);
        CHECK(lines[0].size() == LineReader::kLongestLine + 1);
        CHECK(lines[1] == "b");
        CHECK(lines_of(longest + std::string(more, 'x')).size() == 1);
    }
}

TEST_CASE("blocks whose lines have been given back are used again", "[lines]") {
    const ScratchFolder folder;
    std::string bytes;
    for (int i = 0; i < 500'000; ++i) bytes += "0123456789012345678\n";
    LineReader reader(::open(folder.write("lines", bytes).c_str(), O_RDONLY));
    std::vector<const void*> blocks;
    std::size_t lines = 0;
    do {
        LineReader::Line line;
        while (reader.next(line)) {
            ++lines;
            if (std::ranges::find(blocks, line.block) == blocks.end()) blocks.push_back(line.block);
            reader.give_back(*line.block);
        }
    } while (reader.fill() == LineReader::Fill::Some);
    CHECK(lines == 500'000);
    CHECK(blocks.size() == 2);
}
