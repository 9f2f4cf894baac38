#include "engine/expression/like.hpp"

#include <array>
#include <cstring>

#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;
constexpr std::size_t kWordBits = 64;
constexpr std::size_t kByteValues = 256;
constexpr std::size_t kShortSought = 16;  // Bytes; a bound on how often find() reads a byte again.
constexpr std::size_t kMaxWords = LikePattern::kMaxSought / kWordBits;

}  // namespace

void LikePattern::Part::append(std::string_view literal) {
    bytes += literal;
    any.insert(any.end(), literal.size(), false);
}

void LikePattern::Part::append_any() {
    bytes += '_';
    any.push_back(true);
    has_any = true;
}

// The automaton has a bit for each byte of the part: set when the part up to it has just been read. A byte of text moves
// every bit on by one and keeps those whose byte it is (automaton[value * words]); a `_` takes the first byte of a
// character and, by the mask after those of the 256 values, stays through the rest of it.
void LikePattern::Part::prepare_search() {
    if (!has_any) return;
    const std::size_t width = words();
    automaton.assign((kByteValues + 1) * width, 0);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t word = i / kWordBits;
        const std::uint64_t bit = std::uint64_t{1} << (i % kWordBits);
        if (!any[i]) {
            automaton[static_cast<unsigned char>(bytes[i]) * width + word] |= bit;
            continue;
        }
        for (std::size_t value = 0; value < kByteValues; ++value) {
            if (!is_continuation(static_cast<char>(value))) automaton[value * width + word] |= bit;
        }
        automaton[kByteValues * width + word] |= bit;
    }
}

std::size_t LikePattern::Part::end_of_match_at_start(std::string_view text) const noexcept {
    if (!has_any) return text.starts_with(bytes) ? bytes.size() : kNowhere;
    std::size_t at = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (at >= text.size() || (!any[i] && text[at] != bytes[i])) return kNowhere;
        at += any[i] ? character_size(text[at]) : 1;
    }
    return at;
}

std::size_t LikePattern::Part::start_of_match_at_end(std::string_view text) const noexcept {
    if (!has_any) return text.ends_with(bytes) ? text.size() - bytes.size() : kNowhere;
    std::size_t at = text.size();
    for (std::size_t i = bytes.size(); i-- > 0;) {
        if (at == 0) return kNowhere;
        --at;
        if (any[i]) {
            while (at > 0 && is_continuation(text[at])) --at;
        } else if (text[at] != bytes[i]) {
            return kNowhere;
        }
    }
    return at;
}

std::size_t LikePattern::Part::end_of_first_match(std::string_view text) const noexcept {
    if (text.size() < bytes.size()) return kNowhere;
    if (!has_any &&
        bytes.size() <= kShortSought) {  // memmem takes longer to prepare than most texts to read.
        const std::size_t found = text.find(bytes);
        return found == kNowhere ? kNowhere : found + bytes.size();
    }
    if (!has_any) {
        const void* found = memmem(text.data(), text.size(), bytes.data(), bytes.size());
        return found == nullptr
                   ? kNowhere
                   : static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) +
                         bytes.size();
    }
    const std::size_t width = words();
    const std::uint64_t* const stays = &automaton[kByteValues * width];
    const std::uint64_t last = std::uint64_t{1} << ((bytes.size() - 1) % kWordBits);
    std::array<std::uint64_t, kMaxWords> state{};
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::uint64_t* const takes = &automaton[static_cast<unsigned char>(text[at]) * width];
        const std::uint64_t continues = is_continuation(text[at]) ? ~std::uint64_t{0} : 0;
        std::uint64_t carry = 1;  // A match may start at every byte.
        for (std::size_t word = 0; word < width; ++word) {
            const std::uint64_t before = state[word];
            state[word] =
                (((before << 1) | carry) & takes[word]) | (before & stays[word] & continues);
            carry = before >> (kWordBits - 1);
        }
        if ((state[width - 1] & last) != 0) return at + (any.back() ? character_size(text[at]) : 1);
    }
    return kNowhere;
}

std::expected<LikePattern, std::string> LikePattern::compile(std::string_view pattern,
                                                             std::string_view escape) {
    if (count_characters(escape) > 1)
        return std::unexpected("has an ESCAPE of more than one character; write ESCAPE '\\'");
    LikePattern like;
    like.parts_.emplace_back();
    while (!pattern.empty()) {
        std::string_view character = pattern.substr(0, character_size(pattern.front()));
        pattern.remove_prefix(character.size());
        Part& part = like.parts_.back();
        if (!escape.empty() && character == escape) {
            if (pattern.empty())
                return std::unexpected(
                    "has a pattern that ends in its escape character; escape that one, too");
            character = pattern.substr(0, character_size(pattern.front()));
            pattern.remove_prefix(character.size());
            part.append(character);
        } else if (character == "_") {
            part.append_any();
        } else if (character != "%") {
            part.append(character);
        } else if (like.parts_.size() == 1 || !part.bytes.empty()) {
            like.parts_.emplace_back();
        }
    }
    for (std::size_t i = 1; i + 1 < like.parts_.size(); ++i) {
        if (like.parts_[i].has_any && like.parts_[i].bytes.size() > kMaxSought) {
            return std::unexpected("has more than " + std::to_string(kMaxSought) +
                                   " bytes with a '_' between two '%'; use a shorter pattern");
        }
        like.parts_[i].prepare_search();
    }
    return like;
}

bool LikePattern::matches(std::string_view text) const noexcept {
    const std::size_t start = parts_.front().end_of_match_at_start(text);
    if (start == kNowhere) return false;
    text.remove_prefix(start);
    if (parts_.size() == 1) return text.empty();
    // The last part is taken from the end first: whatever lies between then belongs to the middle ones, each of which
    // is best found as early as possible.
    const std::size_t end = parts_.back().start_of_match_at_end(text);
    if (end == kNowhere) return false;
    text = text.substr(0, end);
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
        const std::size_t after = parts_[i].end_of_first_match(text);
        if (after == kNowhere) return false;
        text.remove_prefix(after);
    }
    return true;
}

namespace {

struct PreparedLike : Prepared {
    explicit PreparedLike(LikePattern like) : pattern(std::move(like)) {}
    LikePattern pattern;
};

void like_kernel(const KernelCall& call) {
    const LikePattern& pattern = static_cast<const PreparedLike&>(*call.prepared).pattern;
    map_unary<std::string_view, std::uint8_t>(call, [&](std::string_view text) {
        return static_cast<std::uint8_t>(pattern.matches(text));
    });
}

}  // namespace

Resolved resolve_like(Types types, Literals literals) {
    auto signature = resolve_optional(types, {kString, kString, kString}, 1, kBoolean, like_kernel);
    if (!signature) return signature;
    for (std::size_t i = 1; i < types.size(); ++i) {
        if (literals[i] == nullptr)
            return std::unexpected(
                std::string("takes only literals as pattern and ESCAPE; STARTS_WITH, ENDS_WITH and "
                            "CONTAINS take columns"));
    }
    return signature;
}

PreparedResult prepare_like(Types, Literals literals) {
    if (literals[1]->is_null() || (literals.size() == 3 && literals[2]->is_null()))
        return nullptr;  // Every answer is NULL.
    const std::string escape =
        literals.size() == 3 ? std::get<std::string>(literals[2]->data) : std::string();
    auto pattern = LikePattern::compile(std::get<std::string>(literals[1]->data), escape);
    if (!pattern) return std::unexpected(pattern.error());
    return std::make_shared<const PreparedLike>(std::move(*pattern));
}

}  // namespace velo::engine
