#include "engine/expression/fault.hpp"

#include <utility>

namespace velo::engine {

std::string_view fault_code_name(FaultCode code) noexcept {
    switch (code) {
        case FaultCode::EmptyPayload:
            return "empty_payload";
        case FaultCode::Malformed:
            return "malformed";
        case FaultCode::InvalidUtf8:
            return "invalid_utf8";
        case FaultCode::TooDeep:
            return "too_deep";
        case FaultCode::TooLarge:
            return "too_large";
        case FaultCode::WrongType:
            return "wrong_type";
        case FaultCode::OutOfRange:
            return "out_of_range";
        case FaultCode::NotNullable:
            return "not_nullable";
        case FaultCode::NoEventTime:
            return "no_event_time";
        case FaultCode::DivisionByZero:
            return "division_by_zero";
        case FaultCode::Overflow:
            return "overflow";
        case FaultCode::BadCast:
            return "bad_cast";
        case FaultCode::BadArgument:
            return "bad_argument";
        case FaultCode::TooLargeToWrite:
            return "too_large_to_write";
        case FaultCode::Late:
            return "late";
    }
    std::unreachable();
}

std::string_view fault_stage_name(FaultStage stage) noexcept {
    switch (stage) {
        case FaultStage::Decode:
            return "decode";
        case FaultStage::Evaluate:
            return "evaluate";
        case FaultStage::Encode:
            return "encode";
        case FaultStage::Late:
            return "late";
    }
    std::unreachable();
}

}  // namespace velo::engine
