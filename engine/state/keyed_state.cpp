#include "engine/state/keyed_state.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::engine {

namespace {

constexpr std::uint32_t kFirstCapacity = 16;
/// A closed space keeps an index of up to this many buckets, and a larger one of which it has used an eighth: windows tend
/// to be as large as the last one, and clearing it must not cost the next one more than its own rows.
constexpr std::uint32_t kPooledCapacity = 4096;
constexpr std::size_t kPooledKeyBytes = 64 * 1024;
constexpr std::size_t kKeyBlockSize = 4096;

/// Rows probed together: the index lines of all of them are on their way before the first is read, then their entries.
constexpr std::size_t kGroup = 32;
/// Spaces up to this index are in the cache anyway.
constexpr std::uint32_t kNearCapacity = 1024;

std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32U);
}

bool is_full(std::uint32_t size, std::uint32_t capacity) noexcept {
    return size >= capacity - capacity / 5;
}

/// Small indexes double; large ones grow by half, so that at least half of the buckets is in use.
std::uint32_t larger(std::uint32_t capacity) noexcept {
    return capacity < kPooledCapacity ? capacity * 2 : capacity + capacity / 2;
}

void prefetch_entry(const std::byte* entry) noexcept {
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 64);
}

/// Keys of a batch, all sought in one space or each in its own.
template <bool OneSpace>
struct BatchProbes {
    static constexpr bool kFromRows = true;  // So keys are copied, and entries change.
    KeySpace* const* spaces;
    const KeyedRows& rows;

    [[nodiscard]] std::size_t size() const noexcept { return rows.rows.size(); }
    [[nodiscard]] KeySpace& space(std::size_t i) const noexcept {
        return *spaces[OneSpace ? 0 : i];
    }
    [[nodiscard]] std::uint32_t tag(std::size_t i) const noexcept {
        return tag_of(rows.hashes[rows.rows[i]]);
    }
    [[nodiscard]] std::uint8_t shard(std::size_t i) const noexcept {
        return static_cast<std::uint8_t>(shard_of(rows.hashes[rows.rows[i]]));
    }
    [[nodiscard]] EntryKey key(std::size_t i) const noexcept {
        return EntryKey{rows.keys[rows.rows[i]]};
    }
};

/// Keys of other entries.
struct EntryProbes {
    static constexpr bool kFromRows = false;
    KeyedState& state;
    KeySpace& into;
    std::span<const std::uint32_t> from;

    [[nodiscard]] const EntryHeader& header(std::size_t i) const noexcept {
        return state.header(from[i]);
    }
    [[nodiscard]] std::size_t size() const noexcept { return from.size(); }
    [[nodiscard]] KeySpace& space(std::size_t /*i*/) const noexcept { return into; }
    [[nodiscard]] std::uint32_t tag(std::size_t i) const noexcept { return header(i).tag; }
    [[nodiscard]] std::uint8_t shard(std::size_t i) const noexcept { return header(i).shard; }
    [[nodiscard]] EntryKey key(std::size_t i) const noexcept { return header(i).key; }
};

}  // namespace

KeyedState::KeyedState(EntryPayload payload, Saving saving)
    : saving_(saving), destroy_(std::move(payload.destroy)), hash_(std::move(payload.hash)) {
    const EntryHeader header;
    fresh_.resize(sizeof header + payload.fresh.size());
    std::memcpy(fresh_.data(), &header, sizeof header);
    if (!payload.fresh.empty())
        std::memcpy(fresh_.data() + sizeof header, payload.fresh.data(), payload.fresh.size());
    stride_ = (fresh_.size() + 7) & ~std::size_t{7};
}

KeyedState::~KeyedState() {
    for (const auto& space : open_) destroy_entries(*space);
}

KeySpace& KeyedState::open_space() {
    if (pool_.empty()) {
        open_.push_back(std::make_unique<KeySpace>(kKeyBlockSize));
    } else {
        open_.push_back(std::move(pool_.back()));
        pool_.pop_back();
    }
    KeySpace& space = *open_.back();
    space.place_ = open_.size() - 1;
    if (space.capacity_ == 0) reset_index(space, kFirstCapacity);
    index_bytes_ += space.capacity_ * sizeof(std::uint64_t);
    return space;
}

