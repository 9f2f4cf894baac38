// Group key to entry: the one container of every operator that keeps state by key.
//
//   KeySpace (all time, a window, a pane)      entries, shared by all spaces: chunks of 1024 slots that never move
//   index: tag | slot  tag | slot  -  …   ───►  │ header: key, tag, shard, marks │ payload: aggregate states │ …
//   blocks: the runs of 8 slots it has taken
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/aggregate/aggregate.hpp"
#include "engine/base/arena.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/time.hpp"
#include "engine/state/entry_key.hpp"
#include "engine/state/saved_state.hpp"

namespace velo::engine {

/// What stands before the payload of every entry.
struct EntryHeader {
    EntryKey key;
    std::uint32_t tag = 0;     // The upper half of the key's hash: its place in every index.
    std::uint8_t shard = 0;    // shard_of(hash)
    std::uint8_t written = 0;  // Under HAVING: the sink has a row of this group.
    bool pending = false;      // Under EVERY: changed since it was last written.
    bool changed : 1 = false;  // Under Saving::On: changed since it was last saved.
    bool gone : 1 = false;     // Removed, or renewed by another entry: no longer found.
};
static_assert(sizeof(EntryHeader) == 24);

/// The keys of one namespace: all time, a window, or a pane of windows. An open-addressing index; entries in order of
/// arrival.
/// Thread:  as the KeyedState it belongs to.
class KeySpace {
public:
    EventTime start{};  // Of the window or pane.
    EventTime first{};  // A pane's: the start of the first window that takes its rows.
    std::vector<std::uint32_t>
        pending;  // The entries marked pending, in the order they were marked.
    std::vector<std::uint32_t> changed;  // The same of those marked changed.

    explicit KeySpace(std::size_t key_block_size) : keys_(key_block_size) {}
    /// How many entries it has.
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    /// How many slots it has taken: size(), and more where entries have been removed.
    [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }
    /// The i-th slot, in order of arrival as long as nothing has been removed.
    [[nodiscard]] std::uint32_t slot(std::uint32_t i) const noexcept {
        return blocks_[i / kBlockSlots] + i % kBlockSlots;
    }

    static constexpr std::uint32_t kBlockSlots = 8;

private:
    friend class KeyedState;
    static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

    /// Rises with the tag, so a larger index is filled from a smaller one front to back; the capacity can be any number.
    [[nodiscard]] std::uint32_t home(std::uint32_t tag) const noexcept {
        return static_cast<std::uint32_t>((static_cast<std::uint64_t>(tag) * capacity_) >> 32U);
    }
    [[nodiscard]] std::uint32_t after(std::uint32_t bucket) const noexcept {
        return bucket + 1 == capacity_ ? 0 : bucket + 1;
    }

    std::unique_ptr<std::uint64_t[]> index_;  // tag in the upper half, slot in the lower
    std::uint32_t capacity_ = 0;
    std::uint32_t size_ = 0;
    std::uint32_t slots_ = 0;
    std::vector<std::uint32_t> free_;  // Slots of entries that are gone and forgotten.
    std::size_t place_ = 0;            // Among the open spaces.
    std::size_t key_bytes_ = 0;        // Of long keys …
    std::size_t dead_key_bytes_ = 0;   // … of which nothing needs these any more.
    std::vector<std::uint32_t> blocks_;
    Arena keys_;
};

/// Rows of a batch whose keys are sought.
struct KeyedRows {
    std::span<const std::string_view> keys;  // Row-aligned with the batch …
    std::span<const std::uint64_t> hashes;   // … as these.
    std::span<const std::uint32_t> rows;
};

/// The payload of every entry of a state: fixed-size and trivially copyable as long as it is fresh.
struct EntryPayload {
    std::vector<std::byte> fresh;                     // The bytes a new entry starts with.
    std::function<void(std::byte* payload)> destroy;  // Empty: nothing to do.
    std::function<std::uint64_t(std::string_view key)> hash = {};  // Empty: hash_bytes.
};

/// Entries of many spaces, and the spaces themselves, which are pooled: opening and closing one costs no allocation once
/// as many have been open before.
/// Units:   bytes() counts what is in use, not what is kept for reuse.
/// Thread:  owned by one pipeline.
/// Invariants: (1) an entry never moves. (2) a slot belongs to at most one space.
class KeyedState {
public:
    explicit KeyedState(EntryPayload payload, Saving saving = Saving::Off);
    ~KeyedState();
    KeyedState(const KeyedState&) = delete;
    KeyedState& operator=(const KeyedState&) = delete;

    /// The hash under which a key of this state is kept.
    [[nodiscard]] std::uint64_t hash_of(std::string_view key) const {
        return hash_ ? hash_(key) : hash_bytes(key);
    }

    [[nodiscard]] KeySpace& open_space();
    /// Gives back the space with all its entries; nothing of them may be read afterwards.
    void close_space(KeySpace& space);

    /// Notes that the entry has changed since it was last written.
    void mark_pending(KeySpace& space, std::uint32_t slot) {
        EntryHeader& entry = header(slot);
        if (entry.pending) return;
        entry.pending = true;
        space.pending.push_back(slot);
    }

    /// Notes that the entry is no longer as it was last saved.
    void mark_changed(KeySpace& space, std::uint32_t slot) {
        if (saving_ == Saving::Off) return;
        EntryHeader& entry = header(slot);
        if (entry.changed) return;
        entry.changed = true;
        space.changed.push_back(slot);
    }
    /// Calls visit(slot) for every entry of `space` marked changed, and takes the marks off.
    template <class Visit>
    void take_changed(KeySpace& space, Visit&& visit) {
        for (const std::uint32_t slot : space.changed) {
            if (!header(slot).changed)
                continue;  // Gone since, or noted twice because its slot was.
            header(slot).changed = false;
            visit(slot);
        }
        space.changed.clear();
    }

