// What the saved state of a query depends on: stored with it, and compared when the job starts again.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/plan.hpp"

namespace velo::engine {

/// `text` is made from the bound query, so spelling, aliases and white space do not show in it. Stored in Kafka: where a
/// text changes, every job that has such a part is refused its own state.
struct StatePart {
    std::string part;  // `group keys`
    std::string text;  // `trader_id STRING, symbol STRING`

    [[nodiscard]] bool operator==(const StatePart&) const = default;
};

/// Entries saved under one plan mean the same under another where all parts are equal, in this order: `source event time`,
/// `union all` (the columns of each member, where there is one), `group keys`, `window`, `aggregates`, `emit`, `rows` (where
/// UNNEST makes them), `ttl`. Without a keyed operator there are none. Of several stages the later ones follow, their parts
/// `… of stage 2` and so on, and what all rows meet by.
/// What does not count: the filter, output columns, HAVING (whether a group has been written is saved with or without
/// it), the sink, how long EVERY and ttl are (only whether there is one), lateness and idleness.
[[nodiscard]] std::vector<StatePart> state_shape(const Plan& plan);

}  // namespace velo::engine
