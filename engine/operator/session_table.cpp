#include "engine/operator/session_table.hpp"

#include <algorithm>

namespace velo::engine {

namespace {

/// Buckets of the queue to a gap: what is sorted at a time is a small part of the sessions.
constexpr std::int64_t kBuckets = 16;
constexpr std::uint32_t kNone = Session::kNone;

}  // namespace

SessionTable::SessionTable(KeyedState& state, KeySpace& space, Duration gap)
    : state_(state),
      space_(space),
      gap_(gap.count()),
      ends_(Duration{std::max<std::int64_t>(1, gap_ / kBuckets)}) {}

SessionTable::Placed SessionTable::place(std::uint32_t found, std::int64_t time) {
    std::uint32_t slot = found;
    while (state_.header(slot).gone) slot = at(slot).newer;
    if (at(slot).first == Session::kNoRows) {
        start(slot, time);
        return {.slot = slot};
    }
    // The newest session that does not begin more than a gap after the row.
    while (at(slot).newer != kNone && at(at(slot).newer).first - gap_ <= time)
        slot = at(slot).newer;
    std::uint32_t newer = at(slot).newer;
    while (slot != kNone && at(slot).first - gap_ > time) {
        newer = slot;
        slot = at(slot).older;
    }
    if (slot == kNone || at(slot).last + gap_ < time) {
        const std::uint32_t added = add_between(slot, newer);
        start(added, time);
        return {.slot = added};
    }
    Session& session = at(slot);
    const WindowSpan before = span(slot);
    session.last = std::max(session.last, time);
    if (time >= session.first) return {.slot = slot};
    const std::uint32_t older = session.older;
    if (older == kNone || at(older).last + gap_ < time) {
        session.first = time;
        return {.slot = slot, .moved = before};
    }
    at(older).last = std::max(at(older).last, session.last);
    close(slot);
    session.newer = older;
    return {.slot = older, .merged = slot, .merged_span = before};
}

std::optional<std::uint32_t> SessionTable::next_ending_before(EventTime time) {
    while (const std::optional<ExpiryQueue::Item> item = ends_.pop_before(time)) {
        const std::int64_t due = item->due.time_since_epoch().count();
        if (state_.header(item->slot).gone || at(item->slot).filed != due)
            continue;  // Filed by a session that is gone.
        if (at(item->slot).last + gap_ == due) return item->slot;
        file(item->slot);  // It has had rows since.
    }
    return std::nullopt;
}

void SessionTable::close(std::uint32_t slot) {
    const bool is_found = at(slot).newer == kNone;
    const std::uint32_t older = at(slot).older;
    unlink(slot);
    if (is_found && older == kNone) {
        state_.remove(space_, slot);
        return;
    }
    if (is_found) state_.find_as(space_, slot, older);
    state_.remove_beside(space_, slot);
}

std::optional<std::uint32_t> SessionTable::find(std::string_view key, std::int64_t first,
                                                bool makes) {
    std::optional<std::uint32_t> slot = state_.find(space_, key);
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
    if (slot) {
        for (older = *slot; older != kNone && at(older).first >= first; older = at(older).older) {
            if (at(older).first == first) return older;
            newer = older;
        }
    }
    if (!makes) return std::nullopt;
    const std::uint32_t made =
        slot ? add_between(older, newer) : state_.find_or_insert(space_, key);
    at(made).first = first;
    state_.header(made).changed = false;  // It comes from where sessions are saved.
    return made;
}

void SessionTable::file(std::uint32_t slot) {
    at(slot).filed = at(slot).last + gap_;
    ends_.push({EventTime{Duration{at(slot).filed}}, slot});
}

void SessionTable::start(std::uint32_t slot, std::int64_t time) {
    at(slot).first = time;
    at(slot).last = time;
    file(slot);
}

std::uint32_t SessionTable::add_between(std::uint32_t older, std::uint32_t newer) {
    const std::uint32_t added = state_.add_beside(space_, older != kNone ? older : newer);
    at(added).older = older;
    at(added).newer = newer;
    if (older != kNone) at(older).newer = added;
    if (newer != kNone) {
        at(newer).older = added;
    } else {
        state_.find_as(space_, older, added);
    }
    return added;
}

void SessionTable::unlink(std::uint32_t slot) {
    const Session& session = at(slot);
    if (session.older != kNone) at(session.older).newer = session.newer;
    if (session.newer != kNone) at(session.newer).older = session.older;
}

}  // namespace velo::engine
