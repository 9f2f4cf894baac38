// Which program this is: facts that the build fixes.
#pragma once

#include <string_view>

namespace velo::server {

extern const std::string_view kVersion;    ///< "0.1.0"
extern const std::string_view kRevision;   ///< the git commit, or "unknown" outside a checkout
extern const std::string_view kBuildType;  ///< "Release", "Debug", "Debug address", "Debug thread"
extern const std::string_view kCompiler;   ///< "GNU 12.2.0"

}  // namespace velo::server
