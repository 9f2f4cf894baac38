// An operator's entries as bytes: what the state log holds, and what a run is restored from.
//
//   frame:  shard (1 byte) │ size (4 bytes, little-endian) │ entry: the operator's own bytes
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace velo::engine {

/// Whether an operator notes what changes, so that its entries can be saved. Jobs without durable progress do not pay for it.
enum class Saving : std::uint8_t { Off, On };

/// Collects entries, framed by shard, in the order they are written: a later entry of the same group replaces an earlier one.
class SavedEntries {
public:
    /// Starts an entry; the operator appends its bytes to what is returned, then calls end().
    [[nodiscard]] std::string& begin(std::uint8_t shard) {
        start_ = bytes_.size();
        bytes_.push_back(static_cast<char>(shard));
        bytes_.append(kSizeBytes, '\0');
        return bytes_;
    }
    void end() noexcept {
        const auto size = static_cast<std::uint32_t>(bytes_.size() - start_ - 1 - kSizeBytes);
        std::memcpy(bytes_.data() + start_ + 1, &size, kSizeBytes);
        ++entries_;
    }

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }
    void clear() noexcept {
        bytes_.clear();
        entries_ = 0;
    }

private:
    static constexpr std::size_t kSizeBytes = sizeof(std::uint32_t);

    std::string bytes_;
    std::size_t start_ = 0;
    std::uint64_t entries_ = 0;
};

struct SavedEntry {
    std::uint8_t shard = 0;
    std::string_view bytes;
};

/// The next entry from the front of `bytes`; nothing at the end, or where the bytes are no frame (`bytes` is left as it was).
[[nodiscard]] inline std::optional<SavedEntry> next_entry(std::string_view& bytes) noexcept {
    constexpr std::size_t kHead = 1 + sizeof(std::uint32_t);
    if (bytes.size() < kHead) return std::nullopt;
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data() + 1, sizeof size);
    if (bytes.size() - kHead < size) return std::nullopt;
    const SavedEntry entry{static_cast<std::uint8_t>(bytes.front()), bytes.substr(kHead, size)};
    bytes.remove_prefix(kHead + size);
    return entry;
}

}  // namespace velo::engine
