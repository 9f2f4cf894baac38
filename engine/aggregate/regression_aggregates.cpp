// CORR, COVAR and REGR of pairs (y, x), as DOUBLEs. Rows where one of both is NULL do not count.
#include <cmath>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/quad_sum.hpp"

namespace velo::engine {

namespace {

struct PairMoments {
    QuadSum x, y, xx, xy, yy;
    std::int64_t count = 0;

    [[nodiscard]] double n() const noexcept { return static_cast<double>(count); }
    /// n * sum(ab) - sum(a) * sum(b): n^2 times a covariance.
    [[nodiscard]] double cross(const QuadSum& ab, const QuadSum& a,
                               const QuadSum& b) const noexcept {
        QuadSum difference;
        difference.add_product(ab, n());
        difference.add_product(a, b, -1.0);
        return difference.value();
    }
    [[nodiscard]] double sxx() const noexcept { return std::fmax(cross(xx, x, x), 0.0); }
    [[nodiscard]] double syy() const noexcept { return std::fmax(cross(yy, y, y), 0.0); }
    [[nodiscard]] double sxy() const noexcept { return cross(xy, x, y); }
};

/// NULL where it has no value: too few rows, or all on a line across.
using Statistic = std::optional<double> (*)(const PairMoments& moments);

std::optional<double> covariance_of_population(const PairMoments& m) {
    return m.sxy() / m.n() / m.n();
}
std::optional<double> covariance_of_sample(const PairMoments& m) {
    if (m.count < 2) return std::nullopt;
    return m.sxy() / m.n() / (m.n() - 1);
}
std::optional<double> correlation(const PairMoments& m) {
    const double spread = std::sqrt(m.sxx()) * std::sqrt(m.syy());
    if (spread == 0) return std::nullopt;
    const double result = m.sxy() / spread;
    return std::isfinite(result) ? std::fmin(std::fmax(result, -1.0), 1.0) : result;
}
std::optional<double> slope(const PairMoments& m) {
    if (m.sxx() == 0) return std::nullopt;
    return m.sxy() / m.sxx();
}
std::optional<double> intercept(const PairMoments& m) {
    // (sum(y) * sum(xx) - sum(x) * sum(xy)) / sxx
    if (m.sxx() == 0) return std::nullopt;
    QuadSum difference;
    difference.add_product(m.y, m.xx, 1.0);
    difference.add_product(m.x, m.xy, -1.0);
    return difference.value() / m.sxx();
}
std::optional<double> determination(const PairMoments& m) {
    if (m.sxx() == 0) return std::nullopt;
    if (m.syy() == 0) return 1.0;
    const double r = *correlation(m);
    return r * r;
}

template <Statistic statistic>
struct PairStatistic {
    using Argument = Two<double, double>;  // y, x
    using Result = double;
    using State = PairMoments;

    static void add(State& state, const Argument& pair) noexcept {
        const double y = pair.first;
        const double x = pair.second;
        state.x.add(x);
        state.y.add(y);
        state.xx.add_product(x, x);
        state.xy.add_product(x, y);
        state.yy.add_product(y, y);
        ++state.count;
    }
    static void merge(State& into, const State& from) noexcept {
        into.x.add(from.x);
        into.y.add(from.y);
        into.xx.add(from.xx);
        into.xy.add(from.xy);
        into.yy.add(from.yy);
        into.count += from.count;
    }
    static Answer<Result> finish(const State& state) {
        if (state.count == 0) return {};
        const std::optional<double> result = statistic(state);
        if (!result) return {};
        return std::isfinite(*result) ? Answer<Result>{*result + 0.0} : Answer<Result>::overflow();
    }

    static void encode(const State& state, std::string& out) {
        put_signed(out, state.count);
        for (const QuadSum* sum : {&state.x, &state.y, &state.xx, &state.xy, &state.yy})
            sum->put(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        return take_signed(bytes, state.count) && state.count >= 0 && state.x.take(bytes) &&
               state.y.take(bytes) && state.xx.take(bytes) && state.xy.take(bytes) &&
               state.yy.take(bytes);
    }
};

template <Statistic statistic>
AggregateResolved resolve_pair(std::string_view name, AggregateTypes types) {
    if (!are_numbers(types, 2)) return wrong_arguments(name, "two numbers", types);
    return aggregate_signature<PairStatistic<statistic>>({kDouble, kDouble}, kDouble);
}

}  // namespace

AggregateResolved resolve_corr(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_pair<correlation>("CORR", types);
}
AggregateResolved resolve_covar_pop(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_pair<covariance_of_population>("COVAR_POP", types);
}
AggregateResolved resolve_covar_samp(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_pair<covariance_of_sample>("COVAR_SAMP", types);
}
AggregateResolved resolve_regr_slope(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_pair<slope>("REGR_SLOPE", types);
}
AggregateResolved resolve_regr_intercept(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_pair<intercept>("REGR_INTERCEPT", types);
}
AggregateResolved resolve_regr_r2(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_pair<determination>("REGR_R2", types);
}

}  // namespace velo::engine
