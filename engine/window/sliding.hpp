// Which windows hold a time: TUMBLING and HOPPING (tumbling is advance == size).
#pragma once

#include <concepts>

#include "engine/base/time.hpp"

namespace velo::engine {

/// Half-open: a row at `end` is in the next window.
struct WindowSpan {
    EventTime start;
    EventTime end;

    [[nodiscard]] bool operator==(const WindowSpan&) const = default;
};

/// Windows of one size that start at every multiple of `advance`, before 1970 too. Between two neighbouring multiples of
/// gcd(size, advance) lies a *pane*: all its times are in the same windows.
/// Errors:  none; the binder has seen to 0 < advance <= size <= kLargest (asserted).
/// Source:  Li et al., "No pane, no gain", SIGMOD Record 2005.
class SlidingWindows {
public:
    SlidingWindows(Duration size, Duration advance);

    [[nodiscard]] Duration size() const noexcept { return size_; }
    [[nodiscard]] Duration advance() const noexcept { return advance_; }
    [[nodiscard]] Duration pane() const noexcept { return pane_; }

    /// False for times so near the ends of EventTime that a window holding them would reach over.
    [[nodiscard]] bool can_hold(EventTime time) const noexcept {
        return time >= kBeforeAllTime + 2 * size_ && time <= kAfterAllTime - 2 * size_;
    }

    /// Whether a window that some row may be in starts at `time`.
    [[nodiscard]] bool is_start(EventTime time) const noexcept {
        return time >= kBeforeAllTime + size_ && time <= kAfterAllTime - 2 * size_ &&
               floor_to(time, advance_) == time;
    }

    /// The starts of the first and the last window that hold `time`, which can_hold.
    [[nodiscard]] EventTime oldest_holding(EventTime time) const noexcept {
        return floor_to(time - size_, advance_) + advance_;
    }
    [[nodiscard]] EventTime newest_holding(EventTime time) const noexcept {
        return floor_to(time, advance_);
    }
    [[nodiscard]] EventTime pane_of(EventTime time) const noexcept { return floor_to(time, pane_); }
    [[nodiscard]] EventTime end_of(EventTime start) const noexcept { return start + size_; }

    /// The start of the first window that ends after `time`; kBeforeAllTime where every window that can be does.
    [[nodiscard]] EventTime first_ending_after(EventTime time) const noexcept {
        return time < kBeforeAllTime + 2 * size_ ? kBeforeAllTime
                                                 : floor_to(time - size_, advance_) + advance_;
    }

    /// Calls `visit(WindowSpan)` for every window that holds `time`, oldest first.
    template <std::invocable<WindowSpan> Visit>
    void each_holding(EventTime time, Visit&& visit) const {
        for (EventTime start = oldest_holding(time); start <= time; start += advance_) {
            visit(WindowSpan{start, start + size_});
        }
    }

    static constexpr Duration kLargest = std::chrono::days{365 * 10'000};

private:
    Duration size_;
    Duration advance_;
    Duration pane_;
};

}  // namespace velo::engine
