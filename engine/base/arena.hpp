// Bytes that live as long as their batch or table.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace velo {

/// A bump allocator: hands out bytes, frees them all at once, keeps its blocks for the next round.
/// Thread: owned by one thread at a time.
class Arena {
public:
    explicit Arena(std::size_t block_size = 64 * 1024) : block_size_(block_size) {}

    /// `size` bytes at an address that is a multiple of `alignment` (a power of two up to 16).
    [[nodiscard]] char* allocate(std::size_t size, std::size_t alignment = 1) {
        const std::size_t start = (used_ + alignment - 1) & ~(alignment - 1);
        if (current_ < blocks_.size() && start + size <= blocks_[current_].size) {
            used_ = start + size;
            return blocks_[current_].bytes.get() + start;
        }
        return allocate_in_next(size);
    }

    [[nodiscard]] std::string_view copy(std::string_view bytes) {
        if (bytes.empty()) return {"", 0};
        char* to = allocate(bytes.size());
        std::memcpy(to, bytes.data(), bytes.size());
        return {to, bytes.size()};
    }

    /// Gives the last `unused` bytes of the latest allocation back.
    void shrink_last(std::size_t unused) noexcept { used_ -= unused; }

    /// Forgets everything; blocks are kept for reuse.
    void clear() noexcept {
        current_ = 0;
        used_ = 0;
    }

    /// Bytes held from the system.
    [[nodiscard]] std::size_t capacity_bytes() const noexcept {
        std::size_t sum = 0;
        for (const Block& block : blocks_) sum += block.size;
        return sum;
    }

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };

    char* allocate_in_next(std::size_t size) {
        while (!blocks_.empty() && current_ + 1 < blocks_.size()) {
            ++current_;
            if (size <= blocks_[current_].size) {
                used_ = size;
                return blocks_[current_].bytes.get();
            }
        }
        const std::size_t room = size > block_size_ ? size : block_size_;
        blocks_.push_back(Block{std::make_unique_for_overwrite<char[]>(room), room});
        current_ = blocks_.size() - 1;
        used_ = size;
        return blocks_[current_].bytes.get();
    }

    std::size_t block_size_;
    std::vector<Block> blocks_;
    std::size_t current_ = 0;
    std::size_t used_ = 0;
};

}  // namespace velo
