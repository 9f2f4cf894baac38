#include "engine/expression/evaluator.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/data/nested.hpp"
#include "engine/expression/cast.hpp"
#include "engine/expression/column_copy.hpp"
#include "engine/expression/fault_text.hpp"
#include "engine/expression/kernel.hpp"

namespace velo::engine {

namespace {

// What a lambda needs again in each batch: where each row stands in its array, and what has come of it.
struct LambdaScratch {
    Column element;                      // The parameters of the round: an element …
    Column other;                        // … and its number, or the value so far.
    std::vector<ElementReader> readers;  // By row.
    std::vector<std::uint32_t> left;     // Elements to come, by row.
    std::vector<std::string> built;      // TRANSFORM and FILTER: the elements so far, by row.
    std::vector<std::uint32_t> counts;   // … and how many.
    std::vector<std::uint32_t> active;   // Rows with elements to come.
};

// One node of the tree with what it needs again in each batch.
struct Node {
    const BoundExpression* expression = nullptr;
    Kernel kernel = nullptr;  // Call, Cast and Not.
    NullRule nulls = NullRule::Strict;
    FilterKernel filter = nullptr;
    std::vector<Node> children;
    Column result;
    std::vector<const Column*> args;   // The children's values, in the latest batch.
    std::vector<std::uint32_t> rows;   // Selections that this node narrows, and …
    std::vector<std::uint32_t> taken;  // … rows that a branch takes.
    std::unique_ptr<LambdaScratch> lambda;
};

// A failed row, and the node that failed.
struct Failure {
    std::uint32_t row;
    FaultCode code;
    const Node* node;
    std::string text;  // Written at once where the node is evaluated more than once, in a lambda.
};

void negate(const KernelCall& call) {
    map_unary<std::uint8_t, std::uint8_t>(
        call, [](std::uint8_t value) { return static_cast<std::uint8_t>(value ^ 1U); });
}

Node make_node(const BoundExpression& expression) {
    Node node;
    node.expression = &expression;
    for (const BoundPtr& child : expression.children) node.children.push_back(make_node(*child));
    node.args.resize(node.children.size());
    if (expression.kind == BoundKind::Call) {
        VELO_ASSERT(expression.signature != nullptr,
                    "bound_call makes calls, and gives them their signature");
        node.kernel = expression.signature->kernel;
        node.nulls = expression.signature->nulls;
        node.filter = expression.signature->filter;
    } else if (expression.kind == BoundKind::Cast) {
        node.kernel = cast_kernel(expression.children[0]->type, expression.type);
        VELO_ASSERT(node.kernel != nullptr, "only casts that exist are bound");
    } else if (expression.kind == BoundKind::Not) {
        node.kernel = negate;
    }
    return node;
}

}  // namespace

/// Shape of every step: the selected rows that failed are in `failures_`, and the caller goes on without them.
class Evaluator::Program {
public:
    explicit Program(BoundPtr expression)
        : expression_(std::move(expression)), root_(make_node(*expression_)) {}

    const Column& evaluate(std::span<const Column> columns, std::uint32_t rows, Selection selection,
                           Arena& arena, FaultList& faults) {
        begin(columns, rows, arena);
        const Column& value = evaluate(root_, selection, root_.result);
        report(faults);
        return value;
    }

    void evaluate_into(Column& out, std::span<const Column> columns, std::uint32_t rows,
                       Selection selection, Arena& arena, FaultList& faults) {
        begin(columns, rows, arena);
        const Column& value = evaluate(root_, selection, out);
        if (&value != &out) copy_column(value, out, selection);
        report(faults);
    }

    void filter(std::span<const Column> columns, std::uint32_t rows, Selection selection,
                Arena& arena, FaultList& faults, std::vector<std::uint32_t>& passed) {
        begin(columns, rows, arena);
        filter(root_, selection, passed);
        report(faults);
    }

private:
    void begin(std::span<const Column> columns, std::uint32_t rows, Arena& arena) noexcept {
        columns_ = columns;
        rows_ = rows;
        arena_ = &arena;
        failures_.clear();
    }

