// Upper and lower case of letters: Latin, Greek, Cyrillic and Armenian, one character for one.
#pragma once

#include <string_view>

#include "engine/base/arena.hpp"

namespace velo::engine {

/// `text` in upper or lower case; UTF-8 in and out. Other scripts with case (Georgian, Cherokee, …) stay as they are, and
/// so does what needs more than one character (`ß`) or a language (Turkish dotless i). Lower case of Σ is always σ.
[[nodiscard]] std::string_view upper_case(std::string_view text, Arena& arena);
[[nodiscard]] std::string_view lower_case(std::string_view text, Arena& arena);

}  // namespace velo::engine
