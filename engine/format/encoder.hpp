// Output columns to messages.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/data/column.hpp"
#include "engine/data/selection.hpp"
#include "engine/expression/fault.hpp"
#include "engine/format/output.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

/// What the rows of one call are written as.
struct EncodeOptions {
    TimestampStyle timestamps = TimestampStyle::Rfc3339;
};

/// Writes rows as messages: key, then value, appended to a chunk.
/// Shape:   `values[i]` is output column i, `keys[i]` key column i (plan.output.key), all row-aligned.
/// Thread:  owned by one pipeline.
class Encoder {
public:
    virtual ~Encoder() = default;
    /// Appends one record for each selected row, in order. `tombstone` (row-aligned, or null pointer) marks rows that are
    /// written with their key and no value.
    virtual void encode(std::span<const Column* const> values, std::span<const Column* const> keys,
                        Selection rows, const std::uint8_t* tombstone, OutputChunk& chunk) = 0;
};

[[nodiscard]] std::unique_ptr<Encoder> make_json_encoder(const OutputPlan& plan,
                                                         EncodeOptions options);

}  // namespace velo::engine