void KeyedState::close_space(KeySpace& space) {
    VELO_ASSERT(space.place_ < open_.size() && open_[space.place_].get() == &space,
                "a space is closed once, by the state that opened it");
    destroy_entries(space);
    size_ -= space.size_;
    key_bytes_ -= space.key_bytes_;
    index_bytes_ -= space.capacity_ * sizeof(std::uint64_t);
    blocks_used_ -= space.blocks_.size();
    free_blocks_.insert(free_blocks_.end(), space.blocks_.rbegin(),
                        space.blocks_.rend());  // The first comes out first.
    space.blocks_.clear();
    space.pending.clear();
    space.changed.clear();
    if (space.changed.capacity() > kPooledCapacity) space.changed.shrink_to_fit();
    if (space.blocks_.capacity() > kPooledCapacity) space.blocks_.shrink_to_fit();
    const bool keeps_index =
        space.capacity_ <= kPooledCapacity || space.size_ > space.capacity_ / 8;
    reset_index(space, keeps_index ? space.capacity_ : kFirstCapacity);
    if (space.key_bytes_ > kPooledKeyBytes) {
        space.keys_ = Arena{kKeyBlockSize};
    } else {
        space.keys_.clear();
    }
    space.key_bytes_ = 0;
    space.dead_key_bytes_ = 0;
    space.size_ = 0;
    space.slots_ = 0;
    free_slots_ -= space.free_.size();
    space.free_.clear();
    const std::size_t place = space.place_;
    pool_.push_back(std::move(open_[place]));
    if (place + 1 != open_.size()) {
        open_[place] = std::move(open_.back());
        open_[place]->place_ = place;
    }
    open_.pop_back();
}

void KeyedState::find_or_insert(KeySpace& space, const KeyedRows& rows,
                                std::span<std::uint32_t> slots) {
    KeySpace* const one = &space;
    probe_all(BatchProbes<true>{&one, rows}, slots);
}

void KeyedState::find_or_insert(std::span<KeySpace* const> spaces, const KeyedRows& rows,
                                std::span<std::uint32_t> slots) {
    probe_all(BatchProbes<false>{spaces.data(), rows}, slots);
}

void KeyedState::find_or_insert(KeySpace& space, std::span<const std::uint32_t> from,
                                std::span<std::uint32_t> slots) {
    probe_all(EntryProbes{*this, space, from}, slots);
}

std::uint32_t KeyedState::find_or_insert(KeySpace& space, std::string_view key) {
    const std::uint64_t hash = hash_of(key);
    return find_or_insert_one<BatchProbes<true>>(
        space, {EntryKey{key}, tag_of(hash), static_cast<std::uint8_t>(shard_of(hash))});
}

template <class Probes>
void KeyedState::probe_all(const Probes& probes, std::span<std::uint32_t> slots) {
    for (std::size_t start = 0; start < probes.size(); start += kGroup) {
        const std::size_t end = std::min(probes.size(), start + kGroup);
        if (probes.space(start).capacity_ > kNearCapacity) fetch(probes, start, end);
        for (std::size_t i = start; i < end; ++i) {
            const Probe probe{probes.key(i), probes.tag(i), probes.shard(i)};
            slots[i] = find_or_insert_one<Probes>(probes.space(i), probe);
        }
        if (Probes::kFromRows && saving_ == Saving::On) {
            for (std::size_t i = start; i < end; ++i) mark_changed(probes.space(i), slots[i]);
        }
    }
}

template <class Probes>
void KeyedState::fetch(const Probes& probes, std::size_t start, std::size_t end) const {
    for (std::size_t i = start; i < end; ++i) {
        const KeySpace& space = probes.space(i);
        __builtin_prefetch(&space.index_[space.home(probes.tag(i))]);
    }
    for (std::size_t i = start; i < end; ++i) {
        const KeySpace& space = probes.space(i);
        const std::uint64_t bucket = space.index_[space.home(probes.tag(i))];
        if (bucket != KeySpace::kEmpty)
            prefetch_entry(entries().at(static_cast<std::uint32_t>(bucket)));
    }
}

template <class Probes>
std::uint32_t KeyedState::find_or_insert_one(KeySpace& space, const Probe& probe) {
    for (std::uint32_t at = space.home(probe.tag);; at = space.after(at)) {
        const std::uint64_t bucket = space.index_[at];
        if (bucket == KeySpace::kEmpty) return insert<Probes>(space, probe);
        const auto slot = static_cast<std::uint32_t>(bucket);
        if (bucket >> 32U == probe.tag && header(slot).key == probe.key) return slot;
    }
}

