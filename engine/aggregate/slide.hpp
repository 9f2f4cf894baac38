// One aggregate over ROWS buffers: every row answered over the latest rows of its key, amortised O(1) while rows come in
// order, without subtracting (so nothing drifts and every aggregate that merges can slide). RowRing says how.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/aggregate/loops.hpp"

namespace velo::engine {

/// A's lane of one ring: the states of its single rows, and the running results of those in the front.
template <Aggregate A>
class RingLane {
public:
    using State = typename A::State;

    RingLane(const AggregateSlide& call, const RowRing& ring) noexcept
        : heap_bytes_(call.heap_bytes),
          capacity_(ring.capacity),
          rows_(&state_at<A>(ring.memory + call.lane * ring.capacity)),
          running_(&state_at<A>(ring.memory + (call.lane + kPart) * ring.capacity)) {}

    /// The whole ring, of which the `front` rows from `head` on stay, becomes the front.
    void turn(std::uint32_t head, std::uint32_t front) {
        for (std::uint32_t i = front; i-- > 0;) {
            State& state = running_[place(head, i)];
            const HeapNote<A> note{heap_bytes_, state};
            state = rows_[place(head, i)];
            if (i + 1 < front) A::merge(state, running_[place(head, i + 1)]);
        }
    }

    void append(State row, const RingStep& step) {
        const HeapNote<A> note{heap_bytes_, rows_[step.place]};
        rows_[step.place] = std::move(row);
    }

    /// Puts `row` after the first step.place rows; step.full: the oldest row leaves.
    void insert(State row, const RingStep& step) {
        const auto at = [&](std::uint32_t i) -> State& { return rows_[place(step.head, i)]; };
        // What moves is counted already: only the row that leaves, or the free place, changes what is held.
        State& changing = at(step.full ? 0 : step.size);
        {
            const HeapNote<A> note{heap_bytes_, changing};
            changing = std::move(row);
        }
        if (step.full) {
            for (std::uint32_t i = 0; i + 1 < step.place; ++i) std::swap(at(i), at(i + 1));
        } else {
            for (std::uint32_t i = step.size; i > step.place; --i) std::swap(at(i), at(i - 1));
        }
    }

    /// Merges the `count` oldest rows into `into`.
    void gather(State& into, std::uint32_t head, std::uint32_t count) const {
        for (std::uint32_t i = 0; i < count; ++i) A::merge(into, rows_[place(head, i)]);
    }

    [[nodiscard]] const State& running(std::uint32_t at) const noexcept { return running_[at]; }

    /// Bytes per unit of capacity of the single rows; the running results take as much again.
    static constexpr std::size_t kPart = (sizeof(State) + 7) & ~std::size_t{7};

private:
    [[nodiscard]] std::uint32_t place(std::uint32_t head, std::uint32_t i) const noexcept {
        return RowRing::wrap(head, i, capacity_);
    }

    std::size_t* heap_bytes_;
    std::uint32_t capacity_;
    State* rows_;
    State* running_;
};

template <Aggregate A>
void slide(const AggregateSlide& call, const AggregateResult& result) {
    using State = typename A::State;
    AnswerWriter<A> answers{result};
    each_argument<A>(call, [&](std::size_t i, bool has_value, auto&& add_to) {
        const RingStep& step = call.steps[i];
        State row{};
        if (has_value) add_to(row);
        if (step.kind == RingStep::Kind::Pass) {
            answers.write(i, row);
            return;
        }
        RingLane<A> lane{call, *step.ring};
        State& back = state_at<A>(reinterpret_cast<std::byte*>(step.ring) + call.back);
        const HeapNote<A> note{call.heap_bytes, back};
        if (step.kind == RingStep::Kind::Insert) {
            State answer = row;
            lane.gather(answer, step.head, step.place);
            answers.write(i, answer);
            lane.insert(std::move(row), step);
            back = State{};
            lane.gather(back, step.head, step.full ? step.size : step.size + 1);
            return;
        }
        if (step.turn) {
            lane.turn(step.head, step.front);
            back = State{};
        }
        if (has_value) add_to(back);
        lane.append(std::move(row), step);
        if (step.front == 0) {
            answers.write(i, back);
        } else {
            State answer = lane.running(step.head);
            A::merge(answer, back);
            answers.write(i, answer);
        }
    });
}

}  // namespace velo::engine
