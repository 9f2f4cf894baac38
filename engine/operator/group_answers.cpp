#include "engine/operator/group_answers.hpp"

#include "engine/base/assert.hpp"
#include "engine/operator/gather.hpp"
#include "engine/plan/plan_input.hpp"

namespace velo::engine {

std::vector<Type> key_types(const Plan& plan, std::span<const std::uint32_t> keys) {
    std::vector<Type> types;
    types.reserve(keys.size());
    for (const std::uint32_t key : keys) types.push_back(input_type(plan, key));
    return types;
}

const GroupPlan& group_of(const Plan& plan) {
    VELO_ASSERT(plan.keyed.has_value(), "only keyed plans have groups");
    return std::get<GroupPlan>(*plan.keyed);
}

SlidingWindows sliding_windows(const WindowPlan& window) {
    return {window.size, window.advance, window.calendar ? Duration{} : window.offset,
            window.calendar};
}

std::span<const std::uint32_t> row_numbers(Selection selection,
                                           std::vector<std::uint32_t>& scratch) {
    scratch.resize(selection.size());
    for (std::uint32_t i = 0; i < selection.size(); ++i) scratch[i] = selection[i];
    return scratch;
}

GroupedRows take_first_rows(KeyedState& state, std::span<const std::uint32_t> rows,
                            std::span<const std::uint32_t> slots, FirstRowsOfGroups& first) {
    first.rows.clear();
    first.slots.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::uint8_t& written = state.header(slots[i]).written;
        if (written != 0) continue;
        written = 1;
        first.rows.push_back(rows[i]);
        first.slots.push_back(slots[i]);
    }
    return {first.rows, first.slots, {}};
}

GroupAnswers::GroupAnswers(const Plan& plan, std::size_t reserved)
    : group_(group_of(plan)),
      aggregates_(group_.aggregates, plan.source, reserved),
      codec_(key_types(plan, group_.keys), group_.route),
      emits_changes_(plan.emit.mode == EmitMode::Changes || plan.emit.corrects()),
      judges_(plan.output.having != nullptr),
      coalesces_(plan.emit.every.has_value()) {}

EntryPayload GroupAnswers::payload() {
    EntryPayload payload = aggregates_.payload();
    if (group_.route) payload.hash = [this](std::string_view key) { return codec_.hash(key); };
    return payload;
}

EntryForm GroupAnswers::form() {
    EntryForm form;
    form.is_key = [this](std::string_view key) { return codec_.is_key(key); };
    form.is_written = [this](const EntryHeader& entry) { return is_written(entry); };
    form.encode = [this](const std::byte* payload, std::string& out) {
        aggregates_.encode(payload, out);
    };
    form.decode = [this](std::byte* payload, std::string_view& bytes) {
        return aggregates_.decode(payload, bytes);
    };
    return form;
}

// Known for every query that emits changes, so that HAVING can come and go between two runs.
bool GroupAnswers::is_written(const EntryHeader& entry) const noexcept {
    return emits_changes_ && (entry.written != 0 || (!judges_ && !coalesces_));
}

void GroupAnswers::add_each(const Batch& batch, const GroupedRows& grouped, KeyedState& state,
                            OperatorRows& out) {
    out.rows = static_cast<std::uint32_t>(grouped.rows.size());
    out.columns.resize(group_.keys.size() + aggregates_.size() + (group_.window ? 2 : 0));
    for (std::size_t i = 0; i < group_.keys.size(); ++i) {
        Column& column = out.columns[i];
        gather(batch.columns[group_.keys[i]], Selection{grouped.rows}, column);
        if (column.type().kind != TypeKind::Double) continue;
        for (std::uint32_t row = 0; row < out.rows; ++row)
            column.values<double>()[column.slot(row)] += 0.0;  // -0.0 groups with 0.0.
    }
    aggregates_.begin({out, group_.keys.size()}, out.rows);
    add_steps(batch, grouped, state, out);
    write_windows(grouped.windows, out);
    note_written(state, grouped.slots, out);
}

// Adds the rows between two steps together.
void GroupAnswers::add_steps(const Batch& batch, const GroupedRows& grouped, KeyedState& state,
                             OperatorRows& out) {
    std::uint32_t added = 0;
    const auto add_up_to = [&](std::uint32_t end) {
        if (added == end) return;
        aggregates_.add_each(batch, grouped.rows.subspan(added, end - added),
                             grouped.slots.subspan(added, end - added), state.payloads(),
                             {out, group_.keys.size(), added});
        added = end;
    };
    for (const GroupStep& step : grouped.steps) {
        add_up_to(step.at);
        if (step.kind == GroupStep::Kind::Merge) {
            aggregates_.merge(state.payload(step.into), state.payload(step.from));
            continue;
        }
        const std::byte* const payload = state.payload(grouped.slots[step.at]);
        aggregates_.finish({&payload, 1}, {out, group_.keys.size(), step.at});
        added = step.at + 1;
    }
    add_up_to(static_cast<std::uint32_t>(grouped.rows.size()));
}

void GroupAnswers::offer(KeyedState& state, std::span<const std::uint32_t> slots,
                         std::span<const WindowSpan> windows, OperatorRows& out) {
    out.rows = static_cast<std::uint32_t>(slots.size());
    out.columns.resize(group_.keys.size() + aggregates_.size() + (group_.window ? 2 : 0));
    keys_.clear();
    payloads_.clear();
    for (const std::uint32_t slot : slots) {
        keys_.push_back(out.arena.copy(state.header(slot).key.view()));
        payloads_.push_back(state.payload(slot));
    }
    codec_.decode(keys_, std::span{out.columns}.first(group_.keys.size()));
    aggregates_.begin({out, group_.keys.size()}, out.rows);
    aggregates_.finish(payloads_, {out, group_.keys.size()});
    write_windows(windows, out);
    note_written(state, slots, out);
    if (!emits_changes_ || judges_) return;
    for (const std::uint32_t slot : slots) state.header(slot).written = 1;
}

void GroupAnswers::write_windows(std::span<const WindowSpan> windows, OperatorRows& out) const {
    if (!group_.window) return;
    const std::size_t first = group_.keys.size() + aggregates_.size();
    out.columns[first].reset(kTimestamp, out.rows);
    out.columns[first + 1].reset(kTimestamp, out.rows);
    auto* const window_starts = out.columns[first].values<std::int64_t>();
    auto* const window_ends = out.columns[first + 1].values<std::int64_t>();
    for (std::size_t row = 0; row < windows.size(); ++row) {
        window_starts[row] = windows[row].start.time_since_epoch().count();
        window_ends[row] = windows[row].end.time_since_epoch().count();
    }
}

void GroupAnswers::note_written(KeyedState& state, std::span<const std::uint32_t> slots,
                                OperatorRows& out) const {
    if (!emits_changes_ || !judges_) return;
    for (const std::uint32_t slot : slots) out.written.push_back(&state.header(slot).written);
}

}  // namespace velo::engine
