// What is due when event time passes: entries by the time they expire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/base/time.hpp"

namespace velo::engine {

/// Items come out in order of their times. Those far ahead wait unsorted in buckets of `width`, so that filing one costs
/// nothing to speak of; a bucket is put in order when its time has come.
/// Units:   event times.
/// Thread:  owned by one pipeline.
class ExpiryQueue {
public:
    struct Item {
        EventTime due;
        std::uint32_t slot = 0;
    };

    explicit ExpiryQueue(Duration width) : width_(width) {}

    void push(Item item);
    /// The next item due before `time`; nothing where there is none.
    [[nodiscard]] std::optional<Item> pop_before(EventTime time);

    [[nodiscard]] std::size_t bytes() const noexcept { return items_ * sizeof(Item); }

private:
    Duration width_;
    std::map<EventTime, std::vector<Item>> later_;  // By the start of the bucket.
    std::vector<Item> near_;                        // A heap, the earliest in front …
    EventTime near_end_ = kBeforeAllTime;           // … of all items due before this.
    std::size_t items_ = 0;
};

}  // namespace velo::engine
