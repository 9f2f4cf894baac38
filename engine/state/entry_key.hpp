// A group key as an entry holds it: 16 bytes, short keys inside, long ones by pointer.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace velo::engine {

/// Shape: the first word is the size and the first 4 bytes; the second is the next 8 bytes of a key of at most 12, else
///        where its bytes stand. Unused bytes are zero, so short keys are equal when both words are.
///        (Neumann, Freitag: "Umbra", CIDR 2020.)
class EntryKey {
public:
    static constexpr std::size_t kInside = 12;

    EntryKey() = default;
    /// Borrows the bytes of a long key.
    explicit EntryKey(std::string_view key) noexcept {
        const char* const bytes = key.data();
        const std::size_t size = key.size();
        head_ = size;
        if (size >= 8) {
            const std::uint64_t first = load<std::uint64_t>(bytes);
            head_ |= first << 32U;
            if (size > kInside) {
                tail_ = std::bit_cast<std::uint64_t>(bytes);
            } else {  // The last four bytes overlap the first eight unless all twelve are there.
                const std::uint64_t last = load<std::uint32_t>(bytes + size - 4);
                tail_ = (first >> 32U) |
                        (((last << 32U) >> (8 * (kInside - size))) & ~std::uint64_t{0xFFFFFFFF});
            }
        } else if (size >= 4) {
            head_ |= static_cast<std::uint64_t>(load<std::uint32_t>(bytes)) << 32U;
            tail_ = static_cast<std::uint64_t>(load<std::uint32_t>(bytes + size - 4)) >>
                    (8 * (8 - size));
        } else {
            for (std::size_t i = 0; i < size; ++i)
                head_ |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i]))
                         << (32 + 8 * i);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::uint32_t>(head_); }
    [[nodiscard]] bool is_inside() const noexcept { return size() <= kInside; }
    /// The key's bytes; those of a short key stand in this object.
    [[nodiscard]] std::string_view view() const noexcept {
        if (!is_inside()) return {std::bit_cast<const char*>(tail_), size()};
        return {reinterpret_cast<const char*>(this) + sizeof(std::uint32_t), size()};
    }
    /// Points a long key at a copy of its bytes.
    void move_to(std::string_view copy) noexcept {
        tail_ = std::bit_cast<std::uint64_t>(copy.data());
    }

    [[nodiscard]] bool operator==(const EntryKey& other) const noexcept {
        if (head_ != other.head_) return false;
        if (is_inside()) return tail_ == other.tail_;
        return std::memcmp(view().data(), other.view().data(), size()) == 0;
    }

private:
    template <class Word>
    [[nodiscard]] static Word load(const char* bytes) noexcept {
        Word word;
        std::memcpy(&word, bytes, sizeof word);
        return word;
    }

    std::uint64_t head_ = 0;
    std::uint64_t tail_ = 0;
};

static_assert(sizeof(EntryKey) == 16);

}  // namespace velo::engine
