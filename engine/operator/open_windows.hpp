// The windows of a state that have rows, in order of their starts: a table of entries for each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/state/keyed_state.hpp"
#include "engine/window/sliding.hpp"

namespace velo::engine {

/// Windows answered before they close, where a row goes into the table of every window that holds it.
/// Thread:  owned by one pipeline. The state must outlive it.
class OpenWindows {
public:
    /// A window that holds a time; null pointer: no row has opened it yet.
    struct Holding {
        WindowSpan span;
        KeySpace* space = nullptr;
    };

    explicit OpenWindows(KeyedState& state) : state_(state) {}

    [[nodiscard]] std::span<KeySpace* const> all() const noexcept { return open_; }
    /// Those that start at `start` or later.
    [[nodiscard]] std::span<KeySpace* const> from(EventTime start) const {
        return {place_of(start), open_.end()};
    }

    /// The window that starts at `start`, opened where it was not.
    [[nodiscard]] KeySpace& at(EventTime start) {
        if (KeySpace* const found = find(start)) return *found;
        KeySpace& window = state_.open_space();
        window.start = start;
        open_.insert(place_of(start), &window);
        return window;
    }
    [[nodiscard]] KeySpace& at(Holding& holding) {
        if (holding.space == nullptr) holding.space = &at(holding.span.start);
        return *holding.space;
    }

    /// Into `holding` the windows that hold `time`, oldest first, of which `is_kept(end)` says that they take rows.
    template <class IsKept>
    void find_holding(const SlidingWindows& windows, EventTime time, IsKept&& is_kept,
                      std::vector<Holding>& holding) const {
        holding.clear();
        if (!windows.can_hold(time)) return;
        windows.each_holding(time, [&](WindowSpan span) {
            if (is_kept(span.end)) holding.push_back({span, find(span.start)});
        });
    }

    /// Drops the first `count` with their entries.
    void close_first(std::size_t count) {
        const auto kept = open_.begin() + static_cast<std::ptrdiff_t>(count);
        std::for_each(open_.begin(), kept, [&](KeySpace* window) { state_.close_space(*window); });
        open_.erase(open_.begin(), kept);
    }
    /// Drops windows from the first on as long as `is_over` says so.
    template <class IsOver>
    void close_while(IsOver&& is_over) {
        const auto kept = std::ranges::find_if_not(
            open_, [&](const KeySpace* window) { return is_over(*window); });
        close_first(static_cast<std::size_t>(kept - open_.begin()));
    }

private:
    [[nodiscard]] std::vector<KeySpace*>::const_iterator place_of(EventTime start) const {
        return std::ranges::lower_bound(open_, start, {}, &KeySpace::start);
    }
    [[nodiscard]] KeySpace* find(EventTime start) const {
        const auto at = place_of(start);
        return at != open_.end() && (*at)->start == start ? *at : nullptr;
    }

    KeyedState& state_;
    std::vector<KeySpace*> open_;  // By start.
};

}  // namespace velo::engine
