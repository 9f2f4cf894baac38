// From one query of a chain to the next: final rows of groups become the batches that the next query's operator takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/data/batch.hpp"
#include "engine/data/group_key.hpp"
#include "engine/data/selection.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/operator/keyed_operator.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

/// Gathers rows until all of their event time are there, and hands them on in an order that depends on the data alone: by
/// event time (the window's end less a microsecond), then by the bytes of the group's key. So neither the number of
/// pipelines nor how the watermark moved shows in what is computed from them.
/// Thread:  owned by one pipeline. Both plans must outlive it.
/// Invariants: (1) what is gathered is never earlier than what has been handed on. (2) a batch holds whole windows.
class StageLink {
public:
    /// Between two neighbouring stages of a plan.
    StageLink(const Plan& from, const Plan& to);

    /// Takes what the inner operator offers: its HAVING and output columns are evaluated here. What fails goes to `faults`.
    void gather(OperatorRows& offered, FaultList& faults);

    /// Makes the batch of all rows gathered, or without `all` of those before the latest event time, if there are enough:
    /// the outer query's WHERE and computed columns are evaluated. The batch before must have been taken.
    void make_batch(bool all, FaultList& faults);

    /// Rows of the batch that have not been taken.
    [[nodiscard]] bool has_rows() const noexcept { return taken_ < accepted_.size(); }
    [[nodiscard]] const Batch& batch() const noexcept { return batch_; }
    /// The next of them, at most so many; good until the next make_batch.
    [[nodiscard]] Selection take(std::uint32_t max_rows);

    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    /// Rows of one call: row-aligned copies of what the outer query reads.
    struct Piece {
        std::vector<Column> columns;  // As values_.
        Arena arena;
    };
    struct Row {
        std::int64_t time = 0;
        std::string_view key;
        const Piece* piece = nullptr;
        std::uint32_t row = 0;
    };
    /// A column of the outer query's source.
    struct Input {
        ColumnOrigin origin = ColumnOrigin::Field;
        std::uint32_t value = 0;  // Into values_, for fields.
        Type type;
    };

    [[nodiscard]] Piece& fresh_piece();
    void let_go_of_pieces();
    void fill(std::span<const Row> rows);
    void compute(FaultList& faults);

    std::uint32_t window_end_;
    std::vector<std::uint32_t> key_columns_;  // Of what is offered.
    GroupKeyCodec order_codec_;
    std::vector<Evaluator> having_;  // None or one.
    std::vector<Evaluator> values_;
    std::vector<Input> inputs_;
    std::vector<Evaluator> where_;  // None or one.
    std::vector<Evaluator> computed_;
    std::vector<std::uint32_t> outer_keys_;  // Columns of the batch.
    GroupKeyCodec outer_codec_;

    std::vector<std::unique_ptr<Piece>> pieces_;  // Those that rows stand in, in order.
    std::vector<std::unique_ptr<Piece>> spare_;
    std::vector<Row> waiting_;
    std::vector<Row> handed_;  // Of the batch: its text lies in their pieces.
    Batch batch_;
    std::vector<std::uint32_t> accepted_;
    std::size_t taken_ = 0;
    FaultList found_;  // Scratch.
    std::vector<std::uint32_t> rows_;
    std::vector<std::uint32_t> passed_;
    std::vector<std::uint64_t> hashes_;
    std::vector<std::string_view> keys_;
};

}  // namespace velo::engine
