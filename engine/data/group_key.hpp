// The GROUP BY values of one row as bytes: equal exactly when the values are, hashed once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/data/column.hpp"
#include "engine/data/selection.hpp"

namespace velo::engine {

/// Length-prefixed values one after another; NULL differs from every value, ("a","bc") from ("ab","c"). Written into
/// Kafka (state log), so the layout must never change: per value one tag byte (0 NULL, 1 value), then
/// fixed-width little-endian bytes (BOOLEAN 1, DECIMAL 16, else 8; -0.0 as 0.0), or for text and nested values a 4-byte length and the bytes.
class GroupKeyCodec {
public:
    /// `route`: which of the values (numbers into `types`) decide a key's shard, in an order that is the same for all
    /// keys that are to meet; nullopt: all of them.
    explicit GroupKeyCodec(std::vector<Type> types,
                           std::optional<std::vector<std::uint32_t>> route = {});

    /// Encodes the key columns of the selected rows; `keys` and `hashes` are row-aligned and resized to `rows`.
    void encode(std::span<const Column* const> columns, std::uint32_t rows, Selection selection,
                Arena& arena, std::vector<std::string_view>& keys,
                std::vector<std::uint64_t>& hashes) const;

    /// The values back, key i to row i of `columns` (reset here to keys.size() rows); text points into the keys.
    void decode(std::span<const std::string_view> keys, std::span<Column> columns) const;

    /// Whether `bytes` are a key as encode() writes it: what decode() may be given from outside.
    [[nodiscard]] bool is_key(std::string_view bytes) const noexcept;

    /// The hash of a key as encode() gives it: its lowest byte is the shard.
    [[nodiscard]] std::uint64_t hash(std::string_view key) const;

    [[nodiscard]] const std::vector<Type>& types() const noexcept { return types_; }

private:
    std::vector<Type> types_;
    std::optional<std::vector<std::uint32_t>> route_;  // nullopt: all values in their order.
    std::vector<GroupKeyCodec> routed_;                // One where there is a route: of its values.
};

}  // namespace velo::engine
