// HISTOGRAM(x): how often each value of a group comes, as a map from its text.
#include <map>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/stored_value.hpp"
#include "engine/data/nested.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kMostKeys = 65'536;
constexpr std::size_t kMostBytes = 1U << 20U;  // Of all texts of a group together.

/// Bound: kMostKeys texts of kMostBytes; beyond, the counts are let go, overfull and stay so.
struct Counts {
    std::map<std::string, std::int64_t, std::less<>> by_text;
    std::size_t bytes = 0;
    bool overfull = false;

    void add(std::string_view text, std::int64_t more) {
        if (overfull) return;
        if (const auto found = by_text.find(text); found != by_text.end()) {
            found->second += more;
            return;
        }
        if (by_text.size() == kMostKeys || bytes + text.size() > kMostBytes) {
            let_go();
            return;
        }
        by_text.emplace(text, more);
        bytes += text.size();
    }
    void let_go() {
        by_text.clear();
        bytes = 0;
        overfull = true;
    }
};

struct Histogram {
    using Argument = std::string_view;
    using Result = std::string_view;
    struct State {
        Boxed<Counts> counts;
    };

    static void add(State& state, std::string_view text) { state.counts.make().add(text, 1); }
    static void merge(State& into, const State& from) {
        const Counts* const others = from.counts.get();
        if (others == nullptr) return;
        Counts& counts = into.counts.make();
        if (others->overfull) counts.let_go();
        for (const auto& [text, count] : others->by_text) counts.add(text, count);
    }
    static Answer<Result> finish(const State& state, Arena& arena) {
        const Counts* const counts = state.counts.get();
        if (counts == nullptr) return {};
        if (counts->overfull) return Answer<Result>::overflow();
        std::string bytes;
        NestedWriter map(bytes);
        const std::size_t start = map.begin();
        for (const auto& [text, count] : counts->by_text) {  // In the order that maps have.
            map.add(TypeKind::String, text);
            map.add(TypeKind::Bigint,
                    std::string_view(reinterpret_cast<const char*>(&count), sizeof count));
        }
        map.end(start, counts->by_text.size());
        return arena.copy(bytes);
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        constexpr std::size_t kNode =
            sizeof(std::string) + sizeof(std::int64_t) + 4 * sizeof(void*);
        const Counts* const counts = state.counts.get();
        if (counts == nullptr) return 0;
        return sizeof(Counts) + counts->by_text.size() * kNode + counts->bytes;
    }

    static void encode(const State& state, std::string& out) {
        const Counts* const counts = state.counts.get();
        put_unsigned(out, counts == nullptr  ? 0
                          : counts->overfull ? 1
                                             : counts->by_text.size() + 1);
        if (counts == nullptr) return;
        for (const auto& [text, count] : counts->by_text) {
            put_text(out, text);
            put_signed(out, count);
        }
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 size = 0;
        if (!take_unsigned(bytes, size) || size > kMostKeys + 1) return false;
        if (size == 0) return true;
        Counts& counts = state.counts.make();
        counts.overfull = size == 1;
        for (; size > 1; --size) {
            std::string_view text;
            std::int64_t count = 0;
            if (!take_text(bytes, text) || !take_count(bytes, count) || count < 1) return false;
            counts.add(text, count);
        }
        return true;
    }
};

}  // namespace

AggregateResolved resolve_histogram(AggregateTypes types, AggregateLiterals /*literals*/) {
    const bool has_text =
        types.size() == 1 && (types[0].kind == TypeKind::Null || can_cast(types[0], kString));
    if (!has_text || types[0].is_nested())
        return wrong_arguments("HISTOGRAM", "one value that has a text", types);
    return aggregate_signature<Histogram>({kString}, map_type(kBigint));
}

}  // namespace velo::engine
