// Words of the configuration and what they stand for.
#pragma once

#include <string_view>

namespace velo::config {

/// One word of an enumeration.
template <class Enum>
struct Choice {
    std::string_view word;
    Enum value;
};

/// The word of a value; `choices` is a range of Choice that has it.
template <class Choices, class Enum>
[[nodiscard]] constexpr std::string_view word_of(const Choices& choices, Enum value) noexcept {
    for (const auto& choice : choices) {
        if (choice.value == value) return choice.word;
    }
    return {};
}

}  // namespace velo::config
