// VARIANCE and STDDEV of samples and of populations. As DOUBLEs, from sums that are exact for all practical purposes, so
// that neither cancellation nor the order of rows shows.
#include <cmath>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/quad_sum.hpp"

namespace velo::engine {

namespace {

struct Moments {
    QuadSum sum;
    QuadSum squares;
    std::int64_t count = 0;
};

/// The variance is (n * sum of squares - square of the sum) / n / (n - 1), or / n / n over a population.
template <bool sample, bool root>
struct Spread {
    using Argument = double;
    using Result = double;
    using State = Moments;

    static void add(State& state, double value) noexcept {
        state.sum.add(value);
        state.squares.add_product(value, value);
        ++state.count;
    }
    static void merge(State& into, const State& from) noexcept {
        into.sum.add(from.sum);
        into.squares.add(from.squares);
        into.count += from.count;
    }
    static Answer<Result> finish(const State& state) noexcept {
        if (state.count < (sample ? 2 : 1)) return {};
        const auto count = static_cast<double>(state.count);
        QuadSum difference;
        difference.add_product(state.squares, count);
        difference.add_product(state.sum, state.sum, -1.0);
        const double variance =
            std::fmax(difference.value(), 0.0) / count / (sample ? count - 1 : count);
        if (!std::isfinite(variance) || !difference.is_finite()) return Answer<Result>::overflow();
        return root ? std::sqrt(variance) : variance;
    }

    static void encode(const State& state, std::string& out) {
        put_signed(out, state.count);
        state.sum.put(out);
        state.squares.put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        return take_signed(bytes, state.count) && state.count >= 0 && state.sum.take(bytes) &&
               state.squares.take(bytes);
    }
};

template <bool sample, bool root>
AggregateResolved resolve_spread(std::string_view name, AggregateTypes types) {
    if (!are_numbers(types, 1)) return wrong_arguments(name, "one number", types);
    return aggregate_signature<Spread<sample, root>>({kDouble}, kDouble);
}

}  // namespace

AggregateResolved resolve_var_samp(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_spread<true, false>("VARIANCE", types);
}
AggregateResolved resolve_var_pop(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_spread<false, false>("VAR_POP", types);
}
AggregateResolved resolve_stddev_samp(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_spread<true, true>("STDDEV", types);
}
AggregateResolved resolve_stddev_pop(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_spread<false, true>("STDDEV_POP", types);
}

}  // namespace velo::engine
