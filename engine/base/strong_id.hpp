// Integers that cannot be swapped for one another.
#pragma once

#include <compare>
#include <cstdint>

namespace velo {

/// An integer with a meaning of its own: compares and hashes as the integer, converts only when asked.
template <class Tag, class Integer>
struct StrongId {
    Integer value{};

    [[nodiscard]] constexpr auto operator<=>(const StrongId&) const = default;
};

/// Which worker (and so which pipeline of each job), from 0.
using WorkerId = StrongId<struct WorkerTag, std::uint32_t>;
/// The number of a job's epoch; the first one is 1.
using EpochId = StrongId<struct EpochTag, std::uint64_t>;
/// A partition of a job's sources, numbered through all its topics (or files) from 0 in the order they were dealt.
using SourcePartition = StrongId<struct SourcePartitionTag, std::uint32_t>;

}  // namespace velo