template <class Probes>
[[gnu::noinline]] std::uint32_t KeyedState::insert(KeySpace& space, const Probe& probe) {
    if (is_full(space.size_, space.capacity_)) grow(space);
    const std::uint32_t slot = take_slot(space);
    std::uint32_t at = space.home(probe.tag);
    while (space.index_[at] != KeySpace::kEmpty) at = space.after(at);
    space.index_[at] = static_cast<std::uint64_t>(probe.tag) << 32U | slot;

    start_entry(space, slot, probe, Probes::kFromRows);
    return slot;
}

inline void KeyedState::start_entry(KeySpace& space, std::uint32_t slot, const Probe& probe,
                                    bool copies_key) {
    std::memcpy(entries().at(slot), fresh_.data(), fresh_.size());
    EntryHeader& entry = header(slot);
    entry.key = probe.key;
    entry.tag = probe.tag;
    entry.shard = probe.shard;
    if (!copies_key || probe.key.is_inside()) return;
    entry.key.move_to(space.keys_.copy(probe.key.view()));
    space.key_bytes_ += probe.key.size();
    key_bytes_ += probe.key.size();
}

std::optional<std::uint32_t> KeyedState::find(const KeySpace& space, std::string_view key) {
    const EntryKey sought{key};
    const std::uint32_t tag = tag_of(hash_of(key));
    for (std::uint32_t at = space.home(tag);; at = space.after(at)) {
        const std::uint64_t bucket = space.index_[at];
        if (bucket == KeySpace::kEmpty) return std::nullopt;
        const auto slot = static_cast<std::uint32_t>(bucket);
        if (bucket >> 32U == tag && header(slot).key == sought) return slot;
    }
}

void KeyedState::remove(KeySpace& space, std::uint32_t slot) {
    EntryHeader& entry = header(slot);
    std::uint32_t hole = bucket_of(space, entry.tag, slot);
    // What stands behind the hole moves up, unless that would put it before its home.
    for (std::uint32_t at = space.after(hole);; at = space.after(at)) {
        const std::uint64_t bucket = space.index_[at];
        if (bucket == KeySpace::kEmpty) break;
        const std::uint32_t home = space.home(static_cast<std::uint32_t>(bucket >> 32U));
        const std::uint32_t from_home = at >= home ? at - home : at + space.capacity_ - home;
        const std::uint32_t from_hole = at >= hole ? at - hole : at + space.capacity_ - hole;
        if (from_home < from_hole) continue;
        space.index_[hole] = bucket;
        hole = at;
    }
    space.index_[hole] = KeySpace::kEmpty;
    leave(space, entry);
}

void KeyedState::leave(KeySpace& space, EntryHeader& entry) noexcept {
    entry.gone = true;
    entry.changed = false;
    entry.pending = false;
    --space.size_;
    --size_;
}

std::uint32_t KeyedState::add_beside(KeySpace& space, std::uint32_t slot) {
    const std::uint32_t added = take_slot(space);
    const EntryHeader& entry = header(slot);
    start_entry(space, added, {entry.key, entry.tag, entry.shard}, true);
    mark_changed(space, added);
    return added;
}

void KeyedState::find_as(KeySpace& space, std::uint32_t slot, std::uint32_t other) {
    const std::uint32_t tag = header(slot).tag;
    space.index_[bucket_of(space, tag, slot)] = static_cast<std::uint64_t>(tag) << 32U | other;
}

void KeyedState::remove_beside(KeySpace& space, std::uint32_t slot) { leave(space, header(slot)); }

std::uint32_t KeyedState::renew(KeySpace& space, std::uint32_t slot) {
    const std::uint32_t renewed = take_slot(space);
    EntryHeader& entry = header(slot);
    start_entry(space, renewed, {entry.key, entry.tag, entry.shard}, true);
    space.index_[bucket_of(space, entry.tag, slot)] =
        static_cast<std::uint64_t>(entry.tag) << 32U | renewed;
    entry.gone = true;
    entry.changed = false;
    --space.size_;
    --size_;
    mark_changed(space, renewed);
    return renewed;
}

