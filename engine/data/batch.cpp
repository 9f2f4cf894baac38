#include "engine/data/batch.hpp"

namespace velo::engine {

std::size_t Batch::capacity_bytes() const noexcept {
    std::size_t sum = arena.capacity_bytes() + keys.capacity() * sizeof(std::string_view) +
                      hashes.capacity() * sizeof(std::uint64_t) +
                      late_before.capacity() * sizeof(std::int64_t);
    for (const Column& column : columns) sum += column.capacity_bytes();
    return sum;
}

}  // namespace velo::engine
