// The keys of a batch's rows as keyed operators seek them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/data/batch.hpp"
#include "engine/state/keyed_state.hpp"

namespace velo::engine {

/// A query without keys has one group, whose key is empty; its batches need not carry that.
class GroupKeys {
public:
    explicit GroupKeys(std::span<const std::uint32_t> key_columns) : global_(key_columns.empty()) {}

    [[nodiscard]] KeyedRows of(const Batch& batch, std::span<const std::uint32_t> rows) {
        if (!global_) return {batch.keys, batch.hashes, rows};
        if (keys_.size() < batch.rows) {
            keys_.resize(batch.rows);
            hashes_.resize(batch.rows, hash_bytes({}));
        }
        return {keys_, hashes_, rows};
    }

    [[nodiscard]] std::uint32_t shard(const Batch& batch, std::uint32_t row) const noexcept {
        return shard_of(global_ ? hash_bytes({}) : batch.hashes[row]);
    }

private:
    bool global_;
    std::vector<std::string_view> keys_;
    std::vector<std::uint64_t> hashes_;
};

}  // namespace velo::engine
