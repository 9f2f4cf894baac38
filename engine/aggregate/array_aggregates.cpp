// ARRAY_AGG and COLLECT_SET: the values of a group in the order of event time, source partition and offset.
//
// Each value comes as an array of one, so that a NULL is a value, too, and the element is kept as the bytes that the answer
// consists of: the type of the values does not matter here.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/ordered_texts.hpp"
#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kCountBytes = sizeof(std::uint32_t);
constexpr std::size_t kTagBytes = 1;  // Every element has one.

// The element of an array of one: its tag, and its bytes.
std::string_view element_of(std::string_view array) noexcept { return array.substr(kCountBytes); }
bool is_null_element(std::string_view element) noexcept { return element.front() == 0; }

std::string_view array_of(std::span<const std::string_view> elements, Arena& arena) {
    std::size_t size = kCountBytes;
    for (const std::string_view element : elements) size += element.size();
    char* const start = arena.allocate(size);
    const auto count = static_cast<std::uint32_t>(elements.size());
    std::memcpy(start, &count, kCountBytes);
    char* out = start + kCountBytes;
    for (const std::string_view element : elements) out = std::ranges::copy(element, out).out;
    return {start, size};
}

/// ARRAY_AGG(x): every value.
struct ArrayAgg {
    using Argument = std::string_view;
    using Result = std::string_view;
    struct State {
        Boxed<OrderedTexts> list;
    };

    static void add(State& state, std::string_view array, const RowPosition& position) {
        state.list.make().add(position, element_of(array));
    }
    static void merge(State& into, const State& from) {
        const OrderedTexts* const others = from.list.get();
        if (others == nullptr) return;
        into.list.make().merge(*others);
    }
    static Answer<Result> finish(const State& state, Arena& arena) {
        const OrderedTexts* const list = state.list.get();
        if (list == nullptr) return {};
        if (list->overfull) return Answer<Result>::overflow();
        list->settle();
        std::vector<std::string_view> elements;
        elements.reserve(list->items.size());
        for (const OrderedTexts::Item& item : list->items) elements.emplace_back(item.text);
        return array_of(elements, arena);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const OrderedTexts* const list = state.list.get();
        if (list == nullptr) return 0;
        return sizeof(OrderedTexts) + list->heap_bytes();
    }

    static void encode(const State& state, std::string& out) {
        const OrderedTexts* const list = state.list.get();
        put_unsigned(out, list == nullptr ? 0 : list->overfull ? 1 : list->items.size() + 1);
        if (list == nullptr || list->overfull) return;
        list->put_items(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 count = 0;
        if (!take_unsigned(bytes, count) || count > OrderedTexts::kMost + 1) return false;
        if (count == 0) return true;
        OrderedTexts& list = state.list.make();
        list.overfull = count == 1;
        return list.overfull ||
               list.take_items(static_cast<std::size_t>(count) - 1, kTagBytes, bytes);
    }
};

/// Bound: as OrderedTexts.
struct ElementSet {
    /// Where an element came first; of the rows that UNNEST makes of one record, which of them.
    struct Place {
        RowPosition position;
        std::uint64_t arrival = 0;
        [[nodiscard]] bool operator<(const Place& other) const noexcept {
            return position < other.position ||
                   (!(other.position < position) && arrival < other.arrival);
        }
    };
    std::unordered_map<std::string, Place, ValueHash<std::string_view>, ValueEqual> first;
    std::uint64_t arrivals = 0;
    std::size_t bytes = 0;
    bool overfull = false;

    void add(const RowPosition& position, std::string_view element) {
        if (overfull) return;
        if (const auto found = first.find(element); found != first.end()) {
            found->second = std::min(found->second, Place{position, arrivals++});
            return;
        }
        if (first.size() == OrderedTexts::kMost ||
            bytes + element.size() > OrderedTexts::kMostBytes) {
            let_go();
            return;
        }
        first.emplace(element, Place{position, arrivals++});
        bytes += element.size();
    }
    void let_go() {
        first = {};
        bytes = 0;
        overfull = true;
    }
    /// By the first row of each.
    [[nodiscard]] std::vector<std::pair<RowPosition, std::string_view>> in_order() const {
        std::vector<std::pair<Place, std::string_view>> places;
        places.reserve(first.size());
        for (const auto& [element, place] : first) places.emplace_back(place, element);
        std::sort(places.begin(), places.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<std::pair<RowPosition, std::string_view>> items;
        items.reserve(places.size());
        for (const auto& [place, element] : places) items.emplace_back(place.position, element);
        return items;
    }
};

/// COLLECT_SET(x) and, with `nulls`, ARRAY_AGG(DISTINCT x): each value once, where it came first.
template <bool nulls>
struct CollectSet {
    using Argument = std::string_view;
    using Result = std::string_view;
    struct State {
        Boxed<ElementSet> set;
    };

    static void add(State& state, std::string_view array, const RowPosition& position) {
        const std::string_view element = element_of(array);
        if (!nulls && is_null_element(element)) return;
        state.set.make().add(position, element);
    }
    static void merge(State& into, const State& from) {
        const ElementSet* const others = from.set.get();
        if (others == nullptr) return;
        ElementSet& set = into.set.make();
        if (others->overfull) set.let_go();
        for (const auto& [position, element] : others->in_order()) set.add(position, element);
    }
    static Answer<Result> finish(const State& state, Arena& arena) {
        const ElementSet* const set = state.set.get();
        if (set == nullptr) return {};
        if (set->overfull) return Answer<Result>::overflow();
        std::vector<std::string_view> elements;
        elements.reserve(set->first.size());
        for (const auto& [position, element] : set->in_order()) elements.push_back(element);
        return array_of(elements, arena);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        constexpr std::size_t kNode =
            sizeof(std::string) + sizeof(ElementSet::Place) + 2 * sizeof(void*);
        const ElementSet* const set = state.set.get();
        if (set == nullptr) return 0;
        return sizeof(ElementSet) + set->first.bucket_count() * sizeof(void*) +
               set->first.size() * kNode + set->bytes;
    }

    static void encode(const State& state, std::string& out) {
        const ElementSet* const set = state.set.get();
        put_unsigned(out, set == nullptr ? 0 : set->overfull ? 1 : set->first.size() + 1);
        if (set == nullptr || set->overfull) return;
        for (const auto& [position, element] : set->in_order()) {
            position.put(out);
            put_text(out, element);
        }
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 count = 0;
        if (!take_unsigned(bytes, count) || count > OrderedTexts::kMost + 1) return false;
        if (count == 0) return true;
        ElementSet& set = state.set.make();
        set.overfull = count == 1;
        for (; count > 1; --count) {
            RowPosition position;
            std::string_view element;
            if (!position.take(bytes) || !take_text(bytes, element) || element.empty())
                return false;
            set.add(position, element);
        }
        return true;
    }
};

template <Aggregate A>
AggregateResolved resolve_collection(std::string_view name, AggregateTypes types) {
    if (types.size() == 1 && types[0].kind == TypeKind::Array)
        return aggregate_signature<A>({types[0]}, types[0]);
    return wrong_arguments(name, "one argument", types);
}

}  // namespace

AggregateResolved resolve_array_agg(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_collection<ArrayAgg>("ARRAY_AGG", types);
}
AggregateResolved resolve_array_agg_distinct(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_collection<CollectSet<true>>("ARRAY_AGG", types);
}
AggregateResolved resolve_collect_set(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_collection<CollectSet<false>>("COLLECT_SET", types);
}

}  // namespace velo::engine
