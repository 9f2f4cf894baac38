#include "engine/base/error.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Damerau-Levenshtein (adjacent swaps count one) over lower case; words are short, so three rows suffice.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, previous);
        std::swap(previous, row);
    }
    return previous[b.size()];
}

std::string join_lines(const std::vector<Mistake>& mistakes) {
    std::string text;
    for (const Mistake& mistake : mistakes) {
        if (!text.empty()) text += '\n';
        text += mistake.line();
    }
    return text;
}

}  // namespace

std::string Place::text() const {
    std::string out = file;
    if (line > 0) {
        if (!out.empty()) out += ':';
        out += std::to_string(line) + ':' + std::to_string(column);
    }
    return out;
}

std::string Mistake::line() const {
    const std::string where = place.text();
    return where.empty() ? text : where + ": " + text;
}

Error::Error(Place place, std::string text)
    : Error(std::vector<Mistake>{Mistake{std::move(place), std::move(text)}}) {}

Error::Error(std::vector<Mistake> mistakes)
    : std::runtime_error(join_lines(mistakes)), mistakes_(std::move(mistakes)) {
    VELO_ASSERT(!mistakes_.empty(), "an Error names at least one mistake");
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    if (word.empty() || word.size() > 64) return {};
    std::string_view best;
    std::size_t best_distance = 1 + std::max<std::size_t>(1, word.size() / 3);
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > 64) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
    const std::string_view best = nearest(word, candidates);
    return best.empty() ? std::string{} : "; did you mean '" + std::string(best) + "'?";
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

}  // namespace velo
