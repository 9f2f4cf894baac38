// The lists of scalar functions by what they work on.
#pragma once

#include <span>
#include <string_view>

#include "engine/expression/function.hpp"

namespace velo::engine {

[[nodiscard]] std::span<const ScalarFunction> operator_functions();
[[nodiscard]] std::span<const ScalarFunction> number_functions();
[[nodiscard]] std::span<const ScalarFunction> text_functions();
[[nodiscard]] std::span<const ScalarFunction> pattern_functions();
[[nodiscard]] std::span<const ScalarFunction> code_functions();
[[nodiscard]] std::span<const ScalarFunction> json_functions();
[[nodiscard]] std::span<const ScalarFunction> time_functions();
[[nodiscard]] std::span<const ScalarFunction> nested_functions();

/// A chapter of the reference page.
struct FunctionGroup {
    std::string_view title;
    std::string_view note;  // What holds for all of them; may be empty.
    std::span<const ScalarFunction> functions;
};
[[nodiscard]] std::span<const FunctionGroup> function_groups() noexcept;

}  // namespace velo::engine
