#include "tests/support/markdown.hpp"

#include <optional>
#include <regex>
#include <sstream>

namespace velo::tests {

namespace {

constexpr std::string_view kFence = "```";

/// Calls `block(block)` for each fenced block and `prose(line)` for each line outside of them.
template <class Block, class Prose>
void walk(const std::string& page, Block&& block, Prose&& prose) {
    std::istringstream lines(page);
    std::optional<CodeBlock> open;
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.starts_with(kFence)) {
            if (open) {
                block(*open);
                open.reset();
            } else {
                open = CodeBlock{number + 1, line.substr(kFence.size()), ""};
            }
        } else if (open) {
            open->text += line + '\n';
        } else {
            prose(line);
        }
    }
}

}  // namespace

std::vector<CodeBlock> code_blocks(const std::string& page) {
    std::vector<CodeBlock> blocks;
    walk(page, [&](const CodeBlock& block) { blocks.push_back(block); }, [](const std::string&) {});
    return blocks;
}

std::vector<std::string> links(const std::string& page) {
    static const std::regex kLink(R"(\]\(([^)\s]+)\))");
    std::vector<std::string> targets;
    walk(
        page, [](const CodeBlock&) {},
        [&](const std::string& line) {
            for (std::sregex_iterator at(line.begin(), line.end(), kLink), end; at != end; ++at)
                targets.push_back(at->str(1));
        });
    return targets;
}

}  // namespace velo::tests
