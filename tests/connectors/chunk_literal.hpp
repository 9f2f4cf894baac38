// Output chunks as a test writes them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/format/output.hpp"

namespace velo::tests {

using KeyAndValue = std::pair<std::optional<std::string>, std::optional<std::string>>;

[[nodiscard]] inline std::unique_ptr<engine::OutputChunk> chunk(
    EpochId epoch, const std::vector<KeyAndValue>& records) {
    auto result = std::make_unique<engine::OutputChunk>();
    result->epoch = epoch;
    for (const auto& [key, value] : records) {
        engine::OutputChunk::Record record;
        const auto append = [&](const std::optional<std::string>& bytes, std::uint32_t& start,
                                std::uint32_t& size) {
            if (!bytes) return;
            start = static_cast<std::uint32_t>(result->bytes.size());
            size = static_cast<std::uint32_t>(bytes->size());
            result->bytes += *bytes;
        };
        append(key, record.key_start, record.key_size);
        append(value, record.value_start, record.value_size);
        result->records.push_back(record);
    }
    return result;
}

}  // namespace velo::tests
