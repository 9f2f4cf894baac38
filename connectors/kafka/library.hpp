// Which client library this is, for `version`.
#pragma once

#include <string>

namespace velo::connectors {

/// `2.8.0`: of the library in this process, not of the headers.
[[nodiscard]] std::string kafka_library_version();

/// What it was built with: `gzip,snappy,ssl,sasl,…`
[[nodiscard]] std::string kafka_library_features();

}  // namespace velo::connectors
