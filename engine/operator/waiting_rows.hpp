// Rows that wait until the watermark has passed them: by order of event time, source partition and offset, and for each
// key, so that they can be saved with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/aggregate/aggregate_form.hpp"

namespace velo::engine {

/// Keeps rows as bytes in blocks, which go when their rows have. Rows mostly leave in the order in which they came.
/// Units:   bytes() counts what is in use, not what is kept for reuse.
/// Thread:  owned by one pipeline.
class WaitingRows {
public:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    static constexpr std::uint32_t kMostBytes = 0xFFFF0000;  // Of a row.

    /// The rows of one key, in the order in which they came. Lies in the key's entry.
    struct Chain {
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
    };
    struct Row {
        RowPosition position;
        const char* bytes = nullptr;
        std::uint32_t size = 0;
        std::uint32_t slot = 0;  // Of its key's entry.
        std::uint32_t block = 0;
        std::uint32_t older = kNone;  // In its chain.
        std::uint32_t newer = kNone;

        [[nodiscard]] std::string_view view() const noexcept { return {bytes, size}; }
    };
    struct Added {
        std::uint32_t row = 0;
        char* bytes = nullptr;  // To be written by the caller.
    };

    /// A row of `size` bytes at the end of the chain of entry `slot`. It is not in order yet.
    [[nodiscard]] Added add(Chain& chain, std::uint32_t slot, const RowPosition& position,
                            std::uint32_t size);
    /// Puts a row that was added in order.
    void file(std::uint32_t row);

    [[nodiscard]] const Row& row(std::uint32_t number) const noexcept { return rows_[number]; }
    template <class Visit>
    void each(const Chain& chain, Visit&& visit) const {
        for (std::uint32_t at = chain.first; at != kNone; at = rows_[at].newer)
            visit(at, rows_[at]);
    }

    /// Of the rows in order.
    [[nodiscard]] bool empty() const noexcept { return order_.empty(); }
    [[nodiscard]] const RowPosition& earliest() const noexcept { return order_.front().position; }
    /// Takes the earliest out of the order; it stays in its chain.
    [[nodiscard]] std::uint32_t take_earliest();

    /// Takes a row out of its chain; its bytes stay until it is let go.
    void unlink(Chain& chain, std::uint32_t row);
    /// After unlink.
    void let_go(std::uint32_t row);
    /// Lets the rows of a chain go, none of which is in order.
    void clear(Chain& chain);

    [[nodiscard]] std::size_t bytes() const noexcept {
        return block_bytes_ + (rows_.size() - free_.size()) * sizeof(Row) +
               order_.size() * sizeof(Ordered);
    }

private:
    static constexpr std::uint32_t kBlockBytes = 16 * 1024;
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::uint32_t size = 0;
        std::uint32_t used = 0;
        std::uint32_t rows = 0;
    };
    struct Ordered {
        RowPosition position;
        std::uint32_t row = 0;
        [[nodiscard]] bool operator>(const Ordered& other) const noexcept {
            return position > other.position;
        }
    };

    void open_block(std::uint32_t size);
    /// Takes back a block without rows.
    void retire(std::uint32_t number);

    std::vector<Row> rows_;
    std::vector<std::uint32_t> free_;  // Of rows_.
    std::vector<Ordered> order_;       // A heap, the earliest in front.
    std::vector<Block> blocks_;
    std::vector<std::uint32_t> empty_blocks_;
    std::uint32_t block_ = kNone;  // Which rows are written to.
    std::size_t block_bytes_ = 0;
};

}  // namespace velo::engine
