// Which windows hold a time: TUMBLING and HOPPING (tumbling is advance == size).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "engine/base/time.hpp"
#include "engine/window/calendar_grid.hpp"

namespace velo::engine {

/// Half-open: a row at `end` is in the next window.
struct WindowSpan {
    EventTime start;
    EventTime end;

    [[nodiscard]] bool operator==(const WindowSpan&) const = default;
};

/// Windows that start at every multiple of `advance`, plus an offset, and before 1970 too; or with every period of a
/// calendar. Between two neighbouring bounds of windows lies a *pane*: all its times are in the same windows.
/// Errors:  none; the binder has seen to 0 < advance <= size <= kLargest (asserted).
/// Source:  Li et al., "No pane, no gain", SIGMOD Record 2005.
class SlidingWindows {
public:
    /// With a calendar `size` and `advance` are what its windows and periods have at most.
    SlidingWindows(Duration size, Duration advance, Duration offset = {},
                   std::optional<CalendarGrid> calendar = {});

    /// False for times so near the ends of EventTime that a window holding them would reach over.
    [[nodiscard]] bool can_hold(EventTime time) const noexcept {
        return time >= kBeforeAllTime + margin_ && time <= kAfterAllTime - margin_;
    }

    /// Whether a window that some row may be in starts at `time`.
    [[nodiscard]] bool is_start(EventTime time) const noexcept {
        return time >= kBeforeAllTime + margin_ - size_ && time <= kAfterAllTime - margin_ &&
               newest_holding(time) == time;
    }

    /// The starts of the first and the last window that hold `time`, which can_hold.
    [[nodiscard]] EventTime oldest_holding(EventTime time) const noexcept {
        if (calendar_) return calendar_->start_of(calendar_->period_at(time) + 1 - periods());
        return start_before(time - size_) + advance_;
    }
    [[nodiscard]] EventTime newest_holding(EventTime time) const noexcept {
        return calendar_ ? calendar_->start_of(calendar_->period_at(time)) : start_before(time);
    }
    /// The pane that holds `time`.
    [[nodiscard]] WindowSpan pane_of(EventTime time) const noexcept {
        if (!calendar_) {
            const EventTime start = floor_to(time - offset_, pane_) + offset_;
            return {start, start + pane_};
        }
        const std::int64_t period = calendar_->period_at(time);
        return {calendar_->start_of(period), calendar_->start_of(period + 1)};
    }
    [[nodiscard]] EventTime end_of(EventTime start) const noexcept {
        return calendar_ ? after(start, periods()) : start + size_;
    }
    /// The start of the window after the one that starts at `start`, or before it.
    [[nodiscard]] EventTime next(EventTime start) const noexcept {
        return calendar_ ? after(start, 1) : start + advance_;
    }
    [[nodiscard]] EventTime previous(EventTime start) const noexcept;
    /// How many windows start in [first, last], which are starts.
    [[nodiscard]] std::uint64_t count(EventTime first, EventTime last) const noexcept;

    /// The start of the first window that ends after `time`; kBeforeAllTime where every window that can be does.
    [[nodiscard]] EventTime first_ending_after(EventTime time) const noexcept {
        if (time < kBeforeAllTime + margin_) return kBeforeAllTime;
        if (calendar_ && time > kAfterAllTime - 2 * size_) return kAfterAllTime - 2 * size_;
        return oldest_holding(time);
    }

    /// Calls `visit(WindowSpan)` for every window that holds `time`, oldest first.
    template <std::invocable<WindowSpan> Visit>
    void each_holding(EventTime time, Visit&& visit) const {
        for (EventTime start = oldest_holding(time); start <= time; start = next(start)) {
            visit(WindowSpan{start, end_of(start)});
        }
    }

    static constexpr Duration kLargest = std::chrono::days{365 * 10'000};

private:
    [[nodiscard]] std::int64_t periods() const noexcept { return calendar_->periods; }
    [[nodiscard]] EventTime start_before(EventTime time) const noexcept {
        return floor_to(time - offset_, advance_) + offset_;
    }
    /// The start of the period that is `periods` after the one that begins at `start`.
    [[nodiscard]] EventTime after(EventTime start, std::int64_t periods) const noexcept {
        return calendar_->start_of(calendar_->period_at(start) + periods);
    }

    Duration size_;
    Duration advance_;
    Duration offset_;  // Less than the advance.
    Duration pane_;
    Duration margin_;  // Between the ends of EventTime and what can be held.
    std::optional<CalendarGrid> calendar_;
};

}  // namespace velo::engine
