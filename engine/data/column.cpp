#include "engine/data/column.hpp"

#include <cstring>

namespace velo::engine {

namespace {

std::size_t width_of(const Type& type) {
    return visit_physical(type.kind, []<class T>(std::type_identity<T>) { return sizeof(T); });
}

}  // namespace

void Column::reset(const Type& type, std::uint32_t rows) {
    type_ = type;
    rows_ = rows;
    constant_ = false;
    has_nulls_ = false;
    static_cast<void>(values_.reserve(width_of(type) * (rows == 0 ? 1 : rows)));
}

void Column::reset_constant(const Type& type, std::uint32_t rows) {
    reset(type, 1);
    rows_ = rows;
    constant_ = true;
}

std::uint8_t* Column::track_nulls() {
    const std::size_t slots = constant_ || rows_ == 0 ? 1 : rows_;
    auto* valid = reinterpret_cast<std::uint8_t*>(valid_.reserve(slots));
    if (!has_nulls_) std::memset(valid, 1, slots);
    has_nulls_ = true;
    return valid;
}

void Column::set_all_null() {
    std::uint8_t* valid = track_nulls();
    std::memset(valid, 0, constant_ || rows_ == 0 ? 1 : rows_);
}

}  // namespace velo::engine
