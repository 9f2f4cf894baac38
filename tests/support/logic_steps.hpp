// The steps of a case in a .slt file, run against a plan of its query.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/support/logic_file.hpp"
#include "tests/support/logic_run.hpp"

namespace velo::engine {

/// One run of a case in one shape. `test` and `plan` must outlive it.
class LogicSteps {
public:
    LogicSteps(const LogicCase& test, const Plan& plan, LogicShape shape);

    /// What the step gives; velo::Error where it does not go with the query.
    [[nodiscard]] LogicResult run(const LogicStep& step);

private:
    const LogicCase& test_;
    std::vector<std::size_t> sources_;  // By the plan's inputs: their places in the options.
    LogicRun run_;
};

}  // namespace velo::engine
