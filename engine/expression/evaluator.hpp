// An expression over a batch, to a column.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/expression/expression.hpp"
#include "engine/expression/fault.hpp"
#include "engine/expression/function.hpp"

namespace velo::engine {

/// Evaluates one bound expression, batch after batch, with scratch columns that are reused.
/// Thread:  owned by one pipeline. The expression must outlive it.
class Evaluator {
public:
    explicit Evaluator(BoundPtr expression);
    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;

    /// The expression's value for the selected rows of `columns` (all of the same length `rows`).
    /// Shape:  the column returned is row-aligned with the input (or constant) and lives until the next call; a plain
    ///         column reference returns the input column itself. Text lives in `arena`, the input or the plan.
    /// Faults: failed rows are added to `faults` (text and place filled in); their slots hold anything, the caller
    ///         takes them out of its selection.
    [[nodiscard]] const Column& evaluate(std::span<const Column> columns, std::uint32_t rows,
                                         Selection selection, Arena& arena, FaultList& faults);

    /// As evaluate, but the value ends in `out` (a column outside `columns`): for columns that a batch keeps.
    void evaluate_into(Column& out, std::span<const Column> columns, std::uint32_t rows,
                       Selection selection, Arena& arena, FaultList& faults);

    /// Evaluates a BOOLEAN expression and appends to `passed` the selected rows where it is TRUE (not NULL, not faulted).
    void filter(std::span<const Column> columns, std::uint32_t rows, Selection selection,
                Arena& arena, FaultList& faults, std::vector<std::uint32_t>& passed);

private:
    class Program;
    std::unique_ptr<Program> program_;
};

}  // namespace velo::engine