void KeyedState::forget(KeySpace& space, std::uint32_t slot) {
    EntryHeader& entry = header(slot);
    VELO_ASSERT(entry.gone, "only what is gone is forgotten");
    destroy(payload(slot));
    const std::size_t key_bytes = entry.key.is_inside() ? 0 : entry.key.size();
    std::memcpy(entries().at(slot), fresh_.data(), fresh_.size());
    header(slot).gone = true;
    space.free_.push_back(slot);
    ++free_slots_;
    space.dead_key_bytes_ += key_bytes;
    if (space.dead_key_bytes_ > kPooledKeyBytes && space.dead_key_bytes_ > space.key_bytes_ / 2)
        pack_keys(space);
}

std::uint32_t KeyedState::bucket_of(const KeySpace& space, std::uint32_t tag, std::uint32_t slot) {
    const std::uint64_t sought = static_cast<std::uint64_t>(tag) << 32U | slot;
    std::uint32_t at = space.home(tag);
    while (space.index_[at] != sought) {
        VELO_ASSERT(space.index_[at] != KeySpace::kEmpty, "an entry is in its space's index");
        at = space.after(at);
    }
    return at;
}

// Copies the long keys that are left to where nothing else is.
void KeyedState::pack_keys(KeySpace& space) {
    Arena keys{kKeyBlockSize};
    std::size_t key_bytes = 0;
    for (std::uint32_t i = 0; i < space.slots_; ++i) {
        EntryKey& key = header(space.slot(i)).key;
        if (key.is_inside()) continue;
        key.move_to(keys.copy(key.view()));
        key_bytes += key.size();
    }
    key_bytes_ -= space.key_bytes_ - key_bytes;
    space.key_bytes_ = key_bytes;
    space.dead_key_bytes_ = 0;
    space.keys_ = std::move(keys);
}

std::uint32_t KeyedState::take_slot(KeySpace& space) {
    ++space.size_;
    ++size_;
    if (!space.free_.empty()) {
        const std::uint32_t slot = space.free_.back();
        space.free_.pop_back();
        --free_slots_;
        return slot;
    }
    const std::uint32_t number = space.slots_++;
    if (number % KeySpace::kBlockSlots != 0) return space.slot(number);
    std::uint32_t block = 0;
    if (free_blocks_.empty()) {
        block = blocks_made_++ * KeySpace::kBlockSlots;
        VELO_ASSERT(block <= 0xFFFFFFFFU - 2 * KeySpace::kBlockSlots,
                    "a pipeline has fewer than 2^32 entries");
        if (block % StateAddress::kChunkSlots == 0) {
            const std::size_t size = StateAddress::kChunkSlots * stride_;
            owned_chunks_.emplace_back(
                static_cast<std::byte*>(::operator new[](size, std::align_val_t{64})));
            chunks_.push_back(owned_chunks_.back().get());
        }
    } else {
        block = free_blocks_.back();
        free_blocks_.pop_back();
    }
    ++blocks_used_;
    space.blocks_.push_back(block);
    return block;
}

void KeyedState::grow(KeySpace& space) {
    const std::unique_ptr<std::uint64_t[]> old = std::move(space.index_);
    const std::uint32_t old_capacity = space.capacity_;
    VELO_ASSERT(old_capacity < 1U << 31U, "an index has fewer than 2^32 buckets");
    reset_index(space, larger(old_capacity));
    index_bytes_ += (space.capacity_ - old_capacity) * sizeof(std::uint64_t);
    for (std::uint32_t i = 0; i < old_capacity;
         ++i) {  // In order of tags, so the new index is written front to back.
        if (old[i] == KeySpace::kEmpty) continue;
        std::uint32_t at = space.home(static_cast<std::uint32_t>(old[i] >> 32U));
        while (space.index_[at] != KeySpace::kEmpty) at = space.after(at);
        space.index_[at] = old[i];
    }
}

void KeyedState::reset_index(KeySpace& space, std::uint32_t capacity) {
    if (space.index_ == nullptr || space.capacity_ != capacity) {
        space.index_ = std::make_unique_for_overwrite<std::uint64_t[]>(capacity);
        space.capacity_ = capacity;
    }
    std::fill_n(space.index_.get(), capacity, KeySpace::kEmpty);
}

void KeyedState::destroy_entries(KeySpace& space) {
    if (!destroy_) return;
    for (std::uint32_t i = 0; i < space.slots_; ++i) destroy_(payload(space.slot(i)));
}

}  // namespace velo::engine
