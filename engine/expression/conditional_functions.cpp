// GREATEST and LEAST: the largest and the smallest of the arguments that are not NULL. (COALESCE, CASE, IF and TRY are no
// functions: they evaluate only what they need, see BoundKind.)
#include <algorithm>

#include "engine/expression/column_copy.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"
#include "engine/plan/common_type.hpp"

namespace velo::engine {

namespace {

template <class T, bool greatest>
void extreme(const KernelCall& call) {
    copy_rows(*call.args[0], call.out, call.rows);
    T* out = call.out.values<T>();
    for (const Column* arg : call.args.subspan(1)) {
        const Reader<T> in(*arg);
        call.rows.each([&](std::uint32_t row) {
            if (in.is_null(row)) return;
            const T value = in.at(row);
            const bool is_first = call.out.is_null(row);
            if (!is_first && (greatest ? value <= out[row] : value >= out[row])) return;
            out[row] = value;
            if (is_first) call.out.set_valid(row);
        });
    }
}

template <bool greatest>
Resolved resolve_extreme(Types types, Literals literals) {
    if (types.empty()) return std::unexpected(std::string("needs at least one argument"));
    const bool has_decimal =
        std::ranges::any_of(types, [](Type type) { return type.kind == TypeKind::Decimal; });
    Type common = kNullType;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const bool is_short =
            has_decimal && literals[i] != nullptr && types[i].kind == TypeKind::Bigint;
        const auto next =
            common_type(common, is_short ? as_decimal(types[i], literals[i]) : types[i]);
        if (!next)
            return std::unexpected("takes values of one type, not " + common.text() + " and " +
                                   types[i].text() + "; CAST one of them");
        common = *next;
    }
    if (common.is_nested())
        return std::unexpected("finds no order in values of " + common.text() +
                               "; give it parts of them");
    Signature signature{.args = std::vector<Type>(types.size(), common),
                        .result = common,
                        .kernel = nullptr,
                        .nulls = NullRule::Own};
    visit_physical(common.kind, [&]<class T>(std::type_identity<T>) {
        signature.kernel = extreme<T, greatest>;
    });
    return signature;
}

}  // namespace

Resolved resolve_greatest(Types types, Literals literals) {
    return resolve_extreme<true>(types, literals);
}
Resolved resolve_least(Types types, Literals literals) {
    return resolve_extreme<false>(types, literals);
}

}  // namespace velo::engine
