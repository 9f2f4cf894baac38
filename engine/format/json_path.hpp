// `$.a.b`: where in a record a column's value stands.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace velo::engine {

/// The field names of a path, outermost first: `$.a.b`, and `$["a.b"].c` or `$['a.b'].c` for names with points or
/// brackets in them. At most kMaxJsonDepth names. The error says what is wrong.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> parse_json_path(
    std::string_view path);

}  // namespace velo::engine
