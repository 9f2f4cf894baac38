// x IN (a, b, …) as a set that is prepared once, where all are literals that take the type of x without loss. Otherwise it
// is x = a OR x = b OR ….
#include <algorithm>
#include <vector>

#include "engine/data/value.hpp"
#include "engine/expression/comparison.hpp"
#include "engine/expression/fold.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

template <class T>
struct InSet : Prepared {
    std::vector<T> values;  // Sorted.
    std::vector<std::string> texts;
    bool has_null = false;
};

constexpr std::size_t kFewValues = 8;  // So few are found faster one after another than by halving.

template <class T>
bool contains(const std::vector<T>& values, const T& value) noexcept {
    if (values.size() <= kFewValues) return std::ranges::find(values, value) != values.end();
    return std::ranges::binary_search(values, value);
}

// A NULL x is NULL; so is an x that is not found beside a NULL: whether the unknown value is x is not known.
template <class T>
void in(const KernelCall& call) {
    const auto& set = static_cast<const InSet<T>&>(*call.prepared);
    const Reader<T> values(*call.args[0]);
    auto* out = call.out.values<std::uint8_t>();
    if (!values.has_nulls() && !set.has_null) {
        call.rows.each(
            [&](std::uint32_t row) { out[row] = contains(set.values, values.at(row)) ? 1 : 0; });
        return;
    }
    call.rows.each([&](std::uint32_t row) {
        const bool found = !values.is_null(row) && contains(set.values, values.at(row));
        out[row] = found ? 1 : 0;
        if (values.is_null(row) || (!found && set.has_null)) call.out.set_null(row);
    });
}

template <class T>
T value_as(const Value& value) {
    if constexpr (std::is_same_v<T, std::uint8_t>)
        return std::get<bool>(value.data) ? 1 : 0;
    else if constexpr (std::is_same_v<T, std::string_view>)
        return std::get<std::string>(value.data);
    else
        return std::get<T>(value.data);
}

template <class T>
std::shared_ptr<const Prepared> make_set(Literals literals) {
    auto set = std::make_shared<InSet<T>>();
    set->texts.reserve(literals.size());
    for (std::size_t i = 1; i < literals.size(); ++i) {
        if (literals[i]->is_null()) {
            set->has_null = true;
        } else {
            T value = value_as<T>(*literals[i]);
            if constexpr (std::is_same_v<T, std::string_view>)
                value = set->texts.emplace_back(value);
            set->values.push_back(value);
        }
    }
    std::ranges::sort(set->values);
    return set;
}

// Whether `value` can stand in the set of `x`; what does not compare at all may, and is refused there.
bool fits_in_set(const BoundExpression& x, const BoundExpression& value) {
    if (value.kind != BoundKind::Literal) return false;
    Type x_type = x.type;
    Type type = value.type;
    if (!comparable_types(x_type, nullptr, type, &value.value)) return true;
    return x.type.kind == TypeKind::Null ||
           (x_type == x.type && type.kind == x.type.kind && type.scale == x.type.scale);
}

}  // namespace

Resolved resolve_in(Types types, Literals literals) {
    if (types.size() < 2)
        return std::unexpected(std::string("needs at least one value; write x IN (a, b)"));
    Signature signature{.args = {types.begin(), types.end()},
                        .result = kBoolean,
                        .kernel = nullptr,
                        .nulls = NullRule::Own};
    Type& x = signature.args[0];
    for (std::size_t i = 1; i < types.size() && x.kind == TypeKind::Null; ++i) x = types[i];
    if (x.kind == TypeKind::Null) x = kBoolean;
    for (std::size_t i = 1; i < types.size(); ++i) {
        Type type = x;
        if (!comparable_types(type, nullptr, signature.args[i], literals[i]) || type != x) {
            return std::unexpected("cannot compare " + x.text() + " with " + types[i].text() +
                                   "; CAST one of them to the type of the other");
        }
    }
    visit_physical(x.kind, [&]<class T>(std::type_identity<T>) { signature.kernel = in<T>; });
    return signature;
}

PreparedResult prepare_in(Types types, Literals literals) {
    return visit_physical(types[0].kind,
                          [&]<class T>(std::type_identity<T>) { return make_set<T>(literals); });
}

BoundPtr in_as_comparisons(std::span<const BoundPtr> args, const Place& place,
                           const std::string& text) {
    if (args.size() < 2) return nullptr;
    if (std::ranges::all_of(args.subspan(1),
                            [&](const BoundPtr& value) { return fits_in_set(*args[0], *value); }))
        return nullptr;
    auto any = std::make_shared<BoundExpression>();
    any->kind = BoundKind::Or;
    any->type = kBoolean;
    any->place = place;
    any->text = text;
    const ScalarFunction& equal = *find_scalar_function("=");
    for (const BoundPtr& value : args.subspan(1))
        any->children.push_back(bound_call(equal, {args[0], value}, place, text));
    return any->children.size() == 1 ? any->children[0] : folded(std::move(any));
}

}  // namespace velo::engine
