// Forms that look like functions and evaluate only what they need, for the reference page and for suggestions; the binder
// knows each by name.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace velo::engine {

struct SpecialForm {
    std::string_view name;
    std::vector<std::string_view> synonyms;
    std::string_view usage;
    std::string_view help;
    std::string_view example;  // As in ScalarFunction.
    std::string_view gives;
};

[[nodiscard]] std::span<const SpecialForm> special_forms();

}  // namespace velo::engine
