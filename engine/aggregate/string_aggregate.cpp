// STRING_AGG(x, separator): the texts of a group in the order of event time, source partition and offset.
#include <algorithm>

#include "engine/aggregate/aggregates.hpp"
#include "engine/aggregate/ordered_texts.hpp"
#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

namespace {

constexpr std::string_view kDefaultSeparator = ",";

struct Texts : OrderedTexts {
    std::string separator;
};

struct StringAgg {
    using Argument = Two<std::string_view, std::string_view>;
    using Result = std::string_view;
    struct State {
        Boxed<Texts> texts;
    };

    static void add(State& state, const Argument& row, const RowPosition& position) {
        Texts& texts = state.texts.make();
        if (texts.items.empty()) texts.separator = row.second;
        texts.add(position, row.first);
    }
    static void merge(State& into, const State& from) {
        const Texts* const others = from.texts.get();
        if (others == nullptr) return;
        Texts& texts = into.texts.make();
        if (texts.items.empty()) texts.separator = others->separator;
        texts.merge(*others);
    }
    static Answer<Result> finish(const State& state, Arena& arena) {
        const Texts* const texts = state.texts.get();
        if (texts == nullptr) return {};
        if (texts->overfull) return Answer<Result>::overflow();
        texts->settle();
        const std::size_t between = texts->separator.size() * (texts->items.size() - 1);
        char* const start = arena.allocate(texts->bytes + between);
        char* out = start;
        for (const Texts::Item& item : texts->items) {
            if (&item != &texts->items.front()) out = std::ranges::copy(texts->separator, out).out;
            out = std::ranges::copy(item.text, out).out;
        }
        return Result{start, texts->bytes + between};
    }
    static std::size_t heap_bytes(const State& state) noexcept {
        const Texts* const texts = state.texts.get();
        if (texts == nullptr) return 0;
        return sizeof(Texts) + texts->heap_bytes();
    }

    static void encode(const State& state, std::string& out) {
        const Texts* const texts = state.texts.get();
        put_unsigned(out, texts == nullptr ? 0 : texts->overfull ? 1 : texts->items.size() + 1);
        if (texts == nullptr || texts->overfull) return;
        put_text(out, texts->separator);
        texts->put_items(out);
    }
    static bool decode(State& state, std::string_view& bytes) {
        state = State{};
        UInt128 count = 0;
        if (!take_unsigned(bytes, count) || count > OrderedTexts::kMost + 1) return false;
        if (count == 0) return true;
        Texts& texts = state.texts.make();
        texts.overfull = count == 1;
        if (texts.overfull) return true;
        std::string_view separator;
        if (!take_text(bytes, separator)) return false;
        texts.separator = separator;
        return texts.take_items(static_cast<std::size_t>(count) - 1, 0, bytes);
    }
};

/// Without a separator: a comma.
struct StringAggCommas : StringAgg {
    using Argument = std::string_view;
    static void add(State& state, std::string_view text, const RowPosition& position) {
        StringAgg::add(state, {text, kDefaultSeparator}, position);
    }
};

}  // namespace

AggregateResolved resolve_string_agg(AggregateTypes types, AggregateLiterals literals) {
    const bool are_texts =
        !types.empty() && types.size() <= 2 && std::ranges::all_of(types, [](Type type) {
            return type == kString || type.kind == TypeKind::Null;
        });
    if (!are_texts) return wrong_arguments("STRING_AGG", "a STRING and a literal separator", types);
    if (types.size() == 1) return aggregate_signature<StringAggCommas>({kString}, kString);
    if (literals[1] == nullptr || literals[1]->is_null()) {
        return std::unexpected(
            std::string("STRING_AGG wants its separator as a literal; write STRING_AGG(x, ', ')"));
    }
    return aggregate_signature<StringAgg>({kString, kString}, kString);
}

}  // namespace velo::engine
