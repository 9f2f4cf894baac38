// Functions that only OVER (PARTITION BY … ORDER BY …) has, beside all aggregates. window_functions.cpp has one line for
// each; the binder knows each by what it is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace velo::engine {

struct WindowFunction {
    enum class Kind : std::uint8_t {
        RowNumber,
        Rank,
        DenseRank,
        Lag,
        FirstValue,
        LastValue,
        NthValue
    };
    Kind kind;
    std::string_view name;
    std::string_view usage;
    std::string_view help;
    std::string_view example;  // A call over the rows of the reference page, and …
    std::string_view gives;    // … its answers there, in order of event time.
    std::vector<std::string_view> synonyms = {};
};

[[nodiscard]] std::span<const WindowFunction> window_functions();
/// By name, without regard to case; null pointer when there is none.
[[nodiscard]] const WindowFunction* find_window_function(std::string_view name);

}  // namespace velo::engine
