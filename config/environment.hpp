// Variables inside values: ${NAME}, ${NAME:-default}, ${NAME:?message}, and $${ for the two characters themselves.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace velo::config {

/// The value of a variable, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The variables this process was started with. Thread: nobody may call setenv.
[[nodiscard]] Environment process_environment();

/// `text` with its variables filled in. As in a shell, `:-` and `:?` take an empty variable for one that is not set.
/// What a variable holds is a value, never YAML: it is filled in after parsing. The error says what is wrong.
[[nodiscard]] std::expected<std::string, std::string> fill_in(std::string_view text,
                                                              const Environment& environment);

}  // namespace velo::config
