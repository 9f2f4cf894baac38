// Columns of equal length that travel together, and their source's watermark.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/base/time.hpp"
#include "engine/data/column.hpp"
#include "engine/data/selection.hpp"

namespace velo::engine {

/// Rows that one reading worker decoded, filtered and keyed, shared read-only with the workers their keys belong to.
/// Shape:   columns are row-aligned: the plan's source columns, then its computed ones. `keys` and `hashes` too, where
///          the query routes. Which rows a worker takes comes beside the batch, as row numbers.
/// Thread:  filled by its reader; constant while `holders` > 0; its reader alone takes it back at 0 and fills it again.
struct Batch {
    std::uint32_t rows = 0;
    std::vector<Column> columns;
    std::vector<std::string_view> keys;  // The group key's bytes (data/group_key.hpp), in `arena`.
    std::vector<std::uint64_t> hashes;   // hash_bytes(keys[r])
    /// Hopping windows and ttl: the watermark that the row's own source partition had before it, in microseconds. A window
    /// takes row r only if it ends after this.
    std::vector<std::int64_t> late_before;
    /// Where UNNEST makes rows: the record each is of, in rising order, and 1 in the one row of each record that stands for it
    /// where records are counted. Empty: row r is record r.
    std::vector<std::uint32_t> record_of;
    std::vector<std::uint8_t> counts;
    Arena arena;
    std::atomic<std::uint32_t> holders{0};  // Workers that have not finished with it.

    [[nodiscard]] std::size_t capacity_bytes() const noexcept;
    /// How many records the rows count as.
    [[nodiscard]] std::uint32_t records_among(Selection selection) const noexcept;
};

}  // namespace velo::engine