    void report(FaultList& faults) const {
        for (const Failure& failure : failures_) {
            faults.add({failure.row, FaultStage::Evaluate, failure.code,
                        failure.text.empty() ? text_of(failure) : failure.text});
        }
    }

    static std::string text_of(const Failure& failure) {
        return fault_text(*failure.node->expression, failure.code, failure.node->args, failure.row);
    }

    // The value of `node` for the rows, in `target` unless it stands somewhere already.
    const Column& evaluate(Node& node, Selection rows, Column& target) {
        const BoundExpression& expression = *node.expression;
        switch (expression.kind) {
            case BoundKind::Column:
                return columns_[expression.column];
            case BoundKind::Literal:
                fill_constant(target, expression.value, rows_);
                return target;
            case BoundKind::Call:
            case BoundKind::Cast:
            case BoundKind::Not:
                return call(node, rows, target);
            case BoundKind::And:
                return logic(node, rows, target, 0);
            case BoundKind::Or:
                return logic(node, rows, target, 1);
            case BoundKind::Case:
                return branches(node, rows, target);
            case BoundKind::Coalesce:
                return coalesce(node, rows, target);
            case BoundKind::Try:
                return attempt(node, rows, target);
            case BoundKind::Parameter:
                return *parameters_[expression.column];
            case BoundKind::Transform:
            case BoundKind::Filter:
                return over_elements(node, rows, target);
            case BoundKind::Reduce:
                return reduce(node, rows, target);
        }
        std::unreachable();
    }

    const Column& call(Node& node, Selection rows, Column& target) {
        rows = arguments(node, rows);
        target.reset(node.expression->type, rows_);
        if (node.nulls == NullRule::Strict) rows = without_nulls(node, rows, &target);
        if (rows.empty()) return target;
        node.kernel(
            {node.args, rows, target, *arena_, call_faults_, node.expression->prepared.get()});
        for (const CallFaults::Entry& entry : call_faults_.entries())
            failures_.push_back({entry.row, entry.code, &node, {}});
        call_faults_.entries().clear();
        return target;
    }

    // Evaluates the children, one after another; returns the rows that none of them failed.
    Selection arguments(Node& node, Selection rows) {
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            const std::size_t before = failures_.size();
            node.args[i] = &evaluate(node.children[i], rows, node.children[i].result);
            rows = without_failed(rows, before, node.rows);
        }
        return rows;
    }

    // The rows without a NULL argument; the others become NULL in `out` if there is one.
    Selection without_nulls(Node& node, Selection rows, Column* out) {
        for (const Column* arg : node.args) {
            const std::uint8_t* valid = arg->validity();
            if (valid == nullptr) continue;
            if (arg->is_constant()) {
                if (valid[0] != 0) continue;
                if (out != nullptr) out->set_all_null();
                node.rows.clear();
                return Selection(node.rows);
            }
            if (out != nullptr) {
                std::uint8_t* out_valid = out->track_nulls();
                rows.each([&](std::uint32_t row) { out_valid[row] &= valid[row]; });
            }
            rows = keep(rows, node.rows, [valid](std::uint32_t row) { return valid[row] != 0; });
        }
        return rows;
    }

    // AND (`decisive` = FALSE) or OR (TRUE): a row is open until an operand decides it.
    const Column& logic(Node& node, Selection rows, Column& target, std::uint8_t decisive) {
        target.reset(kBoolean, rows_);
        auto* out = target.values<std::uint8_t>();
        rows.each([&](std::uint32_t row) { out[row] = decisive ^ 1U; });
        for (Node& child : node.children) {
            if (rows.empty()) break;
            const std::size_t before = failures_.size();
            const Reader<std::uint8_t> operand(evaluate(child, rows, child.result));
            rows = without_failed(rows, before, node.rows);
            if (!operand.has_nulls() && !target.has_nulls()) {
                rows = keep(rows, node.rows, [&](std::uint32_t row) {
                    return (out[row] = operand.at(row)) != decisive;
                });
                continue;
            }
            rows = keep(rows, node.rows, [&](std::uint32_t row) {
                if (operand.is_null(row)) {
                    target.set_null(row);
                } else if (operand.at(row) == decisive) {
                    out[row] = decisive;
                    target.set_valid(row);
                    return false;
                }
                return true;
            });
        }
        return target;
    }

