// From a plain struct to AggregateKernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/aggregate/aggregate.hpp"
#include "engine/aggregate/loops.hpp"
#include "engine/aggregate/slide.hpp"

namespace velo::engine {

template <Aggregate A>
struct KernelsOf {
    using State = typename A::State;
    static_assert(alignof(State) <= 8);

    static void create(std::byte* bytes) { ::new (bytes) State{}; }
    static void destroy(std::byte* bytes) { std::destroy_at(&state_at<A>(bytes)); }

    static void add(const AggregateAdd& call) {
        const StateAddress states = call.states;
        const std::uint32_t* const slots = call.slots.data();
        each_argument<A>(call, [&](std::size_t i, bool has_value, auto&& add_to) {
            if (!has_value) return;
            State& state = state_at<A>(states.at(slots[i]));
            const HeapNote<A> note{call.heap_bytes, state};
            add_to(state);
        });
    }

    static void add_each(const AggregateAdd& call, const AggregateResult& result) {
        AnswerWriter<A> answers{result};
        const StateAddress states = call.states;
        const std::uint32_t* const slots = call.slots.data();
        each_argument<A>(call, [&](std::size_t i, bool has_value, auto&& add_to) {
            State& state = state_at<A>(states.at(slots[i]));
            if (has_value) {
                const HeapNote<A> note{call.heap_bytes, state};
                add_to(state);
            }
            answers.write(i, state);
        });
    }

    static void merge(std::byte* into, const std::byte* from) {
        A::merge(state_at<A>(into), state_at<A>(from));
    }

    static void finish(std::span<const std::byte* const> states, const AggregateResult& result) {
        AnswerWriter<A> answers{result};
        for (std::size_t i = 0; i < states.size(); ++i) answers.write(i, state_at<A>(states[i]));
    }

    static void encode(const std::byte* bytes, std::string& out) {
        A::encode(state_at<A>(bytes), out);
    }
    static bool decode(std::byte* bytes, std::string_view& from) {
        return A::decode(state_at<A>(bytes), from);
    }
    static std::size_t heap_bytes(const std::byte* bytes)
    requires kOwnsHeap<A>
    {
        return A::heap_bytes(state_at<A>(bytes));
    }
};

template <Aggregate A>
[[nodiscard]] constexpr AggregateKernels describe() noexcept {
    using State = typename A::State;
    using Kernels = KernelsOf<A>;
    AggregateKernels kernels;
    kernels.state_size = sizeof(State);
    kernels.state_alignment = alignof(State);
    kernels.create = Kernels::create;
    if constexpr (!std::is_trivially_destructible_v<State>) kernels.destroy = Kernels::destroy;
    kernels.add = Kernels::add;
    kernels.add_each = Kernels::add_each;
    kernels.slide = slide<A>;
    kernels.merge = Kernels::merge;
    kernels.finish = Kernels::finish;
    kernels.encode = Kernels::encode;
    kernels.decode = Kernels::decode;
    if constexpr (kOwnsHeap<A>) kernels.heap_bytes = Kernels::heap_bytes;
    return kernels;
}

/// The kernels of A: one table per aggregate, for as long as the program runs.
template <Aggregate A>
inline constexpr AggregateKernels kKernels = describe<A>();

}  // namespace velo::engine
