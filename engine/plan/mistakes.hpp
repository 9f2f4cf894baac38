// All mistakes of one query, so that its author corrects them in one go.
#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/error.hpp"

namespace velo::engine {

/// Collects mistakes while binding goes on with what is still sound.
class Mistakes {
public:
    /// A mistake that is there already is not repeated, and nobody reads more than the first hundred.
    void add(const Place& place, std::string text) {
        if (mistakes_.size() >= kMostMistakes) return;
        Mistake mistake{place, std::move(text)};
        if (std::ranges::find(mistakes_, mistake) == mistakes_.end())
            mistakes_.push_back(std::move(mistake));
    }
    void add(const Error& error) {
        for (const Mistake& mistake : error.mistakes()) add(mistake.place, mistake.text);
    }

    [[nodiscard]] bool empty() const noexcept { return mistakes_.empty(); }

    /// Throws them in the order of their places, if there are any.
    void raise() {
        if (mistakes_.empty()) return;
        std::ranges::stable_sort(mistakes_, {}, [](const Mistake& mistake) {
            return std::tuple(mistake.place.line, mistake.place.column);
        });
        throw Error(std::move(mistakes_));
    }

private:
    static constexpr std::size_t kMostMistakes = 100;

    std::vector<Mistake> mistakes_;
};

}  // namespace velo::engine
