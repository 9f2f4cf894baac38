// The SQL of a job, and the way back from a place inside it to the line of the YAML file where it was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml_file.hpp"
#include "engine/base/error.hpp"

namespace velo::config {

/// A text that was written as one YAML scalar of any style, and where each of its bytes stands in the file.
/// Invariants: (1) offsets_ has one entry per byte of text() and one for its end; they never decrease.
class SqlText {
public:
    SqlText() = default;
    SqlText(const YamlFile& file, const Node& scalar);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Where the scalar begins.
    [[nodiscard]] const Place& place() const noexcept { return place_; }

    /// From a place in text() (its file is empty) to the file. Other places stay as they are, unknown ones become place().
    [[nodiscard]] Place in_file(const Place& in_text) const;
    /// All mistakes with in_file done to their places.
    [[nodiscard]] std::vector<Mistake> in_file(const std::vector<Mistake>& mistakes) const;

    /// Where a `--` stands that was meant for its line of the file, but hides lines below it too: every style of scalar but
    /// the block with | makes one line of several.
    [[nodiscard]] std::optional<Place> joined_comment() const;

private:
    [[nodiscard]] Place at_offset(std::uint32_t from, std::uint32_t end) const;

    std::string text_;
    Place place_;
    std::vector<std::uint32_t> offsets_;
    std::vector<std::uint32_t> line_starts_;  // Of the file.
};

}  // namespace velo::config
