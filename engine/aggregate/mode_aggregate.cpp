// MODE(x): the value that is there most often.
#include <algorithm>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

namespace {

/// Counts of every value; of several that are there equally often the least. Room grows with how many different ones there
/// are.
template <class T>
struct Mode {
    using Argument = T;
    using Result = T;
    using Counts = boost::unordered_flat_map<Stored<T>, std::int64_t, ValueHash<T>, ValueEqual>;
    struct Tally {
        Counts counts;
        std::size_t text_bytes = 0;
        Stored<T> best{};
        std::int64_t best_count = 0;
    };
    struct State {
        Boxed<Tally> tally;
    };

    static void add(State& state, T value) { add_many(state, value, 1); }
    static void merge(State& into, const State& from) {
        if (from.tally.get() == nullptr) return;
        for (const auto& [value, count] : from.tally.get()->counts) add_many(into, value, count);
    }
    static Answer<Result> finish(const State& state) {
        if (state.tally.get() == nullptr) return {};
        return Result{state.tally.get()->best};
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const Tally* const tally = state.tally.get();
        if (tally == nullptr) return 0;
        return sizeof(Tally) +
               tally->counts.bucket_count() * (sizeof(typename Counts::value_type) + 1) +
               tally->text_bytes;
    }

    static void encode(const State& state, std::string& out) {
        std::vector<std::pair<T, std::int64_t>> sorted;
        if (const Tally* const tally = state.tally.get())
            sorted.assign(tally->counts.begin(), tally->counts.end());
        std::ranges::sort(sorted);
        put_unsigned(out, sorted.size());
        for (const auto& [value, count] : sorted) {
            put_value(out, value);
            put_signed(out, count);
        }
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 size = 0;
        if (!take_unsigned(bytes, size)) return false;
        for (; size > 0; --size) {
            T value{};
            std::int64_t count = 0;
            if (!take_value(bytes, value) || !take_signed(bytes, count) || count < 1) return false;
            add_many(state, value, count);
        }
        return true;
    }

private:
    static void add_many(State& state, T value, std::int64_t more) {
        value = normal_value(value);
        Tally& tally = state.tally.make();
        const auto [place, is_new] = tally.counts.try_emplace(Stored<T>(value), 0);
        if constexpr (std::is_same_v<T, std::string_view>) {
            if (is_new) tally.text_bytes += value.size();
        }
        place->second += more;
        const bool wins = place->second > tally.best_count ||
                          (place->second == tally.best_count && value < tally.best);
        if (!wins) return;
        tally.best = Stored<T>(value);
        tally.best_count = place->second;
    }
};

}  // namespace

AggregateResolved resolve_mode(AggregateTypes types, AggregateLiterals /*literals*/) {
    if (types.size() != 1) return wrong_arguments("MODE", "one argument", types);
    const Type type = aggregated_type(types[0]);
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        return aggregate_signature<Mode<T>>({type}, type);
    });
}

}  // namespace velo::engine
