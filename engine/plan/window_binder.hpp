// WINDOW and EMIT: which spans of event time a group is over, and when its answer is written.
#pragma once

#include <optional>

#include "engine/plan/bound_query.hpp"
#include "engine/plan/mistakes.hpp"
#include "engine/plan/query_text.hpp"
#include "engine/plan/scope.hpp"
#include "engine/sql/ast.hpp"

namespace velo::engine {

inline constexpr std::chrono::days kLongestWindow{
    36'500};  // Keeps sums of times far from the ends of 64 bits.
inline constexpr std::int64_t kMostWindowsOfARow = 20'000;  // A week every minute has 10,080.

/// Whether the source's event time is a column, and one of times.
void check_event_time(const Scope& scope, Mistakes& mistakes);

/// nullopt: a mistake has been reported.
[[nodiscard]] std::optional<WindowPlan> bind_window(const sql::Window& window, const Scope& scope,
                                                    const QueryText& text, Mistakes& mistakes);

/// What EMIT means for `query`, whose window and groups are known; `emit` may be missing.
[[nodiscard]] EmitPlan bind_emit(const std::optional<sql::Emit>& emit, const BoundQuery& query,
                                 bool bounded, Mistakes& mistakes);

}  // namespace velo::engine
