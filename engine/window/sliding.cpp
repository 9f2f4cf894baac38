#include "engine/window/sliding.hpp"

#include <numeric>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::engine {

SlidingWindows::SlidingWindows(Duration size, Duration advance, Duration offset,
                               std::optional<CalendarGrid> calendar)
    : size_(size),
      advance_(advance),
      offset_(offset),
      pane_(std::gcd(size.count(), advance.count())),
      margin_((calendar || offset != Duration::zero() ? 3 : 2) * size),
      calendar_(std::move(calendar)) {
    VELO_ASSERT(Duration::zero() < advance && advance <= size && size <= kLargest,
                "windows advance by more than nothing and leave no gap");
    VELO_ASSERT(Duration::zero() <= offset && offset < advance,
                "an offset is less than the way from one window to the next");
}

EventTime SlidingWindows::previous(EventTime start) const noexcept {
    return calendar_ ? newest_holding(start - Duration{1}) : start - advance_;
}

std::uint64_t SlidingWindows::count(EventTime first, EventTime last) const noexcept {
    const std::int64_t between = calendar_
                                     ? calendar_->period_at(last) - calendar_->period_at(first)
                                     : (last - first) / advance_;
    return static_cast<std::uint64_t>(between) + 1;
}

}  // namespace velo::engine
