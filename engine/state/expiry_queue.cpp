#include "engine/state/expiry_queue.hpp"

#include <algorithm>
#include <utility>

namespace velo::engine {

namespace {

bool is_later(const ExpiryQueue::Item& a, const ExpiryQueue::Item& b) noexcept {
    return a.due > b.due;
}

EventTime bucket_of(EventTime due, Duration width) noexcept {
    return due < kBeforeAllTime + width ? kBeforeAllTime : floor_to(due, width);
}

}  // namespace

void ExpiryQueue::push(Item item) {
    ++items_;
    if (item.due >= near_end_) {
        later_[bucket_of(item.due, width_)].push_back(item);
        return;
    }
    near_.push_back(item);
    std::ranges::push_heap(near_, is_later);
}

std::optional<ExpiryQueue::Item> ExpiryQueue::pop_before(EventTime time) {
    if (near_.empty()) {
        const auto first = later_.begin();
        if (first == later_.end() || first->first >= time) return std::nullopt;
        near_end_ = first->first > kAfterAllTime - width_ ? kAfterAllTime : first->first + width_;
        near_ = std::move(first->second);
        std::ranges::make_heap(near_, is_later);
        later_.erase(first);
    }
    if (near_.front().due >= time) return std::nullopt;
    std::ranges::pop_heap(near_, is_later);
    const Item item = near_.back();
    near_.pop_back();
    --items_;
    return item;
}

}  // namespace velo::engine
