// Which sessions each key has: a chain of entries per key, from the newest session to the oldest.
//
//   key ──► [12:00 … 12:07] ──older──► [11:20 … 11:31] ──older──► …      neighbours are more than a gap apart
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "engine/base/time.hpp"
#include "engine/state/expiry_queue.hpp"
#include "engine/state/keyed_state.hpp"
#include "engine/window/sliding.hpp"

namespace velo::engine {

/// What a session's payload begins with. Times in microseconds.
struct Session {
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    static constexpr std::int64_t kNoRows = std::numeric_limits<std::int64_t>::min();

    std::int64_t first = kNoRows;
    std::int64_t last = kNoRows;
    std::int64_t filed = kNoRows;  // The time under which the queue has it.
    std::uint32_t older = kNone;
    std::uint32_t newer = kNone;  // Of one that is gone: the session it was merged into.
    /// Under EVERY: an entry that is gone, of a start under which the sink still has this session; `older` leads on.
    std::uint32_t owed = kNone;
    std::uint32_t unused = 0;
};

/// Rows at most `gap` apart are in one session, which ends `gap` after its last row.
/// Invariants: (1) a key's index entry is its newest session. (2) Sessions of a key are more than `gap` apart, except
///             while they are restored, and where the bytes restored were not written by us.
/// Thread:     owned by one pipeline. The state must outlive it.
class SessionTable {
public:
    /// The payloads of `state` begin with a Session; all sessions are in `space`.
    SessionTable(KeyedState& state, KeySpace& space, Duration gap);

    [[nodiscard]] Session& at(std::uint32_t slot) const noexcept {
        return *reinterpret_cast<Session*>(state_.payload(slot));
    }
    [[nodiscard]] WindowSpan span(std::uint32_t slot) const noexcept {
        const Session& session = at(slot);
        return {EventTime{Duration{session.first}}, EventTime{Duration{session.last + gap_}}};
    }
    /// False for times so near the ends of EventTime that a session would reach over.
    [[nodiscard]] bool can_hold(std::int64_t time) const noexcept {
        return time >= kBeforeAllTime.time_since_epoch().count() + 2 * gap_ &&
               time <= kAfterAllTime.time_since_epoch().count() - 2 * gap_;
    }

    /// Where a row goes. Of two sessions that it joins the older one stays: `merged` has been taken into `slot`, and its
    /// states are to be. `moved`: the start that the session `slot` had before the row.
    struct Placed {
        std::uint32_t slot = Session::kNone;
        std::uint32_t merged = Session::kNone;
        WindowSpan merged_span{};
        std::optional<WindowSpan> moved = {};
    };
    /// Takes a row of the key whose entry was found or made as `found`, maybe some merges ago.
    [[nodiscard]] Placed place(std::uint32_t found, std::int64_t time);

    /// The next session that ends before `time`, in order of their ends; it is still to be closed.
    [[nodiscard]] std::optional<std::uint32_t> next_ending_before(EventTime time);
    /// Takes a session out; it can be read until it is forgotten.
    void close(std::uint32_t slot);
    /// Sees to it that next_ending_before() finds the session (again).
    void file(std::uint32_t slot);

    /// The session of `key` that begins at `first`; made, and not filed, where there is none and `makes`.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key, std::int64_t first,
                                                    bool makes);

    [[nodiscard]] std::size_t bytes() const noexcept { return ends_.bytes(); }

private:
    void start(std::uint32_t slot, std::int64_t time);
    /// A session between its neighbours in the chain; one of them may be kNone.
    [[nodiscard]] std::uint32_t add_between(std::uint32_t older, std::uint32_t newer);
    void unlink(std::uint32_t slot);

    KeyedState& state_;
    KeySpace& space_;
    std::int64_t gap_;
    ExpiryQueue ends_;
};

}  // namespace velo::engine
