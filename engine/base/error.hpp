// A user's mistake, with the place it was made. Weather (a broker away, a bad record) is never an Error.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace velo {

/// Where in a text something stands. Lines and columns count from 1, columns in bytes; 0 = unknown.
struct Place {
    std::string file;  // Empty inside SQL that has not been placed in a file yet.
    int line = 0;
    int column = 0;
    int length = 1;  // How many bytes the caret line underlines.

    [[nodiscard]] bool operator==(const Place&) const = default;
    /// `jobs/trades.yaml:12:5`; leaves out what is unknown.
    [[nodiscard]] std::string text() const;
};

/// One mistake. `text` reads: what is wrong; what would be right (lower case, no full stop, the user's words in quotes).
struct Mistake {
    Place place;
    std::string text;

    [[nodiscard]] bool operator==(const Mistake&) const = default;
    /// `place: text`.
    [[nodiscard]] std::string line() const;
};

/// Thrown only while a job or a configuration is being read or deployed; holds every mistake found, at least one.
class Error : public std::runtime_error {
public:
    Error(Place place, std::string text);
    explicit Error(std::vector<Mistake> mistakes);

    [[nodiscard]] const std::vector<Mistake>& mistakes() const noexcept { return mistakes_; }

private:
    std::vector<Mistake> mistakes_;
};

/// The candidate nearest to `word` if it is near enough to be meant, else empty. Case does not count.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

/// `; did you mean 'x'?` for the nearest candidate, else empty.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

/// ASCII-case-insensitive equality, as identifiers and keywords compare.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// The ASCII lower case of `text`.
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace velo
