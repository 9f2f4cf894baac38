// The ROWS buffers and frames of an OVER query: which place each row takes in its key's ring. What lies in the lanes is
// the aggregates' (aggregate/slide.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/operator/aggregate_set.hpp"

namespace velo::engine {

/// Decides the steps of rows and owns the layout of rings, which grow by need up to `buffer_rows`.
/// Thread:  owned by one pipeline. The aggregates must outlive it.
class RowRings {
public:
    /// `ordered`: rows have an order value; else the order of arrival is all there is.
    RowRings(AggregateSet& aggregates, std::uint32_t buffer_rows, bool ordered);

    /// `buffer_rows` where order values alone say which rows stay (step_from).
    static constexpr std::uint32_t kAnyRows = std::uint32_t{1} << 30U;

    /// Moves the ring on by a row: all but the lanes. Rows with equal order values stay in order of arrival.
    [[nodiscard]] RingStep step(RowRing& ring, std::int64_t order);
    /// The same where rows come in order and those before `oldest` leave first. There must be room (grow).
    [[nodiscard]] RingStep step_from(RowRing& ring, std::int64_t order, std::int64_t oldest);
    [[nodiscard]] bool has_room_from(const RowRing& ring, std::int64_t oldest) const noexcept {
        return ring.size < ring.capacity || (ring.size > 0 && orders(ring)[ring.head] < oldest);
    }
    /// Makes room in a full ring, all of whose steps have been made on every lane: rows may change their places.
    void grow(RowRing& ring);

    /// The ring's rows as bytes, appended: how many, how many of them are in the front, then oldest first the order value
    /// (the first as it is, then by how much it rises) and a state per call. What runs over them is not written: decode
    /// makes it again from the same rows in the same order, so that later answers are the same to the last bit.
    void encode(const RowRing& ring, std::string& out) const;
    /// Back into a fresh ring, from the front of `bytes`; false: they are no such ring (which may have come half).
    [[nodiscard]] bool decode(RowRing& ring, std::string_view& bytes);

    /// Ends every state of the ring's lanes and frees its memory.
    void release(RowRing& ring);

    /// Bytes per unit of capacity before the lane of each call.
    [[nodiscard]] std::span<const std::size_t> lanes() const noexcept { return lanes_; }
    /// Bytes of all rings.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    [[nodiscard]] RingStep insert(RowRing& ring, std::int64_t order);
    [[nodiscard]] std::int64_t* orders(const RowRing& ring) const noexcept {
        return reinterpret_cast<std::int64_t*>(ring.memory);
    }
    [[nodiscard]] bool decode_rows(RowRing& ring, std::uint32_t rows, std::string_view& bytes);
    void make_front(RowRing& ring, std::uint32_t front);
    [[nodiscard]] std::byte* state(const RowRing& ring, std::size_t call,
                                   std::uint32_t place) const noexcept {
        return ring.memory + lanes_[call] * ring.capacity + place * fresh_[call].size();
    }
    [[nodiscard]] std::byte* running(const RowRing& ring, std::size_t call,
                                     std::uint32_t place) const noexcept;

    AggregateSet& aggregates_;
    std::uint32_t buffer_rows_;
    bool ordered_;
    std::vector<std::size_t> lanes_;
    std::vector<std::vector<std::byte>> fresh_;  // A state without rows, by call.
    std::size_t unit_ = 0;                       // Bytes per unit of capacity.
    std::size_t bytes_ = 0;
};

}  // namespace velo::engine
