// The report of mistakes: all of them, in the order of files and lines, each with the line it was made in.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/base/error.hpp"

namespace velo::config {

/// More than these are not shown: who sees fifty mistakes has made one.
inline constexpr std::size_t kMaxShownMistakes = 50;

class Diagnostics {
public:
    /// The text that places in `file` refer to; without it a mistake has no caret line.
    void add_file(const std::string& file, std::string text);
    /// A mistake that is there already is not repeated.
    void add(const std::vector<Mistake>& mistakes);

    [[nodiscard]] bool empty() const noexcept { return mistakes_.empty(); }
    /// In the order of file, line and column.
    [[nodiscard]] const std::vector<Mistake>& mistakes() const noexcept { return mistakes_; }

    /// For people:  jobs/trades.yaml:12:5: unknown key 'topc' in kafka source; did you mean 'topic'?
    ///                  topc: trades
    ///                  ^~~~
    [[nodiscard]] std::string text() const;
    /// For programs: an array of {"file","line","column","length","message"}. Not cut at kMaxShownMistakes.
    [[nodiscard]] std::string json() const;

private:
    std::map<std::string, std::string> files_;
    std::vector<Mistake> mistakes_;
};

}  // namespace velo::config