    const Column& branches(Node& node, Selection rows, Column& target) {
        target.reset(node.expression->type, rows_);
        const std::size_t conditions = node.children.size() / 2;
        for (std::size_t i = 0; i < conditions; ++i) {
            if (rows.empty()) return target;
            node.taken.clear();
            const std::size_t before = failures_.size();
            filter(node.children[2 * i], rows, node.taken);
            rows = without_failed(rows, before, node.rows);
            rows = without_taken(rows, node);
            branch(node.children[2 * i + 1], Selection(node.taken), target);
        }
        branch(node.children.back(), rows, target);
        return target;
    }

    void branch(Node& child, Selection rows, Column& target) {
        if (rows.empty()) return;
        copy_rows(evaluate(child, rows, child.result), target,
                  rows);  // Of rows that failed, anything.
    }

    const Column& coalesce(Node& node, Selection rows, Column& target) {
        target.reset(node.expression->type, rows_);
        for (Node& child : node.children) {
            if (rows.empty()) return target;
            const std::size_t before = failures_.size();
            const Column& value = evaluate(child, rows, child.result);
            copy_rows(value, target, rows);
            rows = without_failed(rows, before, node.rows);
            rows = keep(rows, node.rows, [&](std::uint32_t row) { return value.is_null(row); });
        }
        return target;
    }

    const Column& attempt(Node& node, Selection rows, Column& target) {
        const std::size_t before = failures_.size();
        const Column& value = evaluate(node.children[0], rows, node.children[0].result);
        if (failures_.size() == before) return value;
        target.reset(node.expression->type, rows_);
        copy_rows(value, target, rows);
        for (std::size_t i = before; i < failures_.size(); ++i) target.set_null(failures_[i].row);
        failures_.resize(before, Failure{});
        return target;
    }

    // Lambdas go by rounds: in round n the expression is evaluated over element n of every array that has one, so that a
    // round is one pass over columns and the columns of the query are parameters like any others.

    // NULL arrays give NULL; the others are opened, and their rows are active.
    void open_arrays(Node& node, Selection rows, const Column& arrays, Column& target) {
        if (!node.lambda) node.lambda = std::make_unique<LambdaScratch>();
        LambdaScratch& lambda = *node.lambda;
        lambda.readers.resize(rows_);
        lambda.left.resize(rows_);
        lambda.active.clear();
        const Reader<std::string_view> values(arrays);
        rows.each([&](std::uint32_t row) {
            if (values.is_null(row)) {
                target.set_null(row);
                return;
            }
            lambda.readers[row] = ElementReader(values.at(row), lambda.left[row]);
            lambda.active.push_back(row);
        });
    }

    // The next element of every active row, in `element`; rows without one are active no longer.
    void next_elements(LambdaScratch& lambda, const Type& type) {
        std::erase_if(lambda.active, [&](std::uint32_t row) { return lambda.left[row] == 0; });
        lambda.element.reset(type, rows_);
        for (const std::uint32_t row : lambda.active) {
            --lambda.left[row];
            put_element(lambda.element, row, lambda.readers[row].next(type.kind));
        }
    }

