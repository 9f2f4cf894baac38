// The rows a GROUP BY offers: keys, aggregates, and _window_start and _window_end.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/group_key.hpp"
#include "engine/operator/aggregate_set.hpp"
#include "engine/operator/keyed_operator.hpp"
#include "engine/plan/plan.hpp"
#include "engine/state/keyed_state.hpp"
#include "engine/state/saved_spaces.hpp"
#include "engine/window/sliding.hpp"

namespace velo::engine {

/// What happens between rows whose windows merge.
struct GroupStep {
    enum class Kind : std::uint8_t {
        Withdraw,  // Row `at` is not added: it is its entry's as it stands.
        Merge,     // Before row `at`, entry `from` is merged into entry `into`.
    };
    Kind kind = Kind::Withdraw;
    std::uint32_t at = 0;
    std::uint32_t from = 0;
    std::uint32_t into = 0;
};

/// Rows of a batch and the entries they were added to, in the order of their answers.
struct GroupedRows {
    std::span<const std::uint32_t> rows;
    std::span<const std::uint32_t> slots;
    std::span<const WindowSpan> windows;    // Of the rows; empty without.
    std::span<const GroupStep> steps = {};  // In order of `at`.
};

/// SELECT DISTINCT: the rows whose groups the sink has no row of yet.
struct FirstRowsOfGroups {
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> slots;
};
/// Chooses them, in `first`, and notes that their groups are written now.
[[nodiscard]] GroupedRows take_first_rows(KeyedState& state, std::span<const std::uint32_t> rows,
                                          std::span<const std::uint32_t> slots,
                                          FirstRowsOfGroups& first);

/// Thread:  owned by one pipeline. The plan must outlive it.
class GroupAnswers {
public:
    /// `reserved`: bytes that payloads keep for the operator, before the aggregates.
    explicit GroupAnswers(const Plan& plan, std::size_t reserved = 0);
    GroupAnswers(const GroupAnswers&) = delete;
    GroupAnswers& operator=(const GroupAnswers&) = delete;

    /// What entries of these groups hold. Must not outlive them.
    [[nodiscard]] EntryPayload payload();
    /// How entries of these groups are saved. Must not outlive them.
    [[nodiscard]] EntryForm form();

    [[nodiscard]] AggregateSet& aggregates() noexcept { return aggregates_; }
    [[nodiscard]] const AggregateSet& aggregates() const noexcept { return aggregates_; }

    /// Adds the rows and offers each entry's row as it stands after each.
    void add_each(const Batch& batch, const GroupedRows& grouped, KeyedState& state,
                  OperatorRows& out);

    /// Offers the rows of entries as they stand; the entries may go afterwards.
    void offer(KeyedState& state, std::span<const std::uint32_t> slots,
               std::span<const WindowSpan> windows, OperatorRows& out);

private:
    void add_steps(const Batch& batch, const GroupedRows& grouped, KeyedState& state,
                   OperatorRows& out);
    [[nodiscard]] bool is_written(const EntryHeader& entry) const noexcept;
    void note_written(KeyedState& state, std::span<const std::uint32_t> slots,
                      OperatorRows& out) const;
    void write_windows(std::span<const WindowSpan> windows, OperatorRows& out) const;

    const GroupPlan& group_;
    AggregateSet aggregates_;
    GroupKeyCodec codec_;
    bool emits_changes_;
    bool judges_;                         // By HAVING: then AnswerStage knows what is written.
    bool coalesces_;                      // EVERY
    std::vector<std::string_view> keys_;  // Scratch.
    std::vector<const std::byte*> payloads_;
};

/// The types of key columns, which are columns of the stage's input.
[[nodiscard]] std::vector<Type> key_types(const Plan& plan, std::span<const std::uint32_t> keys);

/// The GROUP BY of a plan that has one.
[[nodiscard]] const GroupPlan& group_of(const Plan& plan);

/// The windows of a plan that are no sessions.
[[nodiscard]] SlidingWindows sliding_windows(const WindowPlan& window);

/// The row numbers of a selection, in `scratch`.
[[nodiscard]] std::span<const std::uint32_t> row_numbers(Selection selection,
                                                         std::vector<std::uint32_t>& scratch);

}  // namespace velo::engine
