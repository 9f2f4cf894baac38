// A state's entries on their way to the state log and back: those that changed, all of them in turn, and one restored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/state/entry_bytes.hpp"
#include "engine/state/keyed_state.hpp"
#include "engine/state/saved_state.hpp"

namespace velo::engine {

/// What is an operator's own about its saved entries.
struct EntryForm {
    bool has_panes = false;  // `first` is part of a space's name.
    std::function<bool(std::string_view key)> is_key;
    std::function<bool(const EntryHeader& entry)> is_written;
    /// An entry's own start, where a space holds several of a key; empty: its space's.
    std::function<EventTime(const std::byte* payload)> start;
    /// Appends a payload; it is never empty.
    std::function<void(const std::byte* payload, std::string& out)> encode;
    /// Takes a payload from the front of `bytes` into a fresh one; false: there is none (it may have come half).
    std::function<bool(std::byte* payload, std::string_view& bytes)> decode;
};

/// Thread:  owned by one pipeline. The state must outlive it.
/// Invariants: spaces are always given in order of (start, first), and at a time when all of them are to be saved.
class SavedSpaces {
public:
    SavedSpaces(KeyedState& state, EntryForm form);
    ~SavedSpaces();
    SavedSpaces(const SavedSpaces&) = delete;
    SavedSpaces& operator=(const SavedSpaces&) = delete;

    /// Appends the entries marked changed and takes the marks off.
    void save_changes(std::span<KeySpace* const> spaces, SavedEntries& to);

    /// Appends that an entry is gone: `head` without a payload.
    void save_removal(EntryHead head, SavedEntries& to) const;

    /// Appends the next entries of a round through all spaces, about `max_bytes` and at least one; returns whether that
    /// was the end of a round.
    [[nodiscard]] bool save_slice(std::span<KeySpace* const> spaces, std::size_t max_bytes,
                                  SavedEntries& to);

    /// The head of an entry of this form; nothing where it is none. `bytes` begins at its payload then.
    [[nodiscard]] std::optional<EntryHead> head_of(const SavedEntry& entry,
                                                   std::string_view& bytes) const;
    /// Reads all of `bytes` as a payload, for put(); false where it is none.
    [[nodiscard]] bool read_payload(std::string_view bytes);
    /// Makes the payload read the one of an entry of `space`.
    void put(KeySpace& space, const EntryHead& head);
    /// The same with an entry that need not be found by its key.
    void put_at(std::uint32_t slot, const EntryHead& head);
    /// All of it for an entry whose space can only be `only`; false where it is none of this form.
    [[nodiscard]] bool restore(KeySpace& only, const SavedEntry& entry);
    /// After everything has been put: lists the entries that are pending.
    void list_pending(KeySpace& space);

private:
    struct Place {
        EventTime start;
        EventTime first;
        std::uint32_t entry = 0;
    };

    void save(const KeySpace& space, std::uint32_t slot, SavedEntries& to);

    KeyedState& state_;
    EntryForm form_;
    std::optional<Place> next_;       // Where the round goes on; nullopt: at its start.
    std::vector<std::byte> payload_;  // Read, not yet put.
    bool has_payload_ = false;
};

}  // namespace velo::engine
