// What a scalar function must offer. function_list.cpp has one line for each; nothing registers itself.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/data/column.hpp"
#include "engine/data/selection.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/fault.hpp"

namespace velo::engine {

/// Collects which rows of one call failed; the evaluator turns them into RowFaults (or NULL under TRY).
class CallFaults {
public:
    void add(std::uint32_t row, FaultCode code) { rows_.push_back({row, code}); }
    struct Entry {
        std::uint32_t row;
        FaultCode code;
    };
    [[nodiscard]] std::vector<Entry>& entries() noexcept { return rows_; }

private:
    std::vector<Entry> rows_;
};

/// One call over the selected rows of a batch.
/// Shape: `out` has been reset to the result type with room for all rows of the batch; the kernel writes the selected
///        rows. Under NullRule::Strict no selected row has a NULL argument and `out` already holds the NULLs.
struct KernelCall {
    std::span<const Column* const> args;
    Selection rows;
    Column& out;
    Arena& arena;        // For text results; lives as long as the batch.
    CallFaults& faults;  // A row that failed is reported, and its slot in `out` may hold anything.
    const Prepared* prepared;
};
using Kernel = void (*)(const KernelCall&);

/// A BOOLEAN call in a WHERE: appends the selected rows where it is TRUE to `passed`, in order. `out` is not there.
struct FilterCall {
    std::span<const Column* const> args;
    Selection rows;  // No NULL arguments, as under NullRule::Strict.
    std::vector<std::uint32_t>& passed;
};
using FilterKernel = void (*)(const FilterCall&);

enum class NullRule : std::uint8_t {
    Strict,  // Any NULL argument gives NULL; the kernel never sees one.
    Own,     // The kernel handles NULLs (IS NULL, CONCAT, GREATEST …).
};

/// How a call with given argument types is done: the types the arguments are cast to, and the result.
struct Signature {
    std::vector<Type> args;
    Type result;
    Kernel kernel = nullptr;
    NullRule nulls = NullRule::Strict;
    FilterKernel filter =
        nullptr;  // Under Strict, for kernels that never fault; null pointer: by way of `kernel`.
};

/// A scalar function or operator (operators are functions named `+`, `=`, …).
struct ScalarFunction {
    std::string_view name;                   // Upper case.
    std::vector<std::string_view> synonyms;  // Names other systems use for the same thing.
    std::string_view usage;                  // `ROUND(x [, digits])`
    std::string_view help;                   // One sentence.
    std::string_view example;                // An expression over literals, and …
    std::string_view gives;                  // … its value as SQL writes it. A test compares them.
    /// Picks the signature for argument types (Null is the type of a bare NULL), or says what types would be right.
    /// `literals[i]` is argument i when it is a literal, else null pointer.
    std::expected<Signature, std::string> (*resolve)(std::span<const Type> types,
                                                     std::span<const Value* const> literals);
    /// Builds what the kernel wants prepared from the arguments as cast (literals[i] is null where it is no literal);
    /// the error says what is wrong.
    std::expected<std::shared_ptr<const Prepared>, std::string> (*prepare)(
        std::span<const Type> types, std::span<const Value* const> literals) = nullptr;
    /// Another expression with the same meaning for these arguments, or null pointer: asked before `resolve`.
    BoundPtr (*instead)(std::span<const BoundPtr> args, const Place& place,
                        const std::string& text) = nullptr;
};

/// Every scalar function, in the order of the reference page.
[[nodiscard]] std::span<const ScalarFunction> scalar_functions() noexcept;

/// By name or synonym, without regard to case; null pointer when there is none.
[[nodiscard]] const ScalarFunction* find_scalar_function(std::string_view name) noexcept;

/// A bound call: resolves, casts the arguments, prepares, folds constants. Throws Error at `place`.
[[nodiscard]] BoundPtr bound_call(const ScalarFunction& function, std::vector<BoundPtr> args,
                                  Place place, std::string text);

}  // namespace velo::engine
