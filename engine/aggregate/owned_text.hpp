// Text that an aggregate's state keeps beyond its batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace velo::engine {

/// No text, or a text of its own, in 16 bytes. Keeps its room when a shorter text follows, as a MIN or MAX settles soon.
class OwnedText {
public:
    OwnedText() = default;
    OwnedText(const OwnedText& other) {
        if (other.has_value()) assign(other.view());
    }
    OwnedText(OwnedText&& other) noexcept { swap(other); }
    OwnedText& operator=(const OwnedText& other) {
        if (this == &other) return *this;
        if (other.has_value()) {
            assign(other.view());
        } else {
            OwnedText{}.swap(*this);
        }
        return *this;
    }
    OwnedText& operator=(OwnedText&& other) noexcept {
        OwnedText{std::move(other)}.swap(*this);
        return *this;
    }
    ~OwnedText() { delete[] bytes_; }

    void assign(std::string_view text) {
        if (bytes_ == nullptr || text.size() > room_) {
            const std::size_t room = text.size() < 16 ? 16 : text.size();
            char* bytes = new char[room];
            delete[] bytes_;
            bytes_ = bytes;
            room_ = static_cast<std::uint32_t>(room);
        }
        if (!text.empty()) std::memmove(bytes_, text.data(), text.size());
        size_ = static_cast<std::uint32_t>(text.size());
    }

    [[nodiscard]] bool has_value() const noexcept { return bytes_ != nullptr; }
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_, size_}; }
    [[nodiscard]] std::size_t heap_bytes() const noexcept { return bytes_ == nullptr ? 0 : room_; }

private:
    void swap(OwnedText& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
    }

    char* bytes_ = nullptr;
    std::uint32_t size_ = 0;
    std::uint32_t room_ = 0;
};

}  // namespace velo::engine
