// f(DISTINCT x): every value counts once.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "engine/aggregate/aggregate_form.hpp"
#include "engine/aggregate/stored_value.hpp"
#include "engine/data/type.hpp"

namespace velo::engine {

/// The values of x so far, exactly, and the state of `Inner` over them. Room grows with how many different ones there are.
template <class Inner>
struct Distinct {
    using Argument = typename Inner::Argument;
    using Result = typename Inner::Result;
    using Values = boost::unordered_flat_set<Stored<Argument>, ValueHash<Argument>, ValueEqual>;
    struct Seen {
        Values values;
        std::size_t text_bytes = 0;
    };
    struct State {
        Boxed<Seen> seen;
        typename Inner::State inner;
    };

    static void add(State& state, Argument value) {
        value = normal_value(value);
        Seen& seen = state.seen.make();
        if (!seen.values.emplace(value).second) return;
        if constexpr (std::is_same_v<Argument, std::string_view>) seen.text_bytes += value.size();
        Inner::add(state.inner, value);
    }
    static void merge(State& into, const State& from) {
        if (from.seen.get() == nullptr) return;
        for (const auto& value : from.seen.get()->values) add(into, value);
    }
    static Answer<Result> finish(const State& state, std::span<const Type> args)
    requires requires { Inner::finish(state.inner, args); }
    {
        return Inner::finish(state.inner, args);
    }
    static Answer<Result> finish(const State& state)
    requires requires { Inner::finish(state.inner); }
    {
        return Inner::finish(state.inner);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const Seen* const seen = state.seen.get();
        if (seen == nullptr) return 0;
        return sizeof(Seen) +
               seen->values.bucket_count() * (sizeof(typename Values::value_type) + 1) +
               seen->text_bytes;
    }

    static void encode(const State& state, std::string& out) {
        std::vector<Argument> sorted;  // The same bytes whatever came first.
        if (const Seen* const seen = state.seen.get())
            sorted.assign(seen->values.begin(), seen->values.end());
        std::ranges::sort(sorted);
        put_unsigned(out, sorted.size());
        for (const Argument& value : sorted) put_value(out, value);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 count = 0;
        if (!take_unsigned(bytes, count)) return false;
        for (; count > 0; --count) {
            Argument value{};
            if (!take_value(bytes, value)) return false;
            add(state, value);
        }
        return true;
    }
};

}  // namespace velo::engine
