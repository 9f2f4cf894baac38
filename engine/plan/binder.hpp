// Names to columns, types and functions; raises every semantic error; chooses class and strategy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/data/schema.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

/// A source as the job declares it.
struct SourceDeclaration {
    std::string name;
    Schema schema;
    std::string event_time_column;  // Empty: the record timestamp.
    bool record_timestamps =
        true;  // False: records have none (files), so event time needs a column.
    Duration lateness{};
    std::optional<Duration> idle_after = std::chrono::seconds{30};
    bool skip_tombstones = false;
    bool is_answers = false;  // Not of the job: what a query in FROM answers for its groups.
};

struct BindOptions {
    std::vector<SourceDeclaration> sources;
    std::optional<Strategy> strategy;  // nullopt: auto
    std::vector<std::string>
        sink_key;  // `key:` of the sink: output columns; empty: the default key.
    /// state.ttl: groups without a window that get no rows for so long go. No effect on EMIT FINAL, which answers over
    /// everything, nor on queries without GROUP BY.
    std::optional<Duration> ttl;
    bool applies_late = false;  // on_error.late is apply_if_open.
    bool bounded =
        false;  // Every source ends (`--until-end`, tests): EMIT FINAL needs no window then.
};

/// The plan for `sql`. Throws Error with every semantic mistake found (at least one), places in `sql`, file empty.
[[nodiscard]] Plan bind_query(std::string_view sql, const BindOptions& options);

/// The plan as `explain` prints it: operators, columns read and pruned, class, strategy and why, keys, watermark, state.
[[nodiscard]] std::string explain_text(const Plan& plan);
[[nodiscard]] std::string explain_json(const Plan& plan);
[[nodiscard]] std::string explain_dot(const Plan& plan);

}  // namespace velo::engine
