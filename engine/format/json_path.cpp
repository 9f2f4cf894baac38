#include "engine/format/json_path.hpp"

#include <fmt/format.h>

#include "engine/format/json_scanner.hpp"

namespace velo::engine {

namespace {

std::unexpected<std::string> not_a_path(std::string_view path) {
    return std::unexpected(fmt::format(
        "'{}' is not a path; write it as $.a.b, or $[\"a.b\"] for a name with points", path));
}

}  // namespace

std::expected<std::vector<std::string>, std::string> parse_json_path(std::string_view path) {
    if (!path.starts_with('$') || path.size() == 1) return not_a_path(path);
    std::vector<std::string> names;
    std::string_view rest = path.substr(1);
    while (!rest.empty()) {
        std::string_view name;
        if (rest.starts_with('.')) {
            rest.remove_prefix(1);
            name = rest.substr(0, rest.find_first_of(".[]\"'"));
            rest.remove_prefix(name.size());
        } else if (rest.starts_with("[\"") || rest.starts_with("['")) {
            const char quote = rest[1];
            const std::size_t close = rest.find(quote, 2);
            if (close == std::string_view::npos || !rest.substr(close + 1).starts_with(']'))
                return not_a_path(path);
            name = rest.substr(2, close - 2);
            rest.remove_prefix(close + 2);
        } else if (rest.size() > 1 && rest[0] == '[' &&
                   (rest[1] == '*' || (rest[1] >= '0' && rest[1] <= '9'))) {
            return std::unexpected(fmt::format(
                "the path '{}' looks into an array; only fields of objects can be columns", path));
        }
        if (name.empty()) return not_a_path(path);
        names.emplace_back(name);
    }
    if (names.size() > kMaxJsonDepth)
        return std::unexpected(fmt::format("the path '{}' has over {} names", path, kMaxJsonDepth));
    return names;
}

}  // namespace velo::engine
