// TOPK(x, k): the k largest values of a group, the largest first; TOPKDISTINCT each value once.
#include <algorithm>
#include <vector>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

namespace {

constexpr std::int64_t kMostKept = 1'000;
constexpr std::size_t kMostBytes = 1U << 20U;  // Of the texts of a group together.

/// Bound: `wanted` values; texts of more than kMostBytes together are an overflow, and stay so.
template <class T>
struct TopValues {
    std::vector<Stored<T>> values;  // The largest first.
    std::size_t wanted = 0;
    std::size_t text_bytes = 0;
    bool overfull = false;

    void add(T value, bool distinct) {
        if (overfull) return;
        value = normal_value(value);
        const auto place = std::ranges::upper_bound(values, value, std::greater<>{});
        if (values.size() == wanted && place == values.end()) return;
        if (distinct && place != values.begin() && *std::prev(place) == value) return;
        values.insert(place, Stored<T>(value));
        if constexpr (std::is_same_v<T, std::string_view>) text_bytes += value.size();
        if (values.size() > wanted) {
            if constexpr (std::is_same_v<T, std::string_view>) text_bytes -= values.back().size();
            values.pop_back();
        }
        if (text_bytes > kMostBytes) let_go();
    }
    void let_go() {
        values = std::vector<Stored<T>>();  // `{}` would keep the room.
        text_bytes = 0;
        overfull = true;
    }
};

template <class T>
std::size_t element_size(const Stored<T>& value) noexcept {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return 1 + sizeof(std::uint32_t) + value.size();
    } else {
        return 1 + sizeof(T);
    }
}

// As nested.hpp writes an element that is not NULL.
template <class T>
char* write_element(char* out, const Stored<T>& value) noexcept {
    *out++ = 1;
    if constexpr (std::is_same_v<T, std::string_view>) {
        const auto size = static_cast<std::uint32_t>(value.size());
        std::memcpy(out, &size, sizeof size);
        return std::ranges::copy(value, out + sizeof size).out;
    } else {
        std::memcpy(out, &value, sizeof value);
        return out + sizeof value;
    }
}

template <class T, bool distinct>
struct TopK {
    using Argument = Two<T, std::int64_t>;
    using Result = std::string_view;
    struct State {
        Boxed<TopValues<T>> top;
    };

    static void add(State& state, const Argument& row) {
        TopValues<T>& top = state.top.make();
        top.wanted = static_cast<std::size_t>(row.second);
        top.add(row.first, distinct);
    }
    static void merge(State& into, const State& from) {
        const TopValues<T>* const others = from.top.get();
        if (others == nullptr) return;
        TopValues<T>& top = into.top.make();
        top.wanted = std::max(top.wanted, others->wanted);
        if (others->overfull) top.let_go();
        for (const Stored<T>& value : others->values) top.add(value, distinct);
    }
    static Answer<Result> finish(const State& state, Arena& arena) {
        const TopValues<T>* const top = state.top.get();
        if (top == nullptr) return {};
        if (top->overfull) return Answer<Result>::overflow();
        std::size_t size = sizeof(std::uint32_t);
        for (const Stored<T>& value : top->values) size += element_size<T>(value);
        char* const start = arena.allocate(size);
        const auto count = static_cast<std::uint32_t>(top->values.size());
        std::memcpy(start, &count, sizeof count);
        char* out = start + sizeof count;
        for (const Stored<T>& value : top->values) out = write_element<T>(out, value);
        return std::string_view(start, size);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const TopValues<T>* const top = state.top.get();
        if (top == nullptr) return 0;
        return sizeof(TopValues<T>) + top->values.capacity() * sizeof(Stored<T>) + top->text_bytes;
    }

    static void encode(const State& state, std::string& out) {
        const TopValues<T>* const top = state.top.get();
        put_unsigned(out, top == nullptr ? 0 : top->overfull ? 1 : top->values.size() + 1);
        if (top == nullptr) return;
        put_unsigned(out, top->wanted);
        for (const Stored<T>& value : top->values) put_value<T>(out, value);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 count = 0;
        UInt128 wanted = 0;
        if (!take_unsigned(bytes, count) || count > UInt128{kMostKept} + 1) return false;
        if (count == 0) return true;
        if (!take_unsigned(bytes, wanted) || wanted > UInt128{kMostKept} || count > wanted + 1)
            return false;
        TopValues<T>& top = state.top.make();
        top.wanted = static_cast<std::size_t>(wanted);
        top.overfull = count == 1;
        for (; count > 1; --count) {
            T value{};
            if (!take_value(bytes, value)) return false;
            top.add(value, false);
        }
        return true;
    }
};

template <bool distinct>
AggregateResolved resolve_top(std::string_view name, AggregateTypes types,
                              AggregateLiterals literals) {
    if (types.size() != 2 || types[0].is_nested() || types[1] != kBigint)
        return wrong_arguments(name, "a value with an order and a BIGINT", types);
    const std::int64_t* const wanted =
        literals[1] == nullptr ? nullptr : std::get_if<std::int64_t>(&literals[1]->data);
    if (wanted == nullptr || *wanted < 1 || *wanted > kMostKept) {
        return std::unexpected(std::string(name) +
                               " wants its number of values as a literal from 1 to 1000; write " +
                               std::string(name) + "(x, 3)");
    }
    const Type type = aggregated_type(types[0]);
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        return aggregate_signature<TopK<T, distinct>>({type, kBigint}, array_type(type));
    });
}

}  // namespace

AggregateResolved resolve_topk(AggregateTypes types, AggregateLiterals literals) {
    return resolve_top<false>("TOPK", types, literals);
}
AggregateResolved resolve_topk_distinct(AggregateTypes types, AggregateLiterals literals) {
    return resolve_top<true>("TOPKDISTINCT", types, literals);
}

}  // namespace velo::engine
