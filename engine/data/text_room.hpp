// Room for the texts of one batch, taken from its arena in large pieces so that a text costs a few instructions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/base/arena.hpp"

namespace velo::engine {

/// Copies `text` to `out`; returns the end. Short texts, which most are, without a call.
inline char* copy_text(char* out, std::string_view text) noexcept {
    const auto both_ends =
        [&]<class Word>(Word first) {  // Two words that may overlap hold all of it.
            Word last = 0;
            std::memcpy(&first, text.data(), sizeof(Word));
            std::memcpy(&last, text.data() + text.size() - sizeof(Word), sizeof(Word));
            std::memcpy(out, &first, sizeof(Word));
            std::memcpy(out + text.size() - sizeof(Word), &last, sizeof(Word));
        };
    if (text.size() > 2 * sizeof(std::uint64_t)) {
        std::memcpy(out, text.data(), text.size());
    } else if (text.size() >= sizeof(std::uint64_t)) {
        both_ends(std::uint64_t{});
    } else if (text.size() >= sizeof(std::uint32_t)) {
        both_ends(std::uint32_t{});
    } else {
        for (std::size_t i = 0; i < text.size(); ++i) out[i] = text[i];
    }
    return out + text.size();
}

/// Hands out room for one text after another.
/// Thread:  between start and finish nobody else allocates from the arena.
class TextRoom {
public:
    void start(Arena& arena) noexcept {
        arena_ = &arena;
        out_ = nullptr;
        end_ = nullptr;
    }
    /// Gives back what was not used.
    void finish() noexcept {
        if (out_ != nullptr) arena_->shrink_last(static_cast<std::size_t>(end_ - out_));
        out_ = nullptr;
        end_ = nullptr;
    }

    /// Where at least `size` bytes can be written; keep_to then says how many were.
    [[nodiscard]] char* reserve(std::size_t size) {
        if (static_cast<std::size_t>(end_ - out_) < size) refill(size);
        return out_;
    }
    /// The text from what reserve gave to `end`.
    [[nodiscard]] std::string_view keep_to(char* end) noexcept {
        const std::string_view text(out_, static_cast<std::size_t>(end - out_));
        out_ = end;
        return text;
    }
    [[nodiscard]] std::string_view copy(std::string_view text) {
        return keep_to(
            copy_text(reserve(text.size() + 1), text));  // An empty text stands somewhere too.
    }

private:
    static constexpr std::size_t kPiece = 16 * 1024;

    void refill(std::size_t size) {
        if (out_ != nullptr) arena_->shrink_last(static_cast<std::size_t>(end_ - out_));
        const std::size_t piece = std::max(size, kPiece);
        out_ = arena_->allocate(piece);
        end_ = out_ + piece;
    }

    Arena* arena_ = nullptr;
    char* out_ = nullptr;
    char* end_ = nullptr;
};

}  // namespace velo::engine
