// Lines out of a file, in big blocks, without copying what is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace velo::connectors {

/// Bytes of a file that lines point into; kept until the last of them has been given back.
struct LineBlock {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::uint32_t lines = 0;  // Handed out and not given back.
};

/// Cuts what a descriptor delivers into lines.
/// Shape:   without the line break, with or without a carriage return before it; the last line needs none. A line of more
///          than kLongestLine bytes comes as its first kLongestLine + 1, so that whoever decodes it sees that it is too long.
/// Thread:  owned by one reader.
class LineReader {
public:
    static constexpr std::size_t kLongestLine = 16U << 20;
    static constexpr std::size_t kBlockSize = 1U << 20;

    /// Takes the descriptor; closes it unless it is one of the three standard ones.
    explicit LineReader(int descriptor);
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    struct Line {
        std::string_view text;
        LineBlock* block = nullptr;
    };

    /// The next line among the bytes that have been read; false when there is no whole one.
    [[nodiscard]] bool next(Line& line);

    enum class Fill : std::uint8_t { Some, Later, End, Failed };
    /// Reads the next block; it may block for as long as the descriptor does. Later: one that does not block has nothing now.
    [[nodiscard]] Fill fill();

    void give_back(LineBlock& block) noexcept;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// After Fill::Failed.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    [[nodiscard]] LineBlock& spare_block(std::size_t capacity);
    void begin_block();

    const int descriptor_;
    std::vector<std::unique_ptr<LineBlock>> blocks_;
    LineBlock* current_ = nullptr;  // Lines are cut from it at [start_, end_).
    std::size_t start_ = 0;
    std::size_t end_ = 0;
    std::size_t searched_ = 0;  // No line break before it.
    bool skipping_ = false;     // The rest of a line that was too long.
    bool at_end_ = false;
    std::string error_;
};

}  // namespace velo::connectors
