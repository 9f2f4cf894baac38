// The usual process_* metrics, from /proc.
#pragma once

#include <vector>

#include "server/metrics/families.hpp"

namespace velo::server {

/// CPU seconds, resident and virtual memory, open and most file descriptors, start time. What cannot be read is left out.
[[nodiscard]] std::vector<Family> process_families();

}  // namespace velo::server
