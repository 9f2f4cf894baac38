// `tests:` of a job file: rows in, rows expected. Rows are kept as JSON lines, which is what a source reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/section.hpp"

namespace velo::config {

struct JobTestSpec {
    struct Input {
        Placed<std::string> source;
        std::vector<Placed<std::string>>
            rows;  // A row that is a text stands for these very bytes, to test what is malformed.
    };

    Placed<std::string> name;
    std::vector<Input> inputs;
    std::vector<Placed<std::string>> output;
    Placed<std::optional<std::uint64_t>> late;  // nullopt: not compared.
    bool ordered = false;                       // Rows compare as a list instead of a set.
    bool partial = false;  // Fields missing in an expected row are not compared.
};

[[nodiscard]] std::vector<JobTestSpec> read_job_tests(const Value& value);

}  // namespace velo::config
