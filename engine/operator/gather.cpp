#include "engine/operator/gather.hpp"

#include <cstring>

namespace velo::engine {

namespace {

template <class T>
void gather_values(const T* from, Selection rows, T* to) {
    if (rows.is_all()) {
        std::memcpy(to, from, rows.size() * sizeof(T));
    } else {
        for (std::uint32_t i = 0; i < rows.size(); ++i) to[i] = from[rows[i]];
    }
}

}  // namespace

void gather(const Column& from, Selection rows, Column& to) {
    if (rows.empty()) {
        to.reset(from.type(), 0);
        return;
    }
    if (from.is_constant()) {
        to.reset_constant(from.type(), rows.size());
        rows = Selection::all(1);
    } else {
        to.reset(from.type(), rows.size());
    }
    visit_physical(from.type().kind, [&]<class T>(std::type_identity<T>) {
        gather_values(from.values<T>(), rows, to.values<T>());
    });
    if (from.has_nulls()) gather_values(from.validity(), rows, to.track_nulls());
}

}  // namespace velo::engine
