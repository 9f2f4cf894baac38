#include "engine/operator/waiting_rows.hpp"

#include <algorithm>
#include <functional>

namespace velo::engine {

WaitingRows::Added WaitingRows::add(Chain& chain, std::uint32_t slot, const RowPosition& position,
                                    std::uint32_t size) {
    if (block_ == kNone || blocks_[block_].size - blocks_[block_].used < size) open_block(size);
    Block& block = blocks_[block_];
    char* const bytes = block.bytes.get() + block.used;
    block.used += size;
    ++block.rows;
    std::uint32_t number = static_cast<std::uint32_t>(rows_.size());
    if (free_.empty()) {
        rows_.emplace_back();
    } else {
        number = free_.back();
        free_.pop_back();
    }
    rows_[number] = {position, bytes, size, slot, block_, chain.last, kNone};
    (chain.last == kNone ? chain.first : rows_[chain.last].newer) = number;
    chain.last = number;
    return {number, bytes};
}

void WaitingRows::open_block(std::uint32_t size) {
    // One that is full and has lost its rows meanwhile can begin again.
    if (block_ != kNone && blocks_[block_].rows == 0 && blocks_[block_].size >= size) {
        blocks_[block_].used = 0;
        return;
    }
    const std::uint32_t full = block_;
    if (size <= kBlockBytes && !empty_blocks_.empty()) {
        block_ = empty_blocks_.back();
        empty_blocks_.pop_back();
    } else {
        block_ = static_cast<std::uint32_t>(blocks_.size());
        blocks_.emplace_back();
    }
    if (full != kNone && blocks_[full].rows == 0) retire(full);
    Block& block = blocks_[block_];
    const std::uint32_t room = std::max(size, kBlockBytes);
    if (block.size < room) {
        block.bytes = std::make_unique_for_overwrite<char[]>(room);
        block.size = room;
    }
    block.used = 0;
    block_bytes_ += block.size;
}

void WaitingRows::file(std::uint32_t row) {
    order_.push_back({rows_[row].position, row});
    std::ranges::push_heap(order_, std::greater<>{});
}

std::uint32_t WaitingRows::take_earliest() {
    const std::uint32_t row = order_.front().row;
    std::ranges::pop_heap(order_, std::greater<>{});
    order_.pop_back();
    return row;
}

void WaitingRows::unlink(Chain& chain, std::uint32_t row) {
    const Row& gone = rows_[row];
    (gone.older == kNone ? chain.first : rows_[gone.older].newer) = gone.newer;
    (gone.newer == kNone ? chain.last : rows_[gone.newer].older) = gone.older;
}

void WaitingRows::let_go(std::uint32_t row) {
    const std::uint32_t block = rows_[row].block;
    free_.push_back(row);
    if (--blocks_[block].rows == 0 && block != block_) retire(block);
}

void WaitingRows::retire(std::uint32_t number) {
    Block& block = blocks_[number];
    block_bytes_ -= block.size;
    if (block.size > kBlockBytes) {  // Made for one long row.
        block.bytes.reset();
        block.size = 0;
    }
    empty_blocks_.push_back(number);
}

void WaitingRows::clear(Chain& chain) {
    while (chain.first != kNone) {
        const std::uint32_t row = chain.first;
        unlink(chain, row);
        let_go(row);
    }
}

}  // namespace velo::engine
