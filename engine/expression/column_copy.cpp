#include "engine/expression/column_copy.hpp"

#include "engine/base/assert.hpp"

namespace velo::engine {

namespace {

template <class T>
void copy_values(const Column& from, Column& to, Selection rows) {
    T* out = to.values<T>();
    if (from.is_constant()) {
        const T value = *from.values<T>();
        rows.each([&](std::uint32_t row) { out[row] = value; });
    } else {
        const T* in = from.values<T>();
        rows.each([&](std::uint32_t row) { out[row] = in[row]; });
    }
}

}  // namespace

void copy_rows(const Column& from, Column& to, Selection rows) {
    VELO_ASSERT(from.type() == to.type(), "branches have been cast to one type");
    visit_physical(to.type().kind,
                   [&]<class T>(std::type_identity<T>) { copy_values<T>(from, to, rows); });
    if (!from.has_nulls() && !to.has_nulls()) return;
    std::uint8_t* valid = to.track_nulls();
    const Reader<std::uint8_t> nulls(from);
    rows.each([&](std::uint32_t row) { valid[row] = nulls.is_null(row) ? 0 : 1; });
}

void copy_column(const Column& from, Column& to, Selection rows) {
    if (!from.is_constant()) {
        to.reset(from.type(), from.rows());
        copy_rows(from, to, rows);
        return;
    }
    to.reset_constant(from.type(), from.rows());
    visit_physical(to.type().kind,
                   [&]<class T>(std::type_identity<T>) { *to.values<T>() = *from.values<T>(); });
    if (from.is_null(0)) to.set_all_null();
}

}  // namespace velo::engine
