#include "connectors/file/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unistd.h>

#include "engine/base/assert.hpp"

namespace velo::connectors {

LineReader::LineReader(int descriptor) : descriptor_(descriptor) {}

LineReader::~LineReader() {
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

bool LineReader::next(Line& line) {
    while (current_ != nullptr) {
        const char* const bytes = current_->bytes.get();
        const auto* found =
            static_cast<const char*>(std::memchr(bytes + searched_, '\n', end_ - searched_));
        std::size_t line_end = found == nullptr ? end_ : static_cast<std::size_t>(found - bytes);
        const std::size_t next_start = found == nullptr ? end_ : line_end + 1;
        const bool is_long = line_end - start_ > kLongestLine;
        searched_ = next_start;
        if (skipping_) {  // What is left of a line that has been handed out.
            start_ = next_start;
            skipping_ = found == nullptr;
            if (skipping_) return false;
            continue;
        }
        if (found == nullptr && !is_long && !(at_end_ && line_end > start_)) return false;
        if (is_long) {
            line_end = start_ + kLongestLine + 1;
        } else if (line_end > start_ && bytes[line_end - 1] == '\r') {
            --line_end;
        }
        skipping_ = is_long && found == nullptr;
        line = {{bytes + start_, line_end - start_}, current_};
        ++current_->lines;
        start_ = next_start;
        return true;
    }
    return false;
}

LineReader::Fill LineReader::fill() {
    if (at_end_) return Fill::End;
    if (current_ == nullptr || end_ == current_->capacity) begin_block();
    for (;;) {
        const ssize_t came =
            ::read(descriptor_, current_->bytes.get() + end_, current_->capacity - end_);
        if (came > 0) {
            end_ += static_cast<std::size_t>(came);
            return Fill::Some;
        }
        if (came == 0) {
            at_end_ = true;
            return end_ > start_ ? Fill::Some : Fill::End;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN) return Fill::Later;
        error_ = std::generic_category().message(errno);
        return Fill::Failed;
    }
}

// The unfinished line moves along to the front of the next block.
void LineReader::begin_block() {
    const std::size_t rest = end_ - start_;
    const LineBlock* const old = current_;
    LineBlock& block = spare_block(std::max(kBlockSize, rest * 2));
    if (rest != 0) std::memcpy(block.bytes.get(), old->bytes.get() + start_, rest);
    current_ = &block;
    searched_ -= start_;
    start_ = 0;
    end_ = rest;
}

LineBlock& LineReader::spare_block(std::size_t capacity) {
    // Blocks made for a long line go as soon as they are free; one of the usual size is used again.
    std::erase_if(blocks_, [&](const auto& block) {
        return block.get() != current_ && block->lines == 0 && block->capacity > kBlockSize;
    });
    const auto spare = std::ranges::find_if(blocks_, [&](const auto& block) {
        return block.get() != current_ && block->lines == 0 && block->capacity >= capacity;
    });
    if (spare != blocks_.end()) return **spare;
    blocks_.push_back(std::make_unique<LineBlock>(
        LineBlock{std::make_unique_for_overwrite<char[]>(capacity), capacity, 0}));
    return *blocks_.back();
}

void LineReader::give_back(LineBlock& block) noexcept {
    VELO_ASSERT(block.lines != 0, "a line is given back once");
    --block.lines;
}

}  // namespace velo::connectors
