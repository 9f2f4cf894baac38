#include "engine/operator/row_rings.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"

namespace velo::engine {

namespace {

constexpr std::uint32_t kFirstCapacity = 4;

std::size_t padded(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }

}  // namespace

RowRings::RowRings(AggregateSet& aggregates, std::uint32_t buffer_rows, bool ordered)
    : aggregates_(aggregates), buffer_rows_(buffer_rows), ordered_(ordered) {
    VELO_ASSERT(buffer_rows > 0, "a ROWS buffer holds at least its own row");
    if (ordered) unit_ = sizeof(std::int64_t);
    for (std::size_t call = 0; call < aggregates.size(); ++call) {
        const AggregateKernels& kernels = aggregates.kernels(call);
        lanes_.push_back(unit_);
        unit_ += 2 * padded(kernels.state_size);
        kernels.create(fresh_.emplace_back(kernels.state_size).data());
    }
}

RingStep RowRings::step(RowRing& ring, std::int64_t order) {
    if (ordered_ && ring.size > 0 && order < ring.newest) return insert(ring, order);
    RingStep step;
    step.ring = &ring;
    if (ring.size == buffer_rows_) {
        if (ring.front == 0) {
            step.turn = true;
            ring.front = ring.size;
        }
        ring.head = ring.place(1);
        --ring.front;
        --ring.size;
    } else if (ring.size == ring.capacity) {
        grow(ring);
    }
    step.place = ring.place(ring.size);
    step.head = ring.head;
    step.front = ring.front;
    ++ring.size;
    ring.newest = order;
    if (ordered_) orders(ring)[step.place] = order;
    return step;
}

RingStep RowRings::insert(RowRing& ring, std::int64_t order) {
    if (ring.size < buffer_rows_ && ring.size == ring.capacity) grow(ring);
    std::int64_t* const times = orders(ring);
    std::uint32_t before =
        ring.size;  // Late rows are rarely much too late: the search starts at the newest.
    while (before > 0 && times[ring.place(before - 1)] > order) --before;

    RingStep step;
    step.ring = &ring;
    step.kind = RingStep::Kind::Insert;
    step.place = before;
    step.head = ring.head;
    step.size = ring.size;
    step.full = ring.size == buffer_rows_;
    if (!step.full) {
        for (std::uint32_t i = ring.size; i > before; --i)
            times[ring.place(i)] = times[ring.place(i - 1)];
        times[ring.place(before)] = order;
        ++ring.size;
    } else if (before == 0) {
        step.kind = RingStep::Kind::Pass;
        return step;
    } else {
        for (std::uint32_t i = 0; i + 1 < before; ++i)
            times[ring.place(i)] = times[ring.place(i + 1)];
        times[ring.place(before - 1)] = order;
    }
    ring.front = 0;
    return step;
}

void RowRings::grow(RowRing& ring) {
    // Without a wrapped ring (invariant 2) and a front, so rows keep their places and running results need no copy.
    const std::size_t old = ring.capacity;
    const std::size_t capacity =
        std::min<std::size_t>(buffer_rows_, std::max<std::size_t>(kFirstCapacity, old * 2));
    auto* const memory = new std::byte[capacity * unit_];
    if (ordered_ && old > 0) std::memcpy(memory, ring.memory, old * sizeof(std::int64_t));
    for (std::size_t call = 0; call < lanes_.size(); ++call) {
        const std::size_t size = fresh_[call].size();
        std::byte* const rows = memory + lanes_[call] * capacity;
        std::byte* const running = rows + padded(size) * capacity;
        if (old > 0) std::memcpy(rows, ring.memory + lanes_[call] * old, old * size);
        for (std::size_t i = old; i < capacity; ++i)
            std::memcpy(rows + i * size, fresh_[call].data(), size);
        for (std::size_t i = 0; i < capacity; ++i)
            std::memcpy(running + i * size, fresh_[call].data(), size);
    }
    bytes_ += (capacity - old) * unit_;
    delete[] ring.memory;
    ring.memory = memory;
    ring.capacity = static_cast<std::uint32_t>(capacity);
}

void RowRings::release(RowRing& ring) const {
    for (std::size_t call = 0; call < lanes_.size(); ++call) {
        const AggregateKernels& kernels = aggregates_.kernels(call);
        if (kernels.destroy == nullptr) continue;
        std::byte* const rows = ring.memory + lanes_[call] * ring.capacity;
        std::byte* const running = rows + padded(kernels.state_size) * ring.capacity;
        for (std::uint32_t i = 0; i < ring.capacity; ++i) {
            aggregates_.destroy_state(call, rows + i * kernels.state_size);
            aggregates_.destroy_state(call, running + i * kernels.state_size);
        }
    }
    delete[] ring.memory;
    ring.memory = nullptr;
}

}  // namespace velo::engine
