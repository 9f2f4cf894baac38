#include "engine/operator/aggregate_set.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/base/assert.hpp"

namespace velo::engine {

namespace {

/// Rows that are added together: few enough that what one aggregate touched is near for the next.
constexpr std::size_t kPiece = 1024;

template <class Visit>
void each_piece(std::size_t rows, Visit&& visit) {
    for (std::size_t start = 0; start < rows; start += kPiece)
        visit(start, std::min(kPiece, rows - start));
}

const std::int64_t* times_of(const Column& column) {
    VELO_ASSERT(!column.is_constant() && !column.has_nulls(),
                "system columns have a value for every row");
    return column.values<std::int64_t>();
}

std::vector<std::uint32_t> faulted_rows(const FaultList& faults) {
    std::vector<std::uint32_t> rows;
    rows.reserve(faults.size());
    for (const RowFault& fault : faults.all()) rows.push_back(fault.row);
    std::ranges::sort(rows);
    return rows;
}

}  // namespace

std::uint32_t source_column(const SourcePlan& source, ColumnOrigin origin) {
    const auto at = std::ranges::find(source.columns, origin, &SourceColumn::origin);
    VELO_ASSERT(at != source.columns.end(),
                "the binder adds the system columns that operators need");
    return static_cast<std::uint32_t>(at - source.columns.begin());
}

AggregateSet::AggregateSet(std::span<const AggregateCall> calls, const SourcePlan& source,
                           std::size_t reserved)
    : payload_size_(reserved) {
    bool ordered = false;
    for (const AggregateCall& call : calls) {
        const std::size_t alignment = call.signature.kernels->state_alignment;
        payload_size_ = (payload_size_ + alignment - 1) & ~(alignment - 1);
        calls_.push_back({&call, payload_size_});
        payload_size_ += call.signature.kernels->state_size;
        ordered = ordered || call.signature.needs_order;
    }
    if (!ordered) return;
    time_column_ = source_column(source, ColumnOrigin::EventTime);
    partition_column_ = source_column(source, ColumnOrigin::Order);
    offset_column_ = source_column(source, ColumnOrigin::Offset);
}

EntryPayload AggregateSet::payload() {
    EntryPayload payload;
    payload.fresh.resize(payload_size_);
    for (const Call& call : calls_)
        call.plan->signature.kernels->create(payload.fresh.data() + call.offset);
    if (any_destroy()) payload.destroy = std::bind_front(&AggregateSet::destroy, this);
    return payload;
}

bool AggregateSet::any_destroy() const noexcept {
    return std::ranges::any_of(
        calls_, [](const Call& call) { return call.plan->signature.kernels->destroy != nullptr; });
}

void AggregateSet::add(const Batch& batch, std::span<const std::uint32_t> rows,
                       std::span<const std::uint32_t> slots, const StateAddress& payloads) {
    each_piece(rows.size(), [&](std::size_t start, std::size_t count) {
        for (const Call& call : calls_) {
            const StateAddress states{payloads.chunks, payloads.stride,
                                      payloads.offset + call.offset};
            call.plan->signature.kernels->add({args_of(call, batch), rows.subspan(start, count),
                                               slots.subspan(start, count), states,
                                               order_of(call, batch), &heap_bytes_});
        }
    });
}

void AggregateSet::begin(const Results& results, std::uint32_t rows) const {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        results.out.columns[results.first_column + i].reset(calls_[i].plan->signature.result, rows);
    }
}

void AggregateSet::add_each(const Batch& batch, std::span<const std::uint32_t> rows,
                            std::span<const std::uint32_t> slots, const StateAddress& payloads,
                            const Results& results) {
    each_piece(rows.size(), [&](std::size_t start, std::size_t count) {
        const Results piece{results.out, results.first_column,
                            results.first_row + static_cast<std::uint32_t>(start)};
        for (const Call& call : calls_) {
            const StateAddress states{payloads.chunks, payloads.stride,
                                      payloads.offset + call.offset};
            const AggregateAdd adds{args_of(call, batch),        rows.subspan(start, count),
                                    slots.subspan(start, count), states,
                                    order_of(call, batch),       &heap_bytes_};
            run(call, piece, [&](const AggregateResult& result) {
                call.plan->signature.kernels->add_each(adds, result);
            });
        }
    });
}

