// The .slt format: streams, queries, what is pushed into them and what has to come out.
//
//   stream NAME (col TYPE [NOT NULL], …) [watermark COL [- 5s]] [partitions N] [idle 30s | idle never] [no timestamps]
//   query [keys] [bounded] [apply_if_open] [strategy NAME] [ttl 1h] [key COL,…]     SQL, up to an empty line
//   push NAME [partition N]     rows, `----`, then what comes out: rows in any order, `late N`, `filtered N`,
//                               `fault N code`, `output_fault N code`, `tombstone  KEY`; what is not there must not come
//   tick 10s                    the wall clock goes on; `----` and what comes out
//   finish                      the input ends; `----` and what comes out
//   error [options of a query]  SQL, `----`, then the exact refusal: one mistake a line
//
// Lines that begin with # are comments. An empty line ends a block. `keys`: every row shows its message's key (key=…).
// A corrected final answer ends with revision=N.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/binder.hpp"

namespace velo::engine {

/// What a test does: one block of the file.
struct LogicStep {
    enum class Kind { Push, Tick, Finish };
    Kind kind = Kind::Push;
    int line = 0;
    std::string stream;                 // Push
    std::uint32_t partition = 0;        // Push
    std::vector<std::string> rows;      // Push: the lines.
    Duration time{};                    // Tick
    std::vector<std::string> expected;  // The lines after `----`.
    int expected_line =
        0;  // The first of them, from 1; they are `expected.size()` lines, comments apart.
    int expected_end = 0;  // The line after the last of them.
};

/// A query and its steps, or (is_error) a query and its refusal in the only step's `expected`.
struct LogicCase {
    int line = 0;
    std::string sql;
    bool is_error = false;
    bool shows_keys = false;
    BindOptions options;                       // With the streams declared so far.
    std::vector<std::uint32_t> partitions_of;  // By source in `options`.
    std::vector<LogicStep> steps;
};

struct LogicFile {
    std::string path;
    std::vector<std::string> lines;
    std::vector<LogicCase> cases;
};

/// Reads a file. Throws Error with path and line for what is no such file.
[[nodiscard]] LogicFile read_logic_file(const std::string& path);

/// The same, from text.
[[nodiscard]] LogicFile parse_logic_file(std::string path, const std::string& text);

}  // namespace velo::engine
