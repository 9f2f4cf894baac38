// What came out of a step against what its block expects.
#pragma once

#include <string>
#include <vector>

#include "tests/support/logic_file.hpp"
#include "tests/support/logic_run.hpp"

namespace velo::engine {

/// One way in which a block is not what it says.
struct LogicFailure {
    int line = 0;                      // Of the block.
    std::string text;                  // What is wrong, and in which shape of run.
    std::vector<std::string> details;  // `- expected row`, `+ actual row`
};

/// The lines that a block would hold to expect exactly `result`; cells in columns.
[[nodiscard]] std::vector<std::string> expected_lines(const LogicResult& result, bool shows_keys);

/// What a case did.
struct LogicOutcome {
    std::vector<LogicFailure> failures;
    std::vector<std::vector<std::string>>
        actual;  // By step: the lines it would have to expect; empty where it passed.
    std::vector<bool> differs;  // By step: whether `actual` is to replace what is there.
};

/// Runs a case on 1, 2 and 8 pipelines, with whole pushes and single rows as batches. Rows compare as sets; rows of one
/// message key come in the same order in every shape.
[[nodiscard]] LogicOutcome check(const LogicCase& test);

}  // namespace velo::engine
