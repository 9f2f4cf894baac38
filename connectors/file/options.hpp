// What a file source and a file sink need to be told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace velo::connectors {

struct FileSourceOptions {
    std::vector<std::string> paths;  // Path i is source partition i; `-` is standard input.
};

/// How the key of a message is written where there is only a line: in tombstones.
struct KeyForm {
    std::string
        column;  // The one group column whose text the key is; empty: the key is a JSON object already.
    bool is_quoted = true;  // Whether that column's values are JSON strings.
};

struct FileSinkOptions {
    std::string path;              // `-` is standard output.
    std::string dead_letter_path;  // Empty: no policy of the job writes dead letters.
    KeyForm key;
    std::size_t budget_bytes = 16U << 20;  // Handed over and not written yet.
    int wake_descriptor = -1;              // Written when lines wait for serve().
};

}  // namespace velo::connectors
