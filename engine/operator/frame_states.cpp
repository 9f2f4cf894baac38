#include "engine/operator/frame_states.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/operator/gather.hpp"

namespace velo::engine {

namespace {

/// Rows whose rings move together: few enough that what one call touched is near for the next.
constexpr std::uint32_t kPiece = 256;

std::uint32_t ring_rows(const FramePlan& frame) {
    if (!frame.preceding || frame.unit == FramePlan::Unit::Range) return RowRings::kAnyRows;
    return static_cast<std::uint32_t>(*frame.preceding) + 1;
}

}  // namespace

FrameStates::FrameStates(const FramePlan& frame, const SourcePlan& source, std::size_t base)
    : base_(base),
      is_running_(!frame.preceding),
      by_range_(frame.unit == FramePlan::Unit::Range),
      preceding_(frame.preceding.value_or(0)),
      aggregates_(frame.calls, source, is_running_ ? 0 : sizeof(RowRing)),
      rings_(aggregates_, ring_rows(frame), by_range_),
      fresh_(aggregates_.payload().fresh) {
    if (!is_running_) {
        const RowRing ring;
        std::memcpy(fresh_.data(), &ring, sizeof ring);
    }
    fresh_.resize((fresh_.size() + 7) & ~std::size_t{7});
}

void FrameStates::create(std::byte* payload) const {
    if (!fresh_.empty()) std::memcpy(payload + base_, fresh_.data(), fresh_.size());
}

void FrameStates::destroy(std::byte* payload) {
    if (!is_running_) rings_.release(ring(payload));
    aggregates_.destroy(payload + base_);
}

void FrameStates::encode(const std::byte* payload, std::string& out) const {
    if (!is_running_) rings_.encode(*reinterpret_cast<const RowRing*>(payload + base_), out);
    aggregates_.encode(payload + base_, out);
}

bool FrameStates::decode(std::byte* payload, std::string_view& bytes) {
    return (is_running_ || rings_.decode(ring(payload), bytes)) &&
           aggregates_.decode(payload + base_, bytes);
}

void FrameStates::answer(const OrderedRows& rows, const StateAddress& payloads, OperatorRows& out,
                         std::size_t first_column) {
    const auto count = static_cast<std::uint32_t>(rows.numbers.size());
    answers_.clear();
    answers_.rows = count;
    answers_.columns.resize(calls());
    aggregates_.begin({answers_}, count);
    const auto answer_part = is_running_ ? &FrameStates::add : &FrameStates::slide;
    std::uint32_t done = 0;
    for (const std::uint32_t start : rows.starts) {
        (this->*answer_part)(rows, done, start, payloads);
        std::byte* const payload = payloads.at(rows.slots[start]);
        destroy(payload);
        create(payload);
        done = start;
    }
    (this->*answer_part)(rows, done, count, payloads);
    if (by_range_ && !rows.last_peers.empty()) join(rows.last_peers);
    for (std::size_t call = 0; call < calls(); ++call)
        std::swap(out.columns[first_column + call], answers_.columns[call]);
    add_faults(count, out.faults);
}

// A row's first fault counts.
void FrameStates::add_faults(std::uint32_t rows, FaultList& to) {
    if (answers_.faults.empty()) return;
    has_fault_.assign(rows, 0);
    for (const RowFault& fault : to.all()) has_fault_[fault.row] = 1;
    for (const RowFault& fault : answers_.faults.all()) {
        if (has_fault_[fault.row] == 0) to.add(fault);
    }
}

void FrameStates::add(const OrderedRows& rows, std::uint32_t first, std::uint32_t end,
                      const StateAddress& payloads) {
    if (first == end) return;
    aggregates_.add_each(rows.batch, rows.numbers.subspan(first, end - first),
                         rows.slots.subspan(first, end - first),
                         {payloads.chunks, payloads.stride, payloads.offset + base_},
                         {answers_, 0, first});
}

void FrameStates::slide(const OrderedRows& rows, std::uint32_t first, std::uint32_t end,
                        const StateAddress& payloads) {
    constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
    steps_.clear();
    for (std::uint32_t row = first; row < end; ++row) {
        RowRing& of = ring(payloads.at(rows.slots[row]));
        if (by_range_) {
            const std::int64_t time = rows.times[row];
            const std::int64_t oldest = time < kFirst + preceding_ ? kFirst : time - preceding_;
            if (!rings_.has_room_from(of, oldest)) {
                slide_steps(rows, row);
                rings_.grow(of);
            }
            steps_.push_back(rings_.step_from(of, time, oldest));
        } else {
            steps_.push_back(rings_.step(of, 0));
        }
        if (steps_.size() == kPiece) slide_steps(rows, row + 1);
    }
    slide_steps(rows, end);
}

// Makes the steps decided so far, the last of which is that of the row before `end`, on every lane.
void FrameStates::slide_steps(const OrderedRows& rows, std::uint32_t end) {
    if (steps_.empty()) return;
    const auto first = end - static_cast<std::uint32_t>(steps_.size());
    aggregates_.slide(rows.batch, rows.numbers.subspan(first, steps_.size()), steps_,
                      rings_.lanes(), {answers_, 0, first});
    steps_.clear();
}

// Rows of one partition and time are in one another's frames: the answer after the last of them is that of all.
void FrameStates::join(std::span<const std::uint32_t> last_peers) {
    for (Column& column : answers_.columns) {
        gather(column, Selection{last_peers}, joined_);
        std::swap(column, joined_);
    }
    if (answers_.faults.empty()) return;
    const std::vector<RowFault> found = answers_.faults.all();
    fault_of_.assign(last_peers.size(), nullptr);
    for (const RowFault& fault : found) fault_of_[fault.row] = &fault;
    answers_.faults.clear();
    for (std::uint32_t row = 0; row < last_peers.size(); ++row) {
        if (fault_of_[last_peers[row]] == nullptr) continue;
        RowFault fault = *fault_of_[last_peers[row]];
        fault.row = row;
        answers_.faults.add(std::move(fault));
    }
}

}  // namespace velo::engine