void AggregateSet::slide(const Batch& batch, std::span<const std::uint32_t> rows,
                         std::span<const RingStep> steps, std::span<const std::size_t> lanes,
                         const Results& results) {
    for (const Call& call : calls_) {
        const std::size_t lane = lanes[static_cast<std::size_t>(&call - calls_.data())];
        const AggregateSlide slides{args_of(call, batch),  rows,        steps, lane, call.offset,
                                    order_of(call, batch), &heap_bytes_};
        run(call, results, [&](const AggregateResult& result) {
            call.plan->signature.kernels->slide(slides, result);
        });
    }
}

void AggregateSet::finish(std::span<const std::byte* const> payloads, const Results& results) {
    for (const Call& call : calls_) {
        states_.resize(payloads.size());
        for (std::size_t i = 0; i < payloads.size(); ++i) states_[i] = payloads[i] + call.offset;
        run(call, results, [&](const AggregateResult& result) {
            call.plan->signature.kernels->finish(states_, result);
        });
    }
}

void AggregateSet::merge(std::byte* into, const std::byte* from) {
    for (std::size_t call = 0; call < calls_.size(); ++call)
        merge_state(call, into + calls_[call].offset, from + calls_[call].offset);
}

void AggregateSet::merge_state(std::size_t call, std::byte* into, const std::byte* from) {
    const AggregateKernels& of = kernels(call);
    if (of.heap_bytes != nullptr) heap_bytes_ -= of.heap_bytes(into);
    of.merge(into, from);
    if (of.heap_bytes != nullptr) heap_bytes_ += of.heap_bytes(into);
}

void AggregateSet::destroy(std::byte* payload) {
    for (std::size_t call = 0; call < calls_.size(); ++call)
        destroy_state(call, payload + calls_[call].offset);
}

void AggregateSet::destroy_state(std::size_t call, std::byte* state) {
    const AggregateKernels& kernels = *calls_[call].plan->signature.kernels;
    if (kernels.heap_bytes != nullptr) heap_bytes_ -= kernels.heap_bytes(state);
    if (kernels.destroy != nullptr) kernels.destroy(state);
}

void AggregateSet::encode(const std::byte* payload, std::string& out) const {
    for (std::size_t call = 0; call < calls_.size(); ++call)
        encode_state(call, payload + calls_[call].offset, out);
}

bool AggregateSet::decode(std::byte* payload, std::string_view& bytes) {
    for (std::size_t call = 0; call < calls_.size(); ++call) {
        if (!decode_state(call, payload + calls_[call].offset, bytes)) return false;
    }
    return true;
}

bool AggregateSet::decode_state(std::size_t call, std::byte* state, std::string_view& bytes) {
    const bool is_state = kernels(call).decode(state, bytes);
    if (kernels(call).heap_bytes != nullptr) heap_bytes_ += kernels(call).heap_bytes(state);
    return is_state;
}

std::span<const Column* const> AggregateSet::args_of(const Call& call, const Batch& batch) {
    args_.clear();
    for (const std::uint32_t column : call.plan->args) args_.push_back(&batch.columns[column]);
    return args_;
}

RowOrder AggregateSet::order_of(const Call& call, const Batch& batch) const {
    if (!call.plan->signature.needs_order) return {};
    return {times_of(batch.columns[time_column_]), times_of(batch.columns[partition_column_]),
            times_of(batch.columns[offset_column_])};
}

template <class Run>
void AggregateSet::run(const Call& call, const Results& results, Run&& run_kernel) {
    const auto number = static_cast<std::size_t>(&call - calls_.data());
    run_kernel(AggregateResult{call.plan->signature.args,
                               results.out.columns[results.first_column + number],
                               results.out.arena, faults_, results.first_row});
    if (faults_.entries().empty()) return;
    const std::vector<std::uint32_t> faulted = faulted_rows(results.out.faults);
    for (const CallFaults::Entry& entry : faults_.entries()) {
        if (std::ranges::binary_search(faulted, entry.row))
            continue;  // A row's first fault counts.
        results.out.faults.add(
            {entry.row, FaultStage::Evaluate, entry.code, "overflow in '" + call.plan->text + "'"});
    }
    faults_.entries().clear();
}

}  // namespace velo::engine
