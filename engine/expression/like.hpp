// LIKE patterns, compiled once.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace velo::engine {

/// `%` stands for any characters, `_` for one; an escape character, when there is one, makes the next one itself. All
/// other characters match themselves.
/// Shape:  texts and patterns are UTF-8.
/// Time:   linear in the text: what stands between two `%` is looked for once, by memmem, or where it holds a `_` by a
///         bit-parallel automaton (Baeza-Yates and Gonnet, "A new approach to text searching", CACM 1992).
/// Thread: constant once compiled; shared by all.
class LikePattern {
public:
    static constexpr std::size_t kMaxSought =
        1024;  // Bytes between two `%`, where there is a `_` among them.

    /// The error says what is wrong with the pattern. `escape` is one character, or empty: none.
    [[nodiscard]] static std::expected<LikePattern, std::string> compile(std::string_view pattern,
                                                                         std::string_view escape);

    [[nodiscard]] bool matches(std::string_view text) const noexcept;

private:
    // What stands before, between or after `%`. A `_` is one byte of `bytes`, marked in `any`.
    struct Part {
        std::string bytes;
        std::vector<bool> any;  // As long as `bytes`, or empty when there is no `_`.
        std::vector<std::uint64_t>
            automaton;  // Of a part that is sought and has a `_`: see like.cpp.
        bool has_any = false;

        void append(std::string_view literal);
        void append_any();
        void prepare_search();
        [[nodiscard]] std::size_t words() const noexcept { return (bytes.size() + 63) / 64; }
        [[nodiscard]] std::size_t end_of_match_at_start(std::string_view text) const noexcept;
        [[nodiscard]] std::size_t start_of_match_at_end(std::string_view text) const noexcept;
        [[nodiscard]] std::size_t end_of_first_match(std::string_view text) const noexcept;
    };

    std::vector<Part> parts_;  // One more than there are `%`; several `%` in a row count as one.
};

}  // namespace velo::engine
