// = <> < <= > >=, IS [NOT] DISTINCT FROM, IS [NOT] NULL.
#include <type_traits>

#include "engine/expression/comparison.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

template <Comparison comparison>
bool holds(int order) noexcept {
    if constexpr (comparison == Comparison::Equal) return order == 0;
    if constexpr (comparison == Comparison::NotEqual) return order != 0;
    if constexpr (comparison == Comparison::Less) return order < 0;
    if constexpr (comparison == Comparison::LessEqual) return order <= 0;
    if constexpr (comparison == Comparison::Greater) return order > 0;
    if constexpr (comparison == Comparison::GreaterEqual) return order >= 0;
}

template <class Pair>
constexpr bool kIsSame = std::is_same_v<Pair, SamePair<typename Pair::A>>;

// Values of one type compare by their own operators, which compilers know to vectorise; others by their order.
template <Comparison comparison, class Pair>
bool test(const Pair& pair, const typename Pair::A& a, const typename Pair::B& b) noexcept {
    if constexpr (kIsSame<Pair>) {
        if constexpr (comparison == Comparison::Equal) return a == b;
        if constexpr (comparison == Comparison::NotEqual) return a != b;
        if constexpr (comparison == Comparison::Less) return a < b;
        if constexpr (comparison == Comparison::LessEqual) return a <= b;
        if constexpr (comparison == Comparison::Greater) return a > b;
        if constexpr (comparison == Comparison::GreaterEqual) return a >= b;
    } else {
        return holds<comparison>(pair(a, b));
    }
}

// One loop for columns of one type and constants; mixed pairs, rare and slow anyway, share the general loop.
template <class Pair, class Body>
void operands(const Column& a, const Column& b, Body&& body) {
    using A = typename Pair::A;
    using B = typename Pair::B;
    if constexpr (kIsSame<Pair>) {
        with_operands<A, B>(a, b, body);
    } else {
        body([in = Reader<A>(a)](std::uint32_t row) { return in.at(row); },
             [in = Reader<B>(b)](std::uint32_t row) { return in.at(row); });
    }
}

template <Comparison comparison, class Pair>
void compare(const KernelCall& call) {
    const Pair pair(call.args[0]->type(), call.args[1]->type());
    auto* out = call.out.values<std::uint8_t>();
    operands<Pair>(*call.args[0], *call.args[1], [&](auto a, auto b) {
        call.rows.each(
            [&](std::uint32_t row) { out[row] = test<comparison>(pair, a(row), b(row)) ? 1 : 0; });
    });
}

template <Comparison comparison, class Pair>
void filter(const FilterCall& call) {
    const Pair pair(call.args[0]->type(), call.args[1]->type());
    operands<Pair>(*call.args[0], *call.args[1], [&](auto a, auto b) {
        collect_rows(call.rows, call.passed,
                     [&](std::uint32_t row) { return test<comparison>(pair, a(row), b(row)); });
    });
}

template <bool negated, class Pair>
void distinct(const KernelCall& call) {
    const Pair pair(call.args[0]->type(), call.args[1]->type());
    const Reader<typename Pair::A> a(*call.args[0]);
    const Reader<typename Pair::B> b(*call.args[1]);
    auto* out = call.out.values<std::uint8_t>();
    call.rows.each([&](std::uint32_t row) {
        const bool nulls_differ = a.is_null(row) != b.is_null(row);
        const bool differ = nulls_differ || (!a.is_null(row) && pair(a.at(row), b.at(row)) != 0);
        out[row] = differ != negated ? 1 : 0;
    });
}

template <bool negated>
void is_null(const KernelCall& call) {
    const Reader<std::uint8_t> in(*call.args[0]);
    auto* out = call.out.values<std::uint8_t>();
    call.rows.each([&](std::uint32_t row) { out[row] = in.is_null(row) != negated ? 1 : 0; });
}

// Fills the argument types in; the error says that two types do not compare.
std::expected<void, std::string> agree(Types types, Literals literals, std::vector<Type>& args) {
    if (types.size() != 2) return std::unexpected(wrong_count(2, 2, types.size()));
    args.assign(types.begin(), types.end());
    if (comparable_types(args[0], literals[0], args[1], literals[1])) return {};
    return std::unexpected("cannot compare " + types[0].text() + " with " + types[1].text() +
                           "; CAST one of them to the type of the other");
}

}  // namespace

template <Comparison comparison>
Resolved resolve_comparison(Types types, Literals literals) {
    Signature signature{.args = {}, .result = kBoolean};
    if (const auto agreed = agree(types, literals, signature.args); !agreed)
        return std::unexpected(agreed.error());
    constexpr bool kOrders = comparison != Comparison::Equal && comparison != Comparison::NotEqual;
    if (kOrders && signature.args[0].is_nested()) {
        return std::unexpected("finds no order in values of " + signature.args[0].text() +
                               "; they are only equal or not: compare parts of them");
    }
    visit_pair(signature.args[0], signature.args[1], [&]<class Pair>(std::type_identity<Pair>) {
        signature.kernel = compare<comparison, Pair>;
        signature.filter = filter<comparison, Pair>;
    });
    return signature;
}

template Resolved resolve_comparison<Comparison::Equal>(Types, Literals);
template Resolved resolve_comparison<Comparison::NotEqual>(Types, Literals);
template Resolved resolve_comparison<Comparison::Less>(Types, Literals);
template Resolved resolve_comparison<Comparison::LessEqual>(Types, Literals);
template Resolved resolve_comparison<Comparison::Greater>(Types, Literals);
template Resolved resolve_comparison<Comparison::GreaterEqual>(Types, Literals);

template <bool negated>
Resolved resolve_distinct(Types types, Literals literals) {
    Signature signature{.args = {}, .result = kBoolean, .kernel = nullptr, .nulls = NullRule::Own};
    if (const auto agreed = agree(types, literals, signature.args); !agreed)
        return std::unexpected(agreed.error());
    visit_pair(signature.args[0], signature.args[1], [&]<class Pair>(std::type_identity<Pair>) {
        signature.kernel = distinct<negated, Pair>;
    });
    return signature;
}

template Resolved resolve_distinct<false>(Types, Literals);
template Resolved resolve_distinct<true>(Types, Literals);

template <bool negated>
Resolved resolve_is_null(Types types, Literals) {
    if (types.size() != 1) return std::unexpected(wrong_count(1, 1, types.size()));
    return Signature{
        .args = {types[0]}, .result = kBoolean, .kernel = is_null<negated>, .nulls = NullRule::Own};
}

template Resolved resolve_is_null<false>(Types, Literals);
template Resolved resolve_is_null<true>(Types, Literals);

}  // namespace velo::engine
