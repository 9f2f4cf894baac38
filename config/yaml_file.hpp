// A YAML file as a tree of our own, every value with its place; all that sees yaml-cpp. What the keys mean is section's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <vector>

#include "engine/base/error.hpp"

namespace velo::config {

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxAliasExpansions = 100;

/// One value of a YAML file. An alias is the node it names, so the places of its values are those of the anchor.
struct Node {
    enum class Kind : std::uint8_t { Null, Scalar, Sequence, Mapping };
    enum class Style : std::uint8_t {
        Plain,
        SingleQuoted,
        DoubleQuoted,
        Literal,
        Folded
    };  // Of a scalar.
    struct Entry {
        const Node* key;  // A scalar; no two of a mapping have the same text.
        const Node* value;
    };

    Kind kind = Kind::Null;
    Style style = Style::Plain;
    std::string text;                // Of a scalar: what it says, quotes and folding undone.
    std::vector<const Node*> items;  // Of a sequence.
    std::vector<Entry> entries;      // Of a mapping, in the order of the file.
    std::size_t offset = 0;  // Into YamlFile::text(): the quote, the `|`, or the first character.
    int line = 1;
    int column = 1;
    int length = 1;  // Bytes on the first line.
};

/// A file that has been read. Its nodes live as long as it does, also when it is moved.
/// Errors:  what is not YAML, duplicate keys, a second document and broken limits are added to `mistakes`.
class YamlFile {
public:
    YamlFile(std::string name, std::string text, std::vector<Mistake>& mistakes);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Null pointer: nothing could be read, and `mistakes` says why.
    [[nodiscard]] const Node* root() const noexcept { return root_; }
    [[nodiscard]] Place place(const Node& node) const {
        return {name_, node.line, node.column, node.length};
    }

private:
    std::string name_;
    std::string text_;
    std::deque<Node> nodes_;  // A deque: nodes refer to one another.
    const Node* root_ = nullptr;
};

/// The text of a configuration file. The mistake says why it cannot be read: missing, a folder, over kMaxFileBytes.
[[nodiscard]] std::expected<std::string, Mistake> read_text_file(const std::string& path);

}  // namespace velo::config