    // The lambda's expression over the parameters of this round; rows that failed are active no longer.
    const Column& lambda_value(Node& node, Node& body, const Column* first, const Column* second) {
        LambdaScratch& lambda = *node.lambda;
        const std::uint32_t number = node.expression->column;
        if (parameters_.size() < number + 2) parameters_.resize(number + 2);
        parameters_[number] = first;
        parameters_[number + 1] = second;
        const std::size_t before = failures_.size();
        const Column& value = evaluate(body, Selection(lambda.active), body.result);
        if (failures_.size() == before) return value;
        failed_.clear();
        for (std::size_t i = before; i < failures_.size(); ++i) {
            if (failures_[i].text.empty()) failures_[i].text = text_of(failures_[i]);
            failed_.push_back(failures_[i].row);
        }
        std::ranges::sort(failed_);
        std::erase_if(lambda.active, [this](std::uint32_t row) {
            return std::ranges::binary_search(failed_, row);
        });
        return value;
    }

    const Column& over_elements(Node& node, Selection rows, Column& target) {
        const bool filters = node.expression->kind == BoundKind::Filter;
        const std::size_t before = failures_.size();
        const Column& arrays = evaluate(node.children[0], rows, node.children[0].result);
        rows = without_failed(rows, before, node.rows);
        target.reset(node.expression->type, rows_);
        open_arrays(node, rows, arrays, target);
        LambdaScratch& lambda = *node.lambda;
        lambda.built.resize(rows_);
        lambda.counts.resize(rows_);
        for (const std::uint32_t row : lambda.active) {
            lambda.built[row].clear();
            static_cast<void>(NestedWriter(lambda.built[row]).begin());
            lambda.counts[row] = 0;
        }
        node.taken = lambda.active;
        const Type& type = arrays.type().element();
        const TypeKind kind = node.expression->type.element().kind;
        for (std::int64_t round = 1;; ++round) {
            next_elements(lambda, type);
            if (lambda.active.empty()) break;
            lambda.other.reset_constant(kBigint, rows_);
            *lambda.other.values<std::int64_t>() = round;
            const Column& value =
                lambda_value(node, node.children[1], &lambda.element, &lambda.other);
            for (const std::uint32_t row : lambda.active) {
                const bool is_true = !value.is_null(row) && filters &&
                                     value.values<std::uint8_t>()[value.slot(row)] != 0;
                if (filters && !is_true) continue;
                NestedWriter(lambda.built[row])
                    .add(kind, element_at(filters ? lambda.element : value, row));
                ++lambda.counts[row];
            }
            std::erase_if(lambda.active, [&](std::uint32_t row) {
                return lambda.built[row].size() > kMaxNestedBytes;
            });
        }
        finish_arrays(node, before, target);
        return target;
    }

    // What has been built becomes the value, unless the row failed or the value has become too large.
    void finish_arrays(Node& node, std::size_t first_failure, Column& target) {
        LambdaScratch& lambda = *node.lambda;
        const Selection done = without_failed(Selection(node.taken), first_failure, node.rows);
        auto* out = target.values<std::string_view>();
        done.each([&](std::uint32_t row) {
            if (lambda.built[row].size() > kMaxNestedBytes) {
                failures_.push_back({row, FaultCode::Overflow, &node, {}});
                return;
            }
            NestedWriter(lambda.built[row]).end(0, lambda.counts[row]);
            out[row] = arena_->copy(lambda.built[row]);
        });
    }

    const Column& reduce(Node& node, Selection rows, Column& target) {
        std::size_t before = failures_.size();
        const Column& arrays = evaluate(node.children[0], rows, node.children[0].result);
        rows = without_failed(rows, before, node.rows);
        before = failures_.size();
        const Column& start = evaluate(node.children[1], rows, node.children[1].result);
        rows = without_failed(rows, before, node.rows);
        target.reset(node.expression->type, rows_);
        if (rows.empty()) return target;
        copy_rows(start, target, rows);
        open_arrays(node, rows, arrays, target);
        LambdaScratch& lambda = *node.lambda;
        while (true) {
            next_elements(lambda, arrays.type().element());
            if (lambda.active.empty()) return target;
            copy_column(target, lambda.other, Selection(lambda.active));
            const Column& value =
                lambda_value(node, node.children[2], &lambda.other, &lambda.element);
            copy_rows(value, target, Selection(lambda.active));
        }
    }

