#include "engine/operator/row_rings.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/aggregate/state_bytes.hpp"
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

RingStep RowRings::step_from(RowRing& ring, std::int64_t order, std::int64_t oldest) {
    std::uint32_t gone = 0;
    while (gone < ring.size && orders(ring)[ring.place(gone)] < oldest) ++gone;
    RingStep step;
    step.ring = &ring;
    // What is left when more leaves than the front holds is the front of now on.
    step.turn = gone > ring.front;
    ring.front = step.turn ? ring.size - gone : ring.front - gone;
    ring.head = ring.place(gone);
    ring.size -= gone;
    step.place = ring.place(ring.size);
    step.head = ring.head;
    step.front = ring.front;
    ++ring.size;
    ring.newest = order;
    orders(ring)[step.place] = order;
    return step;
}

void RowRings::grow(RowRing& ring) {
    VELO_ASSERT(ring.size == ring.capacity && ring.size < buffer_rows_,
                "a ring grows when it is full, up to its bound");
    const std::size_t old = ring.capacity;
    const std::size_t capacity =
        std::min<std::size_t>(buffer_rows_, std::max<std::size_t>(kFirstCapacity, old * 2));
    auto* const memory = new std::byte[capacity * unit_];
    // The oldest row goes to the first place: what is wrapped would not be in order in more room.
    const auto move = [&](std::byte* to, const std::byte* from, std::size_t size) {
        if (old == 0) return;
        const std::size_t behind = old - ring.head;
        std::memcpy(to, from + ring.head * size, behind * size);
        std::memcpy(to + behind * size, from, ring.head * size);
    };
    if (ordered_) move(memory, ring.memory, sizeof(std::int64_t));
    for (std::size_t call = 0; call < lanes_.size(); ++call) {
        const std::size_t size = fresh_[call].size();
        for (const std::size_t part : {std::size_t{0}, padded(size)}) {
            std::byte* const states = memory + (lanes_[call] + part) * capacity;
            move(states, ring.memory + (lanes_[call] + part) * old, size);
            for (std::size_t i = old; i < capacity; ++i)
                std::memcpy(states + i * size, fresh_[call].data(), size);
        }
    }
    bytes_ += (capacity - old) * unit_;
    delete[] ring.memory;
    ring.memory = memory;
    ring.head = 0;
    ring.capacity = static_cast<std::uint32_t>(capacity);
}

void RowRings::encode(const RowRing& ring, std::string& out) const {
    put_unsigned(out, ring.size);
    put_unsigned(out, ring.front);
    for (std::uint32_t i = 0; i < ring.size; ++i) {
        const std::uint32_t place = ring.place(i);
        if (ordered_) {
            const std::int64_t order = orders(ring)[place];
            if (i == 0) {
                put_signed(out, order);
            } else {
                const std::int64_t before = orders(ring)[ring.place(i - 1)];
                put_unsigned(
                    out, static_cast<std::uint64_t>(order) - static_cast<std::uint64_t>(before));
            }
        }
        for (std::size_t call = 0; call < lanes_.size(); ++call)
            aggregates_.encode_state(call, state(ring, call, place), out);
    }
}

bool RowRings::decode(RowRing& ring, std::string_view& bytes) {
    UInt128 rows = 0;
    UInt128 front = 0;
    // Only a full ring has a front where it holds so many rows. What has just become the front loses its oldest row at
    // once, or gets a row behind it.
    if (!take_unsigned(bytes, rows) || !take_unsigned(bytes, front) || rows > buffer_rows_ ||
        (front != 0 && ((rows != buffer_rows_ && buffer_rows_ != kAnyRows) || front >= rows)) ||
        !decode_rows(ring, static_cast<std::uint32_t>(rows), bytes))
        return false;
    make_front(ring, static_cast<std::uint32_t>(front));
    return true;
}

bool RowRings::decode_rows(RowRing& ring, std::uint32_t rows, std::string_view& bytes) {
    for (std::uint32_t i = 0; i < rows; ++i) {
        // A row has at least one byte, so what is allocated is bounded by what is there.
        if (bytes.empty()) return false;
        if (ring.size == ring.capacity) grow(ring);
        if (ordered_) {
            UInt128 rise = 0;
            if (i == 0 ? !take_signed(bytes, ring.newest) : !take_unsigned(bytes, rise))
                return false;
            if (rise > ~std::uint64_t{0}) return false;
            const Int128 order = ring.newest + static_cast<Int128>(rise);
            if (order > std::numeric_limits<std::int64_t>::max()) return false;
            ring.newest = static_cast<std::int64_t>(order);
            orders(ring)[i] = ring.newest;
        }
        ++ring.size;
        for (std::size_t call = 0; call < lanes_.size(); ++call) {
            if (!aggregates_.decode_state(call, state(ring, call, i), bytes)) return false;
        }
    }
    return true;
}

// As RingLane::turn, whose running results reach to the end of the front, whatever has left it since.
void RowRings::make_front(RowRing& ring, std::uint32_t front) {
    ring.front = front;
    std::string copy;
    for (std::size_t call = 0; call < lanes_.size(); ++call) {
        for (std::uint32_t i = front; i-- > 0;) {
            copy.clear();
            aggregates_.encode_state(call, state(ring, call, i), copy);
            std::string_view bytes = copy;
            const bool is_state = aggregates_.decode_state(call, running(ring, call, i), bytes);
            VELO_ASSERT(is_state, "what has been encoded can be decoded");
            if (i + 1 < front)
                aggregates_.merge_state(call, running(ring, call, i), running(ring, call, i + 1));
        }
    }
}

std::byte* RowRings::running(const RowRing& ring, std::size_t call,
                             std::uint32_t place) const noexcept {
    const std::size_t size = fresh_[call].size();
    return ring.memory + lanes_[call] * ring.capacity + padded(size) * ring.capacity + place * size;
}

void RowRings::release(RowRing& ring) {
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
    bytes_ -= ring.capacity * unit_;
    delete[] ring.memory;
    ring = RowRing{};
}

}  // namespace velo::engine