    /// slots[i] = the entry of row rows[i] in `space`, made if it was not there, and marked as changed. Slots have room
    /// for all rows.
    void find_or_insert(KeySpace& space, const KeyedRows& rows, std::span<std::uint32_t> slots);
    /// The same with a space for every row.
    void find_or_insert(std::span<KeySpace* const> spaces, const KeyedRows& rows,
                        std::span<std::uint32_t> slots);
    /// slots[i] = the entry of `space` with the key of entry from[i] of another space, which must stay open as long: long
    /// keys are shared with it. Not marked: such a space is gone before anything is saved.
    void find_or_insert(KeySpace& space, std::span<const std::uint32_t> from,
                        std::span<std::uint32_t> slots);
    /// The entry of `key` in `space`, made if it was not there. Not marked: it comes from where entries are saved.
    [[nodiscard]] std::uint32_t find_or_insert(KeySpace& space, std::string_view key);

    [[nodiscard]] std::optional<std::uint32_t> find(const KeySpace& space, std::string_view key);

    /// Takes the entry out of `space`: it is not found any more, but can be read until it is forgotten.
    void remove(KeySpace& space, std::uint32_t slot);
    /// As remove, with a fresh entry of the same key in its place, which is marked as changed; returns its slot.
    [[nodiscard]] std::uint32_t renew(KeySpace& space, std::uint32_t slot);
    /// A further entry of the key of entry `slot`, which is not found by it; marked as changed.
    [[nodiscard]] std::uint32_t add_beside(KeySpace& space, std::uint32_t slot);
    /// The key of entry `slot`, which is found by it, is found as its further entry `other` from now on.
    void find_as(KeySpace& space, std::uint32_t slot, std::uint32_t other);
    /// As remove, for an entry that is not found by its key.
    void remove_beside(KeySpace& space, std::uint32_t slot);
    /// Ends an entry that has been removed or renewed; its slot is for others then.
    void forget(KeySpace& space, std::uint32_t slot);

    [[nodiscard]] EntryHeader& header(std::uint32_t slot) noexcept {
        return *reinterpret_cast<EntryHeader*>(entries().at(slot));
    }
    [[nodiscard]] std::byte* payload(std::uint32_t slot) const noexcept {
        return entries().at(slot) + sizeof(EntryHeader);
    }
    /// The payload a new entry starts with.
    [[nodiscard]] std::span<const std::byte> fresh_payload() const noexcept {
        return std::span{fresh_}.subspan(sizeof(EntryHeader));
    }
    /// Ends what a payload owns, wherever it lies.
    void destroy(std::byte* payload) const {
        if (destroy_) destroy_(payload);
    }
    /// Payloads by slot; good until the next find_or_insert.
    [[nodiscard]] StateAddress payloads() const noexcept {
        return {chunks_.data(), stride_, sizeof(EntryHeader)};
    }

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return (blocks_used_ * KeySpace::kBlockSlots - free_slots_) * stride_ + index_bytes_ +
               key_bytes_;
    }

private:
    struct Probe {
        EntryKey key;
        std::uint32_t tag;
        std::uint8_t shard;
    };
    struct FreeChunk {
        void operator()(std::byte* bytes) const noexcept {
            ::operator delete[](bytes, std::align_val_t{64});
        }
    };

    [[nodiscard]] StateAddress entries() const noexcept { return {chunks_.data(), stride_, 0}; }
    template <class Probes>
    void probe_all(const Probes& probes, std::span<std::uint32_t> slots);
    /// Starts to load what rows [start, end) will read.
    template <class Probes>
    void fetch(const Probes& probes, std::size_t start, std::size_t end) const;
    template <class Probes>
    [[nodiscard]] std::uint32_t find_or_insert_one(KeySpace& space, const Probe& probe);
    template <class Probes>
    [[nodiscard]] std::uint32_t insert(KeySpace& space, const Probe& probe);
    [[nodiscard]] std::uint32_t take_slot(KeySpace& space);
    /// Makes a fresh entry at a slot of `space` that no index knows yet.
    void start_entry(KeySpace& space, std::uint32_t slot, const Probe& probe, bool copies_key);
    /// Takes the marks off an entry that is in no index any more.
    void leave(KeySpace& space, EntryHeader& entry) noexcept;
    [[nodiscard]] static std::uint32_t bucket_of(const KeySpace& space, std::uint32_t tag,
                                                 std::uint32_t slot);
    void pack_keys(KeySpace& space);
    void grow(KeySpace& space);
    void reset_index(KeySpace& space, std::uint32_t capacity);
    void destroy_entries(KeySpace& space);

    Saving saving_;
    std::function<void(std::byte*)> destroy_;
    std::function<std::uint64_t(std::string_view)> hash_;
    std::vector<std::byte> fresh_;  // Header and payload of a new entry.
    std::size_t stride_ = 0;
    std::vector<std::byte*> chunks_;  // As StateAddress wants them …
    std::vector<std::unique_ptr<std::byte[], FreeChunk>> owned_chunks_;  // … and their owners.
    std::uint32_t blocks_made_ = 0;
    std::vector<std::uint32_t> free_blocks_;  // First slots.
    std::vector<std::unique_ptr<KeySpace>> open_;
    std::vector<std::unique_ptr<KeySpace>> pool_;
    std::uint64_t size_ = 0;
    std::size_t blocks_used_ = 0;
    std::size_t free_slots_ = 0;  // Of the blocks in use.
    std::size_t index_bytes_ = 0;
    std::size_t key_bytes_ = 0;
};

}  // namespace velo::engine
