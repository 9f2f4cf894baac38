// The keyed operators by kind; make_keyed_operator picks. Each has a file of its own.
#pragma once

#include <memory>

#include "engine/operator/keyed_operator.hpp"

namespace velo::engine {

/// GROUP BY without a window, and aggregates without GROUP BY.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_group_aggregate(const Plan& plan, Saving saving);
/// The same under EMIT CHANGES with state.ttl: groups that get no rows for long go.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_expiring_groups(const Plan& plan, Saving saving);
/// TUMBLING and HOPPING windows under EMIT FINAL.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_final_windows(const Plan& plan, Saving saving);
/// TUMBLING and HOPPING windows under EMIT FINAL with EARLY or ALLOWED LATENESS.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_corrected_windows(const Plan& plan,
                                                                    Saving saving);
/// TUMBLING and HOPPING windows under EMIT CHANGES.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_changing_windows(const Plan& plan, Saving saving);
/// LIMIT n over the whole stream.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_first_rows(const Plan& plan, Saving saving);
/// SESSION windows.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_session_windows(const Plan& plan, Saving saving);
/// Several queries, each over the answers of the one before.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_chain(const Plan& plan, Saving saving);
/// Top-N of the answers of a window.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_top_rows(const Plan& plan);
/// OVER (ROWS WINDOW BUFFER n ROWS …).
[[nodiscard]] std::unique_ptr<KeyedOperator> make_rows_over(const Plan& plan, Saving saving);
/// OVER (PARTITION BY … ORDER BY the event time …).
[[nodiscard]] std::unique_ptr<KeyedOperator> make_frames_over(const Plan& plan, Saving saving);

}  // namespace velo::engine
