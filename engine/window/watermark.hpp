// How far event time has come: the minimum over inputs, which never goes back.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/base/time.hpp"

namespace velo::engine {

/// The watermark of something that reads several inputs: a reader over its source partitions, a pipeline over its
/// inboxes.
/// Invariants: (1) an input's watermark and current() never go back, also when an idle input returns or one is added.
///             (2) idle inputs do not hold current() back; once all are idle it is the latest any of them came to, in
///                 whatever order they fell idle (as Flink's StatusWatermarkValve does).
class Watermarks {
public:
    /// Adds an input that has seen nothing yet; returns its number, counted from 0.
    std::size_t add();

    /// Input `input` has come to `time`; an earlier time than before changes nothing.
    void advance(std::size_t input, EventTime time) noexcept {
        if (time > inputs_[input].time) inputs_[input].time = time;
    }
    void set_idle(std::size_t input, bool idle) noexcept { inputs_[input].idle = idle; }

    [[nodiscard]] EventTime of(std::size_t input) const noexcept { return inputs_[input].time; }
    [[nodiscard]] bool is_idle(std::size_t input) const noexcept { return inputs_[input].idle; }
    [[nodiscard]] std::size_t size() const noexcept { return inputs_.size(); }
    [[nodiscard]] bool all_idle() const noexcept;
    /// The minimum over the inputs that are not idle, the maximum over all when all are idle, or what it was before where
    /// that is later. Without inputs: kBeforeAllTime.
    [[nodiscard]] EventTime current() noexcept;
    /// Goes on without any input, as when all are idle and the wall clock moves.
    void raise(EventTime time) noexcept {
        if (time > current_) current_ = time;
    }

private:
    struct Input {
        EventTime time = kBeforeAllTime;
        bool idle = false;
    };
    std::vector<Input> inputs_;
    EventTime current_ = kBeforeAllTime;
};

}  // namespace velo::engine
