// The jobs of a daemon between two looks at them, one line each: what `top` and `demo` show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/json_value.hpp"

namespace velo::server {

/// One job between two looks.
struct JobLine {
    std::string name, state, trouble;
    double in_rate = 0, out_rate = 0, late_rate = 0, dlq_rate = 0;
    double lag = 0, watermark_lag = 0, p99 = 0;
    bool has_lag = false, has_watermark = false, has_p99 = false;
    double busy = 0, backpressured = 0;  // Shares of the pipelines' time.
};

/// The answer of /api/v1/jobs, and when it came.
struct JobsLook {
    std::int64_t at_ns = 0;  // Steady clock.
    JsonValue answer;
};

/// The job of this name; null pointer: there is none.
[[nodiscard]] const JsonValue* job_of(const JobsLook& look, const std::string& name);

/// The worst first.
[[nodiscard]] std::vector<JobLine> job_lines(const JobsLook& now, const JobsLook& before);

/// `1.3ms`, `4.0s`, `12m`
[[nodiscard]] std::string seconds_text(double seconds);

/// The lines below their headings.
[[nodiscard]] std::string job_line_table(const std::vector<JobLine>& lines);

}  // namespace velo::server
