// Rows that could not be answered, and why: bad records and failed evaluations. Weather, so values, not exceptions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/selection.hpp"

namespace velo::engine {

/// Bounded codes: metric labels and `__connect.errors.exception.class.name`.
enum class FaultCode : std::uint8_t {
    // decode
    EmptyPayload,
    Malformed,
    InvalidUtf8,
    TooDeep,
    TooLarge,
    WrongType,
    OutOfRange,
    NotNullable,
    NoEventTime,
    // evaluate
    DivisionByZero,
    Overflow,
    BadCast,
    BadArgument,
    // encode
    TooLargeToWrite,
    // late
    Late,
};

enum class FaultStage : std::uint8_t { Decode, Evaluate, Encode, Late };

[[nodiscard]] std::string_view fault_code_name(FaultCode code) noexcept;  // division_by_zero
[[nodiscard]] std::string_view fault_stage_name(FaultStage stage) noexcept;

/// One row's first fault.
struct RowFault {
    std::uint32_t row = 0;
    FaultStage stage = FaultStage::Evaluate;
    FaultCode code = FaultCode::Malformed;
    std::string
        text;  // What is wrong, for people: `division by zero in 'a / b' (query line 3, column 8)`.
};

/// The faults of one batch, in the order they were found; a row appears once.
class FaultList {
public:
    void clear() noexcept { faults_.clear(); }
    [[nodiscard]] bool empty() const noexcept { return faults_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return faults_.size(); }
    [[nodiscard]] const std::vector<RowFault>& all() const noexcept { return faults_; }
    /// Takes out what `is_meant(fault)` says.
    template <class Meant>
    void erase(Meant&& is_meant) {
        std::erase_if(faults_, is_meant);
    }
    void add(RowFault fault) { faults_.push_back(std::move(fault)); }

private:
    std::vector<RowFault> faults_;
};

}  // namespace velo::engine
