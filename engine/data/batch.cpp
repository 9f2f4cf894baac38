#include "engine/data/batch.hpp"

namespace velo::engine {

std::size_t Batch::capacity_bytes() const noexcept {
    std::size_t sum = arena.capacity_bytes() + keys.capacity() * sizeof(std::string_view) +
                      hashes.capacity() * sizeof(std::uint64_t) +
                      late_before.capacity() * sizeof(std::int64_t) +
                      record_of.capacity() * sizeof(std::uint32_t) + counts.capacity();
    for (const Column& column : columns) sum += column.capacity_bytes();
    return sum;
}

std::uint32_t Batch::records_among(Selection selection) const noexcept {
    if (record_of.empty()) return selection.size();
    std::uint32_t sum = 0;
    selection.each([&](std::uint32_t row) { sum += counts[row]; });
    return sum;
}

}  // namespace velo::engine
