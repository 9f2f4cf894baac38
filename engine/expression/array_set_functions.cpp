// Functions of arrays as collections: one after the other, as sets, in order. Equal elements are those whose parts are all
// equal; NULL equals NULL here.
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "engine/expression/array_builder.hpp"
#include "engine/expression/collection_functions.hpp"
#include "engine/expression/nested_types.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

// Which elements there are, NULL among them.
class ElementSet {
public:
    /// False: it was there already.
    bool insert(const Element& element) {
        if (element) return elements_.insert(*element).second;
        return !std::exchange(has_null_, true);
    }
    [[nodiscard]] bool contains(const Element& element) const {
        return element ? elements_.contains(*element) : has_null_;
    }
    void clear() noexcept {
        elements_.clear();
        has_null_ = false;
    }
    void fill(std::string_view array, TypeKind kind) {
        clear();
        each_element(array, kind, [this](const Element& element) { insert(element); });
    }

private:
    std::unordered_set<std::string_view> elements_;
    bool has_null_ = false;
};

TypeKind element_kind(const KernelCall& call) { return call.args[0]->type().element().kind; }

void concat(const KernelCall& call) {
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        for (const Column* arg : call.args)
            each_element(*element_at(*arg, row), element_kind(call),
                         [&](const Element& element) { out.add(element); });
        return Built::Text;
    });
}

// Of one array or several: each element once, where it comes first.
void distinct(const KernelCall& call) {
    ElementSet seen;
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        seen.clear();
        for (const Column* arg : call.args) {
            each_element(*element_at(*arg, row), element_kind(call), [&](const Element& element) {
                if (seen.insert(element)) out.add(element);
            });
        }
        return Built::Text;
    });
}

// The elements of the first array that are (`wanted`) or are not in the second, each once.
template <bool wanted>
void select(const KernelCall& call) {
    const Reader<std::string_view> left(*call.args[0]);
    const Reader<std::string_view> right(*call.args[1]);
    ElementSet others;
    ElementSet seen;
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        others.fill(right.at(row), element_kind(call));
        seen.clear();
        each_element(left.at(row), element_kind(call), [&](const Element& element) {
            if (others.contains(element) == wanted && seen.insert(element)) out.add(element);
        });
        return Built::Text;
    });
}

void overlap(const KernelCall& call) {
    const Reader<std::string_view> left(*call.args[0]);
    const Reader<std::string_view> right(*call.args[1]);
    auto* out = call.out.values<std::uint8_t>();
    ElementSet others;
    call.rows.each([&](std::uint32_t row) {
        others.fill(right.at(row), element_kind(call));
        bool found = false;
        each_element(left.at(row), element_kind(call), [&](const Element& element) {
            found = found || (element && others.contains(element));
        });
        out[row] = found ? 1 : 0;
    });
}

// NULLs come last.
template <bool descending>
void sort(const KernelCall& call) {
    const Type& type = call.args[0]->type().element();
    const Reader<std::string_view> arrays(*call.args[0]);
    std::vector<std::string_view> elements;
    build_arrays(call, [&](std::uint32_t row, ArrayBuilder& out) {
        elements.clear();
        std::size_t nulls = 0;
        each_element(arrays.at(row), type.kind, [&](const Element& element) {
            if (element) elements.push_back(*element);
            if (!element) ++nulls;
        });
        std::ranges::stable_sort(elements, [&](std::string_view a, std::string_view b) {
            return descending ? compare_elements(type, b, a) < 0 : compare_elements(type, a, b) < 0;
        });
        for (const std::string_view element : elements) out.add(element);
        for (; nulls > 0; --nulls) out.add(std::nullopt);
        return Built::Text;
    });
}

template <bool greatest>
void extreme(const KernelCall& call) {
    const Type& type = call.args[0]->type().element();
    const Reader<std::string_view> arrays(*call.args[0]);
    call.rows.each([&](std::uint32_t row) {
        Element best;
        each_element(arrays.at(row), type.kind, [&](const Element& element) {
            if (!element) return;
            const int order = best ? compare_elements(type, *element, *best) : 0;
            if (!best || (greatest ? order > 0 : order < 0)) best = element;
        });
        put_element(call.out, row, best);
    });
}

// Arrays of one element type: `least` to `most` of them.
Resolved resolve_arrays(Types types, std::size_t least, std::size_t most, Kernel kernel,
                        std::optional<Type> result = std::nullopt) {
    if (types.size() < least || types.size() > most)
        return std::unexpected(wrong_count(least, most, types.size()));
    std::vector<Type> elements;
    for (const Type& type : types) {
        const auto array = as_array(type);
        if (!array) return std::unexpected(wrong_types("ARRAYs", types));
        elements.push_back(array->element());
    }
    const std::vector<const Value*> no_literals(elements.size(), nullptr);
    const auto common = common_element(elements, no_literals);
    if (!common) return std::unexpected(common.error());
    const Type array = array_type(*common);
    return Signature{.args = std::vector<Type>(types.size(), array),
                     .result = result.value_or(array),
                     .kernel = kernel};
}

Resolved ordered(Resolved signature) {
    if (signature && !has_order(signature->args[0].element()))
        return std::unexpected("finds no order in values of " +
                               signature->args[0].element().text());
    return signature;
}

constexpr std::size_t kMostArrays = 1'000;

}  // namespace

Resolved resolve_array_concat(Types types, Literals) {
    return resolve_arrays(types, 1, kMostArrays, concat);
}
Resolved resolve_array_distinct(Types types, Literals) {
    return resolve_arrays(types, 1, 1, distinct);
}
Resolved resolve_array_union(Types types, Literals) {
    return resolve_arrays(types, 2, kMostArrays, distinct);
}
Resolved resolve_array_intersect(Types types, Literals) {
    return resolve_arrays(types, 2, 2, select<true>);
}
Resolved resolve_array_except(Types types, Literals) {
    return resolve_arrays(types, 2, 2, select<false>);
}
Resolved resolve_arrays_overlap(Types types, Literals) {
    return resolve_arrays(types, 2, 2, overlap, kBoolean);
}

Resolved resolve_array_sort(Types types, Literals literals) {
    if (types.size() != 1 && types.size() != 2)
        return std::unexpected(wrong_count(1, 2, types.size()));
    bool descending = false;
    if (types.size() == 2) {
        const auto* text =
            literals[1] == nullptr ? nullptr : std::get_if<std::string>(&literals[1]->data);
        descending = text != nullptr && equals_ignoring_case(*text, "DESC");
        if (text == nullptr || (!descending && !equals_ignoring_case(*text, "ASC")))
            return std::unexpected(std::string("wants its direction as 'ASC' or 'DESC'"));
    }
    auto signature =
        ordered(resolve_arrays(types.first(1), 1, 1, descending ? sort<true> : sort<false>));
    if (signature && types.size() == 2) signature->args.push_back(kString);
    return signature;
}

Resolved resolve_array_min(Types types, Literals) {
    auto signature = ordered(resolve_arrays(types, 1, 1, extreme<false>));
    if (signature) signature->result = signature->args[0].element();
    return signature;
}
Resolved resolve_array_max(Types types, Literals) {
    auto signature = ordered(resolve_arrays(types, 1, 1, extreme<true>));
    if (signature) signature->result = signature->args[0].element();
    return signature;
}

}  // namespace velo::engine
