#include "engine/window/watermark.hpp"

#include <algorithm>

namespace velo::engine {

std::size_t Watermarks::add() {
    inputs_.emplace_back();
    return inputs_.size() - 1;
}

bool Watermarks::all_idle() const noexcept { return std::ranges::all_of(inputs_, &Input::idle); }

EventTime Watermarks::current() noexcept {
    EventTime lowest = kAfterAllTime;
    EventTime highest = kBeforeAllTime;
    bool any = false;
    for (const Input& input : inputs_) {
        highest = std::max(highest, input.time);
        if (input.idle) continue;
        any = true;
        lowest = std::min(lowest, input.time);
    }
    raise(any ? lowest : highest);
    return current_;
}

}  // namespace velo::engine
