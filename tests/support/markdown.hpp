// A page of the manual as its code blocks and links.
#pragma once

#include <string>
#include <vector>

namespace velo::tests {

/// One fenced block.
struct CodeBlock {
    int line = 0;          // Of its first line, from 1.
    std::string language;  // `yaml`; empty: the fence says nothing.
    std::string text;
};

[[nodiscard]] std::vector<CodeBlock> code_blocks(const std::string& page);

/// The targets of links, outside of code blocks.
[[nodiscard]] std::vector<std::string> links(const std::string& page);

}  // namespace velo::tests
