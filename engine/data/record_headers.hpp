// The headers of a record.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace velo::engine {

/// Name and value, in order; a name may come again, and a value may be null, which is not the empty text.
using RecordHeaders = std::vector<std::pair<std::string, std::optional<std::string>>>;

}  // namespace velo::engine
