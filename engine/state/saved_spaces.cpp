#include "engine/state/saved_spaces.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::engine {

SavedSpaces::SavedSpaces(KeyedState& state, EntryForm form)
    : state_(state), form_(std::move(form)) {}

SavedSpaces::~SavedSpaces() {
    if (has_payload_) state_.destroy(payload_.data());
}

void SavedSpaces::save_changes(std::span<KeySpace* const> spaces, SavedEntries& to) {
    for (KeySpace* const space : spaces)
        state_.take_changed(*space, [&](std::uint32_t slot) { save(*space, slot, to); });
}

bool SavedSpaces::save_slice(std::span<KeySpace* const> spaces, std::size_t max_bytes,
                             SavedEntries& to) {
    // Entries never move, so those before the place have been saved in this round or are newer than it; spaces that have closed or opened since do not matter for the others.
    auto at = spaces.begin();
    std::uint32_t entry = 0;
    if (next_) {
        const auto name = [](const KeySpace* space) {
            return std::tuple{space->start, space->first};
        };
        at = std::ranges::lower_bound(spaces, std::tuple{next_->start, next_->first}, {}, name);
        if (at != spaces.end() && name(*at) == std::tuple{next_->start, next_->first})
            entry = next_->entry;
    }
    const std::size_t start = to.bytes().size();
    for (; at != spaces.end(); ++at, entry = 0) {
        const KeySpace& space = **at;
        for (; entry < space.slots(); ++entry) {
            if (state_.header(space.slot(entry)).gone) continue;
            const std::size_t written = to.bytes().size() - start;
            if (written != 0 && written >= max_bytes) {
                next_ = Place{space.start, space.first, entry};
                return false;
            }
            save(space, space.slot(entry), to);
        }
    }
    next_.reset();
    return true;
}

void SavedSpaces::save_removal(EntryHead head, SavedEntries& to) const {
    head.removed = true;
    put_entry_head(to.begin(static_cast<std::uint8_t>(shard_of(state_.hash_of(head.key)))), head);
    to.end();
}

void SavedSpaces::save(const KeySpace& space, std::uint32_t slot, SavedEntries& to) {
    const EntryHeader& entry = state_.header(slot);
    EntryHead head;
    head.start = form_.start ? form_.start(state_.payload(slot)) : space.start;
    if (form_.has_panes) head.first = space.first;
    head.written = form_.is_written(entry);
    head.pending = entry.pending;
    head.key = entry.key.view();
    std::string& out = to.begin(entry.shard);
    put_entry_head(out, head);
    form_.encode(state_.payload(slot), out);
    to.end();
}

std::optional<EntryHead> SavedSpaces::head_of(const SavedEntry& entry,
                                              std::string_view& bytes) const {
    bytes = entry.bytes;
    const std::optional<EntryHead> head = take_entry_head(bytes);
    const bool is_ours = head && head->first.has_value() == form_.has_panes &&
                         form_.is_key(head->key) &&
                         shard_of(state_.hash_of(head->key)) == entry.shard;
    return is_ours ? head : std::nullopt;
}

bool SavedSpaces::read_payload(std::string_view bytes) {
    VELO_ASSERT(!has_payload_, "a payload is put before the next one is read");
    const auto fresh = state_.fresh_payload();
    payload_.assign(fresh.begin(), fresh.end());
    has_payload_ = form_.decode(payload_.data(), bytes) && bytes.empty();
    if (!has_payload_) state_.destroy(payload_.data());
    return has_payload_;
}

void SavedSpaces::put(KeySpace& space, const EntryHead& head) {
    put_at(state_.find_or_insert(space, head.key), head);
}

void SavedSpaces::put_at(std::uint32_t slot, const EntryHead& head) {
    VELO_ASSERT(has_payload_, "what is put has been read");
    state_.destroy(state_.payload(slot));
    if (!payload_.empty()) std::memcpy(state_.payload(slot), payload_.data(), payload_.size());
    has_payload_ = false;
    EntryHeader& entry = state_.header(slot);
    entry.written = head.written ? 1 : 0;
    entry.pending = head.pending;
}

bool SavedSpaces::restore(KeySpace& only, const SavedEntry& entry) {
    std::string_view payload;
    const auto head = head_of(entry, payload);
    if (!head || head->start != only.start || head->removed || !read_payload(payload)) return false;
    put(only, *head);
    return true;
}

void SavedSpaces::list_pending(KeySpace& space) {
    space.pending.clear();
    for (std::uint32_t i = 0; i < space.slots(); ++i) {
        if (state_.header(space.slot(i)).pending) space.pending.push_back(space.slot(i));
    }
}

}  // namespace velo::engine
