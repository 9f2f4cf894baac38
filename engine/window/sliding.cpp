#include "engine/window/sliding.hpp"

#include <numeric>

#include "engine/base/assert.hpp"

namespace velo::engine {

SlidingWindows::SlidingWindows(Duration size, Duration advance)
    : size_(size), advance_(advance), pane_(std::gcd(size.count(), advance.count())) {
    VELO_ASSERT(Duration::zero() < advance && advance <= size && size <= kLargest,
                "windows advance by more than nothing and leave no gap");
}

}  // namespace velo::engine
