#include "engine/aggregate/nth_value.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

namespace {

/// The first `wanted` values by position.
struct FirstValues {
    std::vector<std::pair<RowPosition, std::string>> values;
    std::size_t wanted = 0;
    std::size_t text_bytes = 0;

    void add(const RowPosition& position, std::string_view value) {
        // Rows mostly come in order: the search starts at the last.
        auto place = values.end();
        while (place != values.begin() && std::prev(place)->first > position) --place;
        if (values.size() == wanted && place == values.end()) return;
        values.emplace(place, position, value);
        text_bytes += value.size();
        if (values.size() <= wanted) return;
        text_bytes -= values.back().second.size();
        values.pop_back();
    }
};

struct NthValue {
    using Argument = Two<std::string_view, std::int64_t>;
    using Result = std::string_view;
    struct State {
        Boxed<FirstValues> first;
    };

    static void add(State& state, const Argument& row, const RowPosition& position) {
        FirstValues& first = state.first.make();
        first.wanted = static_cast<std::size_t>(row.second);
        first.add(position, row.first);
    }
    static void merge(State& into, const State& from) {
        const FirstValues* const others = from.first.get();
        if (others == nullptr) return;
        FirstValues& first = into.first.make();
        first.wanted = std::max(first.wanted, others->wanted);
        for (const auto& [position, value] : others->values) first.add(position, value);
    }
    static Answer<Result> finish(const State& state) noexcept {
        const FirstValues* const first = state.first.get();
        if (first == nullptr || first->values.size() < first->wanted) return {};
        return std::string_view(first->values[first->wanted - 1].second);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const FirstValues* const first = state.first.get();
        if (first == nullptr) return 0;
        return sizeof(FirstValues) + first->text_bytes +
               first->values.capacity() * sizeof(std::pair<RowPosition, std::string>);
    }

    static void encode(const State& state, std::string& out) {
        const FirstValues* const first = state.first.get();
        put_unsigned(out, first == nullptr ? 0 : first->wanted);
        if (first == nullptr) return;
        put_unsigned(out, first->values.size());
        for (const auto& [position, value] : first->values) {
            position.put(out);
            put_text(out, value);
        }
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 wanted = 0;
        UInt128 count = 0;
        if (!take_unsigned(bytes, wanted) || wanted > UInt128{kMostNth}) return false;
        if (wanted == 0) return true;
        if (!take_unsigned(bytes, count) || count > wanted) return false;
        FirstValues& first = state.first.make();
        first.wanted = static_cast<std::size_t>(wanted);
        for (; count > 0; --count) {
            RowPosition position;
            std::string_view value;
            if (!position.take(bytes) || !take_text(bytes, value)) return false;
            first.add(position, value);
        }
        return true;
    }
};

AggregateResolved resolve_nth_value(AggregateTypes types, AggregateLiterals literals) {
    const std::int64_t* const number = literals.size() != 2 || literals[1] == nullptr
                                           ? nullptr
                                           : std::get_if<std::int64_t>(&literals[1]->data);
    if (types.size() != 2 || types[0].kind != TypeKind::Array || types[1] != kBigint ||
        number == nullptr || *number < 1 || *number > kMostNth)
        return wrong_arguments("NTH_VALUE", "a value and a number from 1 to 1000", types);
    return aggregate_signature<NthValue>({types[0], kBigint}, types[0]);
}

}  // namespace

const AggregateFunction& nth_value_function() {
    static const AggregateFunction kFunction{"NTH_VALUE", {}, "NTH_VALUE(x, n)", "",
                                             "",          "", resolve_nth_value};
    return kFunction;
}

}  // namespace velo::engine
