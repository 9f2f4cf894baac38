// What a test expected against what came out, as lines for people.
#pragma once

#include <string>
#include <vector>

#include "config/job_test_spec.hpp"
#include "engine/plan/plan.hpp"
#include "server/command/test_run.hpp"

namespace velo::server {

/// The differences, a line each; none: the test passed.
/// Rows compare as a set, or as a list where the test is `ordered` and one pipeline wrote them. TIMESTAMP columns compare
/// by the time they stand for, numbers by their value.
[[nodiscard]] std::vector<std::string> differences(const config::JobTestSpec& test,
                                                   const engine::OutputPlan& output,
                                                   const TestResult& result,
                                                   std::uint32_t pipelines);

/// Where an `ordered` test ran on several pipelines: the rows of each key must come in the order they have on one.
[[nodiscard]] std::vector<std::string> order_differences(const TestResult& on_one,
                                                         const TestResult& on_several);

}  // namespace velo::server
