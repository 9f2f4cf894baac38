// How many different hashes there were, in at most four kilobytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace velo::engine {

/// A HyperLogLog sketch that counts exactly while there are at most kExact hashes. What it is depends on the set of
/// hashes alone, not on their order.
/// Errors: a standard error of 1.04 / sqrt(kRegisters) = 1.63 % beyond kExact.
/// Source: Flajolet et al., 2007; estimated as in O. Ertl, "New cardinality estimation algorithms for HyperLogLog
///         sketches", 2017, which needs no tables against bias.
class DistinctSketch {
public:
    static constexpr std::size_t kExact = 512;
    static constexpr unsigned kIndexBits = 12;
    static constexpr std::size_t kRegisters = std::size_t{1} << kIndexBits;

    void add(std::uint64_t hash);
    void add(const DistinctSketch& other);
    [[nodiscard]] std::int64_t estimate() const;
    [[nodiscard]] std::size_t heap_bytes() const noexcept {
        return hashes_.capacity() * sizeof(std::uint64_t) + registers_.capacity();
    }

    void put(std::string& out) const;
    [[nodiscard]] bool take(std::string_view& bytes);

private:
    void note(std::uint64_t hash) noexcept;
    void grow_dense();

    std::vector<std::uint64_t> hashes_;    // Sorted; empty once there are registers.
    std::vector<std::uint8_t> registers_;  // Empty, or kRegisters.
};

}  // namespace velo::engine