    // Appends the rows where a BOOLEAN node is TRUE. An AND goes on only with rows that have passed so far.
    void filter(Node& node, Selection rows, std::vector<std::uint32_t>& passed) {
        if (rows.empty()) return;
        const BoundExpression& expression = *node.expression;
        if (expression.kind == BoundKind::And) {
            filter_all(node, rows, passed);
        } else if (expression.kind == BoundKind::Call && node.filter != nullptr) {
            rows = without_nulls(node, arguments(node, rows), nullptr);
            if (!rows.empty()) node.filter({node.args, rows, passed});
        } else {
            const std::size_t before = failures_.size();
            const Column& value = evaluate(node, rows, node.result);
            collect_true(value, without_failed(rows, before, node.rows), passed);
        }
    }

    void filter_all(Node& node, Selection rows, std::vector<std::uint32_t>& passed) {
        for (std::size_t i = 0; i + 1 < node.children.size(); ++i) {
            node.taken.clear();
            filter(node.children[i], rows, node.taken);
            node.rows.swap(node.taken);
            rows = Selection(node.rows);
        }
        filter(node.children.back(), rows, passed);
    }

    // The rows for which `wanted(row)`, called once for each in order, kept in `into` (where `rows` may stand already).
    template <class Wanted>
    Selection keep(Selection rows, std::vector<std::uint32_t>& into, Wanted&& wanted) {
        spare_.clear();
        collect_rows(rows, spare_, wanted);
        if (spare_.size() == rows.size()) return rows;
        into.swap(spare_);
        return Selection(into);
    }

    Selection without_failed(Selection rows, std::size_t first_failure,
                             std::vector<std::uint32_t>& into) {
        if (failures_.size() == first_failure) return rows;
        failed_.clear();
        for (std::size_t i = first_failure; i < failures_.size(); ++i)
            failed_.push_back(failures_[i].row);
        std::ranges::sort(failed_);
        return without(rows, failed_, into);
    }

    Selection without_taken(Selection rows, Node& node) {
        return without(rows, node.taken, node.rows);
    }

    Selection without(Selection rows, const std::vector<std::uint32_t>& removed,
                      std::vector<std::uint32_t>& into) {
        auto next = removed.begin();
        return keep(rows, into, [&](std::uint32_t row) {
            if (next == removed.end() || *next != row) return true;
            ++next;
            return false;
        });
    }

    BoundPtr expression_;
    Node root_;
    std::span<const Column> columns_;
    std::uint32_t rows_ = 0;
    Arena* arena_ = nullptr;
    std::vector<Failure> failures_;  // Of this batch, in the order they were found; a row once.
    CallFaults call_faults_;
    std::vector<const Column*> parameters_;  // Of the lambdas that are being evaluated, by number.
    std::vector<std::uint32_t> spare_;       // Where the next narrowed selection grows.
    std::vector<std::uint32_t> failed_;
};

Evaluator::Evaluator(BoundPtr expression)
    : program_(std::make_unique<Program>(std::move(expression))) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

const Column& Evaluator::evaluate(std::span<const Column> columns, std::uint32_t rows,
                                  Selection selection, Arena& arena, FaultList& faults) {
    return program_->evaluate(columns, rows, selection, arena, faults);
}

void Evaluator::evaluate_into(Column& out, std::span<const Column> columns, std::uint32_t rows,
                              Selection selection, Arena& arena, FaultList& faults) {
    program_->evaluate_into(out, columns, rows, selection, arena, faults);
}

void Evaluator::filter(std::span<const Column> columns, std::uint32_t rows, Selection selection,
                       Arena& arena, FaultList& faults, std::vector<std::uint32_t>& passed) {
    program_->filter(columns, rows, selection, arena, faults, passed);
}

}  // namespace velo::engine
